"""What a campaign knows, told from its label events alone: votes, who has seen what, the audited sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.types import Campaign, EventKind


@dataclass(frozen=True, slots=True, eq=False)
class LoopState:
    """Votes and looks of one campaign at one moment; rows are galaxies in the order of the loop.

    Attributes:
        explicit: (N, K) clicked answers of all people that stand now.
        implied: (N, K) answers implied by submitting the rest of a grid.
        first_seq: (N,) store sequence number of the first standing answer; 0 where there is none.
        first_score: (N,) score stored with that answer; NaN where there was no model.
        seen_by: Rows that each person answered, skipped or flagged.
        labels_by: Answers of each person that stand.
        labels_before: Sorted sequence numbers of all standing answers: how many there were at a time.
        recent_yield: Share of positives among the answers of the last three grids; ``None`` before the first.
    """

    explicit: NDArray[np.int32]
    implied: NDArray[np.int32]
    first_seq: NDArray[np.int64]
    first_score: NDArray[np.float64]
    seen_by: dict[str, NDArray[np.intp]]
    labels_by: dict[str, int]
    labels_before: NDArray[np.int64]
    recent_yield: float | None

    @property
    def votes(self) -> NDArray[np.int32]:
        """(N, K) answers of both kinds."""
        return self.explicit + self.implied

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(N,) whether anybody's answer stands."""
        return self.first_seq > 0

    @property
    def touched(self) -> NDArray[np.bool_]:
        """(N,) whether anybody answered, skipped or flagged it."""
        touched = self.answered.copy()
        for rows in self.seen_by.values():
            touched[rows] = True
        return touched

    def majority(self) -> NDArray[np.intp]:
        """(N,) leading answer, -1 without one; a tie goes to the answer named first in the campaign."""
        votes = self.votes
        return np.where(votes.sum(axis=1) > 0, votes.argmax(axis=1), -1)

    @classmethod
    def from_history(cls, history: pd.DataFrame, row_of: Mapping[str, int], campaign: Campaign) -> LoopState:
        """Tell the state from every event of the campaign.

        Args:
            history: All events in order of arrival, with ``undone``, as the label store gives them.
            row_of: Row of each galaxy; events of other galaxies count as labels of a person but cannot be
                learned from.
            campaign: Names the answers.
        """
        events = _Events.standing(history, row_of, campaign.answers)
        labels = events.only(events.is_label)
        current = labels.only(labels.last_of_each_person())
        n_galaxies, n_answers = len(row_of), len(campaign.answers)
        clicked = current.explicit
        first_seq, first_score = _first_answers(labels, n_galaxies)
        labels_of = np.bincount(current.people, minlength=len(events.names))
        seen_by = {
            who: np.unique(events.rows[(events.people == code) & (events.rows >= 0)])
            for code, who in enumerate(events.names)
        }
        return cls(
            explicit=_count_votes(current.only(clicked), n_galaxies, n_answers),
            implied=_count_votes(current.only(~clicked), n_galaxies, n_answers),
            first_seq=first_seq,
            first_score=first_score,
            seen_by=seen_by,
            labels_by=dict(zip(events.names, labels_of.tolist(), strict=True)),
            labels_before=np.sort(current.seq),
            recent_yield=_recent_yield(labels),
        )


def rows_by_id(galaxy_ids: NDArray[np.str_]) -> dict[str, int]:
    """Row of each galaxy id."""
    return {galaxy_id: row for row, galaxy_id in enumerate(np.asarray(galaxy_ids).tolist())}


@dataclass(frozen=True, slots=True, eq=False)
class _Events:
    """Columns of the events that stand, as plain arrays: a data frame costs more than the fit."""

    rows: NDArray[np.intp]  # -1: not in this loop
    galaxies: NDArray[np.intp]  # number of the galaxy, also of those
    people: NDArray[np.intp]
    answers: NDArray[np.intp]  # -1: not an answer of the campaign
    is_label: NDArray[np.bool_]
    explicit: NDArray[np.bool_]
    scores: NDArray[np.float64]
    seq: NDArray[np.int64]
    grids: NDArray[np.object_]
    names: tuple[str, ...]

    @classmethod
    def standing(cls, history: pd.DataFrame, row_of: Mapping[str, int], answers: Sequence[str]) -> _Events:
        kinds = history["kind"].to_numpy(dtype=object)
        stand = ~history["undone"].to_numpy(bool) & (kinds != str(EventKind.UNDO))

        def column(name: str, dtype: type = object) -> NDArray:
            return history[name].to_numpy(dtype=dtype)[stand]

        galaxy_ids = column("galaxy_id")
        people, names = pd.factorize(column("annotator"))
        answer_of = {answer: place for place, answer in enumerate(answers)}
        return cls(
            rows=np.array([row_of.get(name, -1) for name in galaxy_ids], dtype=np.intp),
            galaxies=pd.factorize(galaxy_ids)[0],
            people=people,
            answers=np.array([answer_of.get(name, -1) for name in column("answer")], dtype=np.intp),
            is_label=kinds[stand] == str(EventKind.LABEL),
            explicit=column("explicit", bool),
            scores=history["score"].to_numpy(dtype=float, na_value=np.nan)[stand],
            seq=column("seq", np.int64),
            grids=column("grid_id"),
            names=tuple(str(name) for name in names),
        )

    def only(self, which: NDArray) -> _Events:
        """Some of the events, in the same order."""
        columns = {name: getattr(self, name)[which] for name in self.__dataclass_fields__ if name != "names"}
        return _Events(**columns, names=self.names)

    def last_of_each_person(self) -> NDArray[np.intp]:
        """Places of the last event of each person about each galaxy, in order."""
        pairs = self.galaxies * max(len(self.names), 1) + self.people
        _, from_end = np.unique(pairs[::-1], return_index=True)
        return np.sort(len(pairs) - 1 - from_end)


def _count_votes(events: _Events, n_galaxies: int, n_answers: int) -> NDArray[np.int32]:
    counts = np.zeros((n_galaxies, n_answers), np.int32)
    known = (events.rows >= 0) & (events.answers >= 0)
    np.add.at(counts, (events.rows[known], events.answers[known]), 1)
    return counts


def _first_answers(labels: _Events, n_galaxies: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    first_seq = np.zeros(n_galaxies, np.int64)
    first_score = np.full(n_galaxies, np.nan)
    known = labels.only(labels.rows >= 0)
    rows, places = np.unique(known.rows, return_index=True)
    first_seq[rows] = known.seq[places]
    first_score[rows] = known.scores[places]
    return first_seq, first_score


def _recent_yield(labels: _Events, n_grids: int = 3) -> float | None:
    last = list(dict.fromkeys(name for name in labels.grids[::-1].tolist() if name))[:n_grids]
    if not last:
        return None
    return float((labels.answers[np.isin(labels.grids, last)] == 0).mean())
