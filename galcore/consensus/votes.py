"""Votes of several people about the same galaxies, as index arrays, and what must not be counted as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from galcore.types import EventKind, GalcoreError, Reason

NOT_VOTES = (Reason.GOLD, Reason.REASK, Reason.ADJUDICATION)
# Streams that choose a galaxy without looking at what people or the model say about it.
RANDOMLY_ASSIGNED = (Reason.RANDOM,)


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Who said what about which galaxy: V votes of P people about N galaxies with K answers.

    Attributes:
        galaxy_ids: (N,) galaxies; those without a vote are allowed.
        people: (P,) names.
        answers: (K,) words, in the order of the campaign.
        galaxies: (V,) row in ``galaxy_ids``.
        persons: (V,) row in ``people``.
        choices: (V,) row in ``answers``.
        weights: (V,) how much each counts, as an owner set it for its person; ``None``: all the same.
    """

    galaxy_ids: NDArray[np.object_]
    people: tuple[str, ...]
    answers: tuple[str, ...]
    galaxies: NDArray[np.intp]
    persons: NDArray[np.intp]
    choices: NDArray[np.intp]
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if not len(self.galaxies) == len(self.persons) == len(self.choices):
            raise ValueError("galaxies, persons and choices must have one entry a vote")
        for name, rows, size in (
            ("galaxies", self.galaxies, len(self.galaxy_ids)),
            ("persons", self.persons, len(self.people)),
            ("choices", self.choices, len(self.answers)),
        ):
            if len(rows) and (rows.min() < 0 or rows.max() >= size):
                raise ValueError(f"{name} points outside 0 to {size - 1}")
        if self.weights is not None and (len(self.weights) != len(self) or (self.weights < 0).any()):
            raise ValueError("weights must have one entry a vote, none of them negative")

    def __len__(self) -> int:
        return len(self.galaxies)

    @property
    def n_galaxies(self) -> int:
        """N."""
        return len(self.galaxy_ids)

    @property
    def n_people(self) -> int:
        """P."""
        return len(self.people)

    @property
    def n_answers(self) -> int:
        """K."""
        return len(self.answers)

    @property
    def worth(self) -> NDArray[np.float64]:
        """(V,) weight of each vote."""
        return np.ones(len(self)) if self.weights is None else self.weights

    @property
    def per_galaxy(self) -> NDArray[np.intp]:
        """(N,) votes that count, however much."""
        return np.bincount(self.galaxies[self.worth > 0], minlength=self.n_galaxies)

    def counts(self) -> NDArray[np.intp]:
        """People per galaxy and answer, (N, K)."""
        cells = self.galaxies * self.n_answers + self.choices
        return np.bincount(cells, minlength=self.n_galaxies * self.n_answers).reshape(
            self.n_galaxies, self.n_answers
        )

    def summed(self) -> NDArray[np.float64]:
        """What the votes per galaxy and answer are worth together, (N, K)."""
        cells = self.galaxies * self.n_answers + self.choices
        worth = np.bincount(cells, self.worth, minlength=self.n_galaxies * self.n_answers)
        return worth.astype(float).reshape(self.n_galaxies, self.n_answers)

    def incidence(self) -> csr_array:
        """(N, P K) sparse: weight of the answer a person gave; column ``person * K + answer``."""
        columns = self.persons * self.n_answers + self.choices
        shape = (self.n_galaxies, self.n_people * self.n_answers)
        return csr_array((self.worth, (self.galaxies, columns)), shape=shape)

    def select(self, kept: NDArray[np.bool_]) -> Votes:
        """Some of the votes, ``kept`` (V,), about the same galaxies by the same people."""
        rows = self.galaxies[kept], self.persons[kept], self.choices[kept]
        weights = None if self.weights is None else self.weights[kept]
        return Votes(self.galaxy_ids, self.people, self.answers, *rows, weights)

    def unweighed(self) -> Votes:
        """The same votes, all of them counting the same."""
        return replace(self, weights=None)

    def weighed(self, weights: Mapping[str, float]) -> Votes:
        """The same votes, those of the people named counting so much instead of 1."""
        of_person = np.array([float(weights.get(name, 1.0)) for name in self.people])
        return replace(self, weights=of_person[self.persons])

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        answers: Sequence[str],
        *,
        galaxy_ids: Sequence[str] | NDArray | None = None,
    ) -> Votes:
        """Votes from rows with ``galaxy_id``, ``annotator`` and ``answer``, one row a galaxy and person.

        Args:
            frame: The rows, all of them votes; see :func:`split_answers`.
            answers: Answers of the question.
            galaxy_ids: Galaxies to speak about, in this order; by default those with votes, sorted.

        Raises:
            GalcoreError: If an answer is none of the campaign's, or a person appears twice at a galaxy.
        """
        if frame.duplicated(["galaxy_id", "annotator"]).any():
            twice = frame[frame.duplicated(["galaxy_id", "annotator"])].iloc[0]
            raise GalcoreError(
                f"{twice['annotator']} has two votes for galaxy {twice['galaxy_id']}: "
                "keep the last answer of each person and question"
            )
        chosen = pd.Index(answers).get_indexer(frame["answer"].astype(object))
        if (chosen < 0).any():
            unknown = frame["answer"].iloc[int(np.argmax(chosen < 0))]
            raise GalcoreError(f"the answer {unknown!r} is none of {', '.join(answers)}")
        names = frame["galaxy_id"].astype(object)
        ids = pd.Index(sorted(names.unique()) if galaxy_ids is None else list(galaxy_ids), dtype=object)
        galaxies = ids.get_indexer(names)
        known = galaxies >= 0
        persons, people = pd.factorize(frame["annotator"].astype(object), sort=True)
        rows = (np.asarray(part)[known].astype(np.intp) for part in (galaxies, persons, chosen))
        return cls(ids.to_numpy(dtype=object), tuple(str(name) for name in people), tuple(answers), *rows)


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers of a campaign's question by what they may be used for; frames with the columns given.

    Attributes:
        votes: Last independent answer per galaxy and person.
        gold: Answers to galaxies whose truth is known, with ``truth`` where it was given.
        reasks: Second answers of the same person, with ``first`` (the answer before) where it is known.
        adjudications: Decisions of somebody who saw the votes.
    """

    votes: pd.DataFrame
    gold: pd.DataFrame
    reasks: pd.DataFrame
    adjudications: pd.DataFrame


def split_answers(
    events: pd.DataFrame, *, question: str = "", gold: Mapping[str, str] | None = None
) -> Answers:
    """Votes apart from gold, silent re-asks and adjudications, which measure people or decide, but count not.

    Args:
        events: From ``LabelStore.current`` or, better, ``LabelStore.history``, which still has the answer
            that a re-ask repeats. Columns ``galaxy_id``, ``annotator``, ``answer``, ``reason``; ``question``,
            ``kind`` and ``undone`` are respected where they are there; rows in order of arrival.
        question: Which question of the campaign.
        gold: True answer per gold galaxy; an answer to one is gold whatever the reason it was shown for.
    """
    truth = dict(gold or {})
    rows = _standing(events, question)
    reason = rows["reason"].astype(str)
    is_gold = (reason == Reason.GOLD) | rows["galaxy_id"].isin(list(truth)) & (reason != Reason.ADJUDICATION)
    is_reask, is_decision = (reason == Reason.REASK) & ~is_gold, reason == Reason.ADJUDICATION
    kind_of = {"votes": ~(is_gold | is_reask | is_decision), "gold": is_gold, "reasks": is_reask}
    votes, golden, reasks = (
        rows[mask].drop_duplicates(["galaxy_id", "annotator"], keep="last").reset_index(drop=True)
        for mask in kind_of.values()
    )
    golden = golden.assign(truth=golden["galaxy_id"].map(truth))
    before = votes[["galaxy_id", "annotator", "answer"]].rename(columns={"answer": "first"})
    reasks = reasks.merge(before, on=["galaxy_id", "annotator"], how="left")
    return Answers(votes, golden, reasks, rows[is_decision].reset_index(drop=True))


def _standing(events: pd.DataFrame, question: str) -> pd.DataFrame:
    """Label rows that were not taken back, of one question."""
    rows = events
    if "undone" in rows:
        rows = rows[~rows["undone"].astype(bool)]
    if "kind" in rows:
        rows = rows[rows["kind"].astype(str) == EventKind.LABEL]
    if "question" in rows:
        rows = rows[rows["question"].fillna("").astype(str) == question]
    return rows


def on_random_overlap(votes: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``Answers.votes`` that came from the random stream: only these make a fair sample of galaxies.

    A galaxy that the model or a person picked is easier or harder than others, so agreement on it says
    nothing about the campaign.
    """
    return votes[votes["reason"].astype(str).isin([str(reason) for reason in RANDOMLY_ASSIGNED])]
