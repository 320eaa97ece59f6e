"""Dawid & Skene's consensus: people are weighed by confusions that are learned from the votes alone.

With one to three votes a galaxy the maximum-likelihood estimate degenerates: a person with few answers is
declared perfect or perverse. Priors on the confusions keep such people near what people are like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from galcore.consensus.patterns import find_patterns, row_max, row_sum
from galcore.consensus.result import Consensus, vote_shares
from galcore.consensus.votes import Votes


@dataclass(frozen=True, slots=True)
class CrowdPrior:
    """What is believed of a person before the first vote: pseudo-answers added to each row of the confusions.

    Attributes:
        right: Pseudo-answers that hit the truth, per true answer.
        wrong: Pseudo-answers that miss it, shared equally by the wrong answers.
        prevalence: Pseudo-galaxies per answer.
    """

    right: float = 3.0
    wrong: float = 1.0
    prevalence: float = 1.0

    def confusion(self, n_answers: int) -> NDArray[np.float64]:
        """(K, K) pseudo-answers."""
        pseudo = np.full((n_answers, n_answers), self.wrong / max(n_answers - 1, 1))
        np.fill_diagonal(pseudo, self.right)
        return pseudo


DEFAULT_PRIOR = CrowdPrior()


def dawid_skene(
    votes: Votes,
    *,
    prior: CrowdPrior = DEFAULT_PRIOR,
    max_iterations: int = 200,
    tolerance: float = 1e-6,
) -> Consensus:
    """Maximum a posteriori of Dawid & Skene (1979, Appl. Stat. 28, 20), by expectation-maximisation.

    Beliefs ``T_nk ∝ π_k Π_votes θ_p[k, l]`` (their eq. 2.5); confusions
    ``θ_p[k, l] ∝ Σ_n T_nk [p said l of n] + a_kl`` and prevalence ``π_k ∝ Σ_n T_nk + b`` (eqs. 2.3, 2.4) with
    Dirichlet pseudo-counts ``a`` and ``b``. Neither step can lower
    ``Σ_n log Σ_k π_k Π θ_p[k, l] + Σ a log θ + Σ b log π``. Starts from the shares of the votes. A
    vote of weight ``w`` enters as ``θ^w``. Galaxies with the same votes are computed once.

    Args:
        votes: At least one answer; galaxies without votes get the prevalence.
        prior: Pseudo-counts.
        max_iterations: At most so many.
        tolerance: Ends when the objective gains less than this, per vote.
    """
    seen = find_patterns(votes)
    few, times = seen.votes, seen.times[:, None]
    incidence, transposed = few.incidence(), few.incidence().T.tocsr()
    pseudo = prior.confusion(votes.n_answers)
    voted = few.per_galaxy > 0
    beliefs = vote_shares(few)
    objective: list[float] = []
    converged = False
    for _ in range(max_iterations):
        confusion = _confusions(transposed, beliefs * times, votes, pseudo)
        prevalence = _prevalence((beliefs * times)[voted], prior)
        beliefs, logs = beliefs_of(incidence, confusion, prevalence)
        likelihood = seen.times @ logs
        objective.append(
            float(
                likelihood + (pseudo * np.log(confusion)).sum() + prior.prevalence * np.log(prevalence).sum()
            )
        )
        if len(objective) > 1 and objective[-1] - objective[-2] < tolerance * max(len(votes), 1):
            converged = True
            break
    return Consensus(
        galaxy_ids=votes.galaxy_ids,
        answers=votes.answers,
        probabilities=beliefs[seen.of_galaxy],
        n_votes=votes.per_galaxy,
        method="dawid-skene",
        people=votes.people,
        confusion=confusion,
        prevalence=prevalence,
        converged=converged,
        log_posterior=tuple(objective),
    )


def _confusions(
    transposed: csr_array, beliefs: NDArray[np.float64], votes: Votes, pseudo: NDArray[np.float64]
) -> NDArray[np.float64]:
    shape = (votes.n_people, votes.n_answers, votes.n_answers)
    counts = (transposed @ beliefs).reshape(shape).swapaxes(1, 2) + pseudo
    return counts / counts.sum(axis=2, keepdims=True)


def _prevalence(beliefs: NDArray[np.float64], prior: CrowdPrior) -> NDArray[np.float64]:
    expected = beliefs.sum(axis=0) + prior.prevalence
    return expected / expected.sum()


def beliefs_of(
    incidence: csr_array, confusion: NDArray[np.float64], prevalence: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N, K) posterior of the truth for confusions (P, K, K), and (N,) the log-likelihood of its votes."""
    per_answer = np.log(confusion).swapaxes(1, 2).reshape(-1, len(prevalence))  # (P K, K): answer, truth
    joint = incidence @ per_answer + np.log(prevalence)
    highest = row_max(joint)
    unnormalised = np.exp(joint - highest[:, None])
    total = row_sum(unnormalised)
    return unnormalised / total[:, None], np.log(total) + highest
