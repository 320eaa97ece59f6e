"""Simulated people with known confusions, and votes drawn as in a Galaxy Zoo catalogue.

The truth is known here, which it never is of real votes: the only place where methods can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.consensus.votes import Votes

# Kinds of people: how many of 12, and how often they are right.
CAREFUL, SLOPPY, BIASED, RANDOM = "careful", "sloppy", "biased", "random"
MIXTURE = ((CAREFUL, 4), (SLOPPY, 4), (BIASED, 2), (RANDOM, 2))
ACCURACY = {CAREFUL: (0.85, 0.97), SLOPPY: (0.50, 0.70)}


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedCampaign:
    """Votes with the truth behind them.

    Attributes:
        votes: What people said.
        truth: (N,) row of the true answer.
        confusion: (P, K, K) of each person; empty (0, K, K) where votes were drawn from fractions.
        kinds: (P,) kind of each person.
    """

    votes: Votes
    truth: NDArray[np.intp]
    confusion: NDArray[np.float64]
    kinds: tuple[str, ...] = ()


def draw_people(
    n_answers: int, rng: np.random.Generator, *, mixture: tuple[tuple[str, int], ...] = MIXTURE
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Confusions (P, K, K) and kinds (P,) of a mixed crowd.

    Careful people are right in 85-97 %, sloppy in 50-70 %, their errors spread unevenly; biased people call
    60 % of everything else by one favourite answer; random people do not look.
    """
    kinds = tuple(kind for kind, number in mixture for _ in range(number))
    return np.stack([_confusion(kind, n_answers, rng) for kind in kinds]), kinds


def _confusion(kind: str, n_answers: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if kind == RANDOM:
        return np.tile(rng.dirichlet(np.full(n_answers, 5.0)), (n_answers, 1))
    low, high = ACCURACY[CAREFUL if kind == BIASED else kind]
    matrix = np.zeros((n_answers, n_answers))
    for k in range(n_answers):
        right = rng.uniform(low, high)
        matrix[k] = np.insert(rng.dirichlet(np.ones(n_answers - 1)) * (1 - right), k, right)
    if kind == BIASED:
        favourite = np.eye(n_answers)[rng.integers(n_answers)]
        matrix = 0.4 * matrix + 0.6 * favourite
    return matrix


def simulate_campaign(
    n_galaxies: int = 600,
    *,
    n_answers: int = 4,
    votes_per_galaxy: tuple[int, int] = (1, 3),
    mixture: tuple[tuple[str, int], ...] = MIXTURE,
    seed: int = 0,
) -> SimulatedCampaign:
    """A campaign with people of known confusion, each galaxy answered by a few of them at random.

    Args:
        n_galaxies: N.
        n_answers: K; their prevalence is drawn, none rarer than about one in ten.
        votes_per_galaxy: Fewest and most people a galaxy, equally frequent in between.
        mixture: Kinds of people and their numbers.
        seed: Of everything.
    """
    rng = np.random.default_rng(seed)
    confusion, kinds = draw_people(n_answers, rng, mixture=mixture)
    prevalence = 0.4 / n_answers + 0.6 * rng.dirichlet(np.full(n_answers, 3.0))
    truth = rng.choice(n_answers, n_galaxies, p=prevalence)
    galaxies, persons = assign_people(n_galaxies, len(kinds), votes_per_galaxy, rng)
    given = _draw_rows(confusion[persons, truth[galaxies]], rng)
    people = tuple(f"{kind}-{row:02d}" for row, kind in enumerate(kinds))
    votes = Votes(_names(n_galaxies), people, _answers(n_answers), galaxies, persons, given)
    return SimulatedCampaign(votes, truth, confusion, kinds)


def assign_people(
    n_galaxies: int, n_people: int, votes_per_galaxy: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(V,) galaxies and (V,) persons: to each galaxy a random number of different people."""
    fewest, most = votes_per_galaxy
    asked = rng.integers(fewest, most + 1, n_galaxies)
    order = rng.random((n_galaxies, n_people)).argsort(axis=1)[:, :most]
    galaxies, place = np.nonzero(np.arange(order.shape[1]) < asked[:, None])
    return galaxies, order[galaxies, place]


def votes_from_fractions(
    fractions: NDArray[np.floating],
    *,
    votes_per_galaxy: tuple[int, int] = (1, 3),
    mixture: tuple[tuple[str, int], ...] = MIXTURE,
    seed: int = 0,
) -> SimulatedCampaign:
    """Votes as volunteers give them who see a galaxy of which fractions ``(N, K)`` of a large crowd say so.

    Ambiguous galaxies split good people too, which confusions alone cannot express: what a person sees is
    drawn from the fractions of the galaxy, and is then reported with that person's confusion. The truth is
    the answer with the largest fraction, as catalogues take it.
    """
    rng = np.random.default_rng(seed)
    n_galaxies, n_answers = fractions.shape
    confusion, kinds = draw_people(n_answers, rng, mixture=mixture)
    galaxies, persons = assign_people(n_galaxies, len(kinds), votes_per_galaxy, rng)
    seen = _draw_rows(np.asarray(fractions, float)[galaxies], rng)
    given = _draw_rows(confusion[persons, seen], rng)
    people = tuple(f"{kind}-{row:02d}" for row, kind in enumerate(kinds))
    votes = Votes(_names(n_galaxies), people, _answers(n_answers), galaxies, persons, given)
    return SimulatedCampaign(votes, fractions.argmax(axis=1), confusion, kinds)


def draw_fractions(n_galaxies: int, *, n_answers: int = 4, seed: int = 0) -> NDArray[np.float64]:
    """Vote fractions (N, K) as a Galaxy Zoo question has them: many clear galaxies, a tail of ambiguous ones.

    Each galaxy has a leading answer and a Dirichlet about it of concentration 2 to 50, log-uniform.
    """
    rng = np.random.default_rng(seed)
    leading = rng.choice(
        n_answers, n_galaxies, p=0.4 / n_answers + 0.6 * rng.dirichlet(np.full(n_answers, 3.0))
    )
    concentration = np.exp(rng.uniform(np.log(2), np.log(50), n_galaxies))
    centre = 0.12 / (n_answers - 1) + (0.88 - 0.12 / (n_answers - 1)) * np.eye(n_answers)[leading]
    drawn = rng.standard_gamma(centre * concentration[:, None]) + 1e-12
    return drawn / drawn.sum(axis=1, keepdims=True)


def draw_features(
    truth: NDArray[np.intp], *, n_answers: int, separation: float, dimension: int = 16, seed: int = 0
) -> NDArray[np.float64]:
    """Features (N, D) of a model: Gaussian clouds, one a true answer, ``separation`` deviations apart.

    With a separation of 0 they say nothing.
    """
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.standard_normal((dimension, n_answers)))[0].T  # (K, D) orthonormal
    centres = directions * separation / np.sqrt(2)
    return centres[truth] + rng.standard_normal((len(truth), dimension))


def _draw_rows(probabilities: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.intp]:
    """One draw from each row."""
    cumulated = probabilities.cumsum(axis=1)
    return (rng.random(len(cumulated))[:, None] * cumulated[:, -1:] > cumulated).sum(axis=1)


def _names(n_galaxies: int) -> NDArray[np.object_]:
    return np.array([f"g{row:06d}" for row in range(n_galaxies)], dtype=object)


def _answers(n_answers: int) -> tuple[str, ...]:
    return tuple(f"answer-{k}" for k in range(n_answers))
