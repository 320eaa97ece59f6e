"""How sure the skill of people is: draws from the posterior of Dawid & Skene's model.

The truths are not known, and people are judged by a consensus that they made themselves. Intervals that take
the consensus for the truth are therefore far too narrow; here truths and confusions are drawn in turn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galcore.consensus.dawid_skene import CrowdPrior, beliefs_of
from galcore.consensus.result import Consensus
from galcore.consensus.votes import Votes
from galcore.types import Progress, ProgressCallback

BURN_IN = 50


def draw_confusions(
    votes: Votes,
    start: Consensus,
    *,
    prior: CrowdPrior,
    n_draws: int = 200,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Confusions and prevalences drawn by Gibbs sampling (Kim & Ghahramani 2012, without their hyperpriors).

    Truths ``z_n ~ π_k Π θ_p[k, l]``, rows ``θ_p[k] ~ Dirichlet(counts + a)``, ``π ~ Dirichlet(counts + b)``,
    in turn, from the consensus on, the first 50 rounds left out.

    Args:
        votes: What people said; weights are not used, a person is as good as the answers show.
        start: Where to begin.
        prior: Pseudo-counts ``a`` and ``b``.
        n_draws: Rounds that are kept.
        seed: Of the draws.
        progress: Called after each round.

    Returns:
        (n_draws, P, K, K) and (n_draws, K).
    """
    rng = np.random.default_rng(seed)
    n_people, n_answers = votes.n_people, votes.n_answers
    votes = votes.select(votes.worth > 0).unweighed()
    incidence, voted = votes.incidence(), votes.per_galaxy > 0
    pseudo = prior.confusion(n_answers)
    confusion, prevalence = start.confusion, start.prevalence
    kept_confusions = np.empty((n_draws, n_people, n_answers, n_answers))
    kept_prevalences = np.empty((n_draws, n_answers))
    for draw in range(-BURN_IN, n_draws):
        beliefs, _ = beliefs_of(incidence, np.maximum(confusion, 1e-12), np.maximum(prevalence, 1e-12))
        below = beliefs.cumsum(axis=1)
        truth = (rng.random(len(below))[:, None] * below[:, -1:] > below).sum(axis=1)
        cells = (votes.persons * n_answers + truth[votes.galaxies]) * n_answers + votes.choices
        counts = np.bincount(cells, minlength=n_people * n_answers**2)
        confusion = _dirichlet(counts.reshape(n_people, n_answers, n_answers) + pseudo, rng)
        of_galaxies = np.bincount(truth[voted], minlength=n_answers)
        prevalence = _dirichlet(of_galaxies + max(prior.prevalence, 1e-3), rng)
        if draw >= 0:
            kept_confusions[draw], kept_prevalences[draw] = confusion, prevalence
        if progress is not None:
            progress(Progress("how good each person is", draw + BURN_IN + 1, n_draws + BURN_IN))
    return kept_confusions, kept_prevalences


def draw_rows(prior: CrowdPrior, n_answers: int, n_draws: int, *, seed: int = 0) -> NDArray[np.float64]:
    """(n_draws, K, K) confusions of somebody who has not voted."""
    pseudo = np.broadcast_to(prior.confusion(n_answers), (n_draws, n_answers, n_answers))
    return _dirichlet(pseudo, np.random.default_rng(seed))


def _dirichlet(counts: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.float64]:
    drawn = rng.standard_gamma(counts) + 1e-300
    return drawn / drawn.sum(axis=-1, keepdims=True)
