"""What the votes of several people come to: :class:`Consensus`, and the simplest way to it, the majority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.consensus.votes import Votes

TIE = 1e-9  # probabilities nearer than this are equal


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """Probability of every answer for every galaxy, and how good each person was.

    Attributes:
        galaxy_ids: (N,) galaxies.
        answers: (K,) answers.
        probabilities: (N, K), rows sum to 1; what is known of the whole where a galaxy has no vote.
        n_votes: (N,) votes each rests on.
        method: ``majority``, ``dawid-skene`` or ``crowdlab``.
        people: (P,) names.
        confusion: (P, K, K) probability that a person answers ``[.., l]`` where the truth is ``[.., k, ..]``.
        prevalence: (K,) share of each answer among the galaxies.
        model_share: How much of the result is the model's voice, 0-1.
        converged: Whether the iteration ended by itself.
        log_posterior: Objective after each iteration; empty without one.
    """

    galaxy_ids: NDArray[np.object_]
    answers: tuple[str, ...]
    probabilities: NDArray[np.float64]
    n_votes: NDArray[np.intp]
    method: str
    people: tuple[str, ...]
    confusion: NDArray[np.float64]
    prevalence: NDArray[np.float64]
    model_share: float = 0.0
    converged: bool = True
    log_posterior: tuple[float, ...] = ()

    @property
    def confidence(self) -> NDArray[np.float64]:
        """(N,) probability of the likeliest answer."""
        return self.probabilities.max(axis=1, initial=0.0)

    @property
    def tied(self) -> NDArray[np.bool_]:
        """(N,) true where no answer leads, or nobody voted."""
        leading = (self.probabilities >= self.confidence[:, None] - TIE).sum(axis=1)
        return (leading > 1) | (self.n_votes == 0)

    @property
    def choices(self) -> NDArray[np.intp]:
        """(N,) row of the likeliest answer; -1 where none leads or nobody voted."""
        if not len(self.probabilities):
            return np.zeros(0, np.intp)
        return np.where(self.tied, -1, self.probabilities.argmax(axis=1))

    @property
    def labels(self) -> NDArray[np.object_]:
        """(N,) words of the likeliest answer, empty where none leads."""
        words = np.array([*self.answers, ""], dtype=object)
        return words[self.choices]

    @property
    def skill(self) -> NDArray[np.float64]:
        """(P,) probability that a person is right about a galaxy drawn at random."""
        return np.einsum("k,pkk->p", self.prevalence, self.confusion)


def majority(votes: Votes) -> Consensus:
    """Shares of the votes; each person's confusion is counted against them.

    >>> import pandas as pd
    >>> rows = [("g1", "ada", "spiral"), ("g1", "ben", "spiral"), ("g1", "eva", "smooth")]
    >>> frame = pd.DataFrame(rows, columns=["galaxy_id", "annotator", "answer"])
    >>> majority(Votes.from_frame(frame, ("smooth", "spiral"))).labels.tolist()
    ['spiral']
    """
    shares = vote_shares(votes)
    total = votes.per_galaxy
    voted = total > 0
    prevalence = shares[voted].mean(axis=0) if voted.any() else np.full(votes.n_answers, 1 / votes.n_answers)
    return Consensus(
        galaxy_ids=votes.galaxy_ids,
        answers=votes.answers,
        probabilities=shares,
        n_votes=total,
        method="majority",
        people=votes.people,
        confusion=normalised(confusion_counts(votes, shares)),
        prevalence=prevalence,
    )


def leading_answers(worth: NDArray[np.float64], answers: Sequence[str]) -> NDArray[np.object_]:
    """(N,) answer that is worth most of (N, K); empty where several are worth as much, or nothing counts.

    >>> leading_answers(np.array([[2.0, 1.0], [1.0, 1.0], [0.0, 0.0]]), ("bar", "no bar")).tolist()
    ['bar', '', '']
    """
    if not len(answers):
        return np.full(len(worth), "", dtype=object)
    most = worth.max(axis=1)
    leads = (most > 0) & ((worth >= most[:, None] - TIE).sum(axis=1) == 1)
    return np.where(leads, np.array(answers, dtype=object)[worth.argmax(axis=1)], "")


def vote_shares(votes: Votes) -> NDArray[np.float64]:
    """(N, K) share of each answer among a galaxy's votes; equal shares where there are none."""
    counts = votes.summed()
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.where(total > 0, total, 1), 1 / votes.n_answers)


def confusion_counts(votes: Votes, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """(P, K, K) expected number of answers ``l`` of a person where the truth is ``k``, for (N, K) beliefs."""
    given = votes.incidence().T @ probabilities  # (P K, K): answer, truth
    return given.reshape(votes.n_people, votes.n_answers, votes.n_answers).swapaxes(1, 2)


def normalised(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows that sum to 1; empty ones become uniform."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.where(total > 0, counts / np.where(total > 0, total, 1), 1 / counts.shape[-1])
