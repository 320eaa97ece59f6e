"""How sure the skill of people is: draws from the posterior of Dawid & Skene's model.

The truths are not known, and people are judged by a consensus that they made themselves. Intervals that take
the consensus for the truth are therefore far too narrow; here truths and confusions are drawn in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from galcore.consensus.dawid_skene import beliefs_of
from galcore.consensus.patterns import find_patterns
from galcore.consensus.result import Consensus
from galcore.consensus.votes import Votes
from galcore.types import Progress, ProgressCallback

BURN_IN = 100
N_DRAWS = 500
_PREVALENCE = 1.0  # pseudo-galaxies per answer


@dataclass(frozen=True, slots=True)
class SkillPrior:
    """What a person may be like: a level of being right, and how much it varies from truth to truth.

    A row of a person's confusions is drawn from a Dirichlet with ``c a`` for the right answer and
    ``c (1 - a) / (K - 1)`` for each other one. The level ``a`` and the concentration ``c`` are unknown for
    each person, every pair below equally likely: what is seen of somebody's frequent answers says something
    about the rare ones, as much as that person's own votes warrant.

    Attributes:
        levels: Of being right.
        concentrations: From rows that have little in common to rows that are alike.
    """

    levels: tuple[float, ...] = tuple(round(0.05 + 0.1 * step, 2) for step in range(10))
    concentrations: tuple[float, ...] = (1.0, 4.0, 16.0, 64.0)

    def pairs(self, n_answers: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(G,) pseudo-answers that are right, and (G,) for each wrong answer, of every pair."""
        level, concentration = (
            grid.ravel() for grid in np.meshgrid(self.levels, self.concentrations, indexing="ij")
        )
        return level * concentration, (1 - level) * concentration / max(n_answers - 1, 1)


DEFAULT_SKILLS = SkillPrior()


def draw_confusions(
    votes: Votes,
    start: Consensus,
    *,
    prior: SkillPrior = DEFAULT_SKILLS,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confusions and prevalences drawn by Gibbs sampling (Kim & Ghahramani 2012, with priors per person).

    Truths ``z_n ~ π_k Π θ_p[k, l]``; each person's level and concentration by their marginal likelihood, with
    the confusions integrated out; rows ``θ_p[k] ~ Dirichlet(counts + their pseudo-answers)``;
    ``π ~ Dirichlet(counts + 1)``; in turn, from the consensus on, the first 100 rounds left out.

    Args:
        votes: What people said; weights are not used, a person is as good as the answers show.
        start: Where to begin.
        prior: Levels and concentrations.
        n_draws: Rounds that are kept.
        seed: Of the draws.
        progress: Called after each round.

    Returns:
        (n_draws, P, K, K) and (n_draws, K).
    """
    rng = np.random.default_rng(seed)
    n_people, n_answers = votes.n_people, votes.n_answers
    votes = votes.select(votes.worth > 0).unweighed()
    seen = find_patterns(votes)
    incidence, voted = seen.votes.incidence(), seen.votes.per_galaxy > 0
    answered = incidence.T.tocsr()  # (P K, U)
    people = _People(prior, n_answers, most=int(np.bincount(votes.persons, minlength=1).max()))
    confusion, prevalence = start.confusion, start.prevalence
    kept_confusions = np.empty((n_draws, n_people, n_answers, n_answers))
    kept_prevalences = np.empty((n_draws, n_answers))
    for draw in range(-BURN_IN, n_draws):
        beliefs, _ = beliefs_of(incidence, np.maximum(confusion, 1e-12), np.maximum(prevalence, 1e-12))
        truths = _draw_truths(beliefs, seen.of_galaxy, rng)
        counts = (answered @ truths).astype(np.intp).reshape(n_people, n_answers, n_answers).swapaxes(1, 2)
        confusion = people.draw(counts, rng)
        prevalence = _dirichlet(truths[voted].sum(axis=0) + _PREVALENCE, rng)
        if draw >= 0:
            kept_confusions[draw], kept_prevalences[draw] = confusion, prevalence
        if progress is not None:
            progress(Progress("how good each person is", draw + BURN_IN + 1, n_draws + BURN_IN))
    return kept_confusions, kept_prevalences


def _draw_truths(
    beliefs: NDArray[np.float64], of_galaxy: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.float64]:
    """(U, K) how many of the N galaxies of each pattern have which truth, drawn from (U, K) beliefs."""
    n_patterns, n_answers = beliefs.shape
    below = np.ascontiguousarray(beliefs.T).cumsum(axis=0)  # (K, U)
    drawn = rng.random(len(of_galaxy)) * below[-1][of_galaxy]
    cells = of_galaxy * n_answers
    for bound in below[:-1]:
        cells += drawn > bound[of_galaxy]
    return np.bincount(cells, minlength=n_patterns * n_answers).astype(float).reshape(n_patterns, n_answers)


def draw_rows(prior: SkillPrior, n_answers: int, n_draws: int, *, seed: int = 0) -> NDArray[np.float64]:
    """(n_draws, K, K) confusions of somebody who has not voted."""
    nothing = np.zeros((n_draws, n_answers, n_answers), np.intp)
    return _People(prior, n_answers, most=0).draw(nothing, np.random.default_rng(seed))


class _People:
    """Draws confusions of people from what they answered to which truth.

    Args:
        prior: Levels and concentrations.
        n_answers: K.
        most: Answers of the busiest person; the logarithms of all rising factorials up to it are kept.
    """

    def __init__(self, prior: SkillPrior, n_answers: int, *, most: int) -> None:
        self._right, self._wrong = prior.pairs(n_answers)
        self._n_answers = n_answers
        total = self._right + (n_answers - 1) * self._wrong
        self._log_right, self._log_wrong, self._log_total = (
            gammaln(pseudo[:, None] + np.arange(most + 1)) - gammaln(pseudo)[:, None]
            for pseudo in (self._right, self._wrong, total)
        )  # (G, most + 1) each

    def draw(self, counts: NDArray[np.integer], rng: np.random.Generator) -> NDArray[np.float64]:
        """(P, K, K) from (P, K, K) numbers of answers (last) by truth."""
        right = np.einsum("pkk->pk", counts)
        likelihood = (
            self._log_right[:, right].sum(axis=2)
            + self._log_wrong[:, counts].sum(axis=(2, 3))
            - self._log_wrong[:, right].sum(axis=2)
            - self._log_total[:, counts.sum(axis=2)].sum(axis=2)
        )  # (G, P)
        below = np.exp(likelihood - likelihood.max(axis=0)).cumsum(axis=0)
        chosen = (rng.random(len(counts)) * below[-1] > below).sum(axis=0)
        pseudo = np.repeat(self._wrong[chosen], self._n_answers**2).reshape(counts.shape)
        diagonal = np.arange(self._n_answers)
        pseudo[:, diagonal, diagonal] = self._right[chosen][:, None]
        return _dirichlet(counts + pseudo, rng)


def _dirichlet(counts: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.float64]:
    drawn = rng.standard_gamma(counts) + 1e-300
    return drawn / drawn.sum(axis=-1, keepdims=True)
