"""What a campaign knows, told from its label events alone: votes, who has seen what, the audited sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.types import Campaign, EventKind, Reason


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
        random_rows: Rows that were shown by the random stream.
        recent_yield: Share of positives among the answers of the last three grids; ``None`` before the first.
    """

    explicit: NDArray[np.int32]
    implied: NDArray[np.int32]
    first_seq: NDArray[np.int64]
    first_score: NDArray[np.float64]
    seen_by: dict[str, NDArray[np.intp]]
    labels_by: dict[str, int]
    labels_before: NDArray[np.int64]
    random_rows: NDArray[np.intp]
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
    def from_history(cls, history: pd.DataFrame, index: pd.Index, campaign: Campaign) -> LoopState:
        """Tell the state from every event of the campaign.

        Args:
            history: All events in order of arrival, with ``undone``, as the label store gives them.
            index: Galaxy ids in the order of the loop; events of other galaxies count as labels of a person
                but cannot be learned from.
            campaign: Names the answers.
        """
        standing = history[~history["undone"].to_numpy(bool) & (history["kind"] != str(EventKind.UNDO))]
        rows = index.get_indexer(pd.Index(standing["galaxy_id"]))
        is_label = (standing["kind"] == str(EventKind.LABEL)).to_numpy(bool)
        labels = standing[is_label].assign(row=rows[is_label])
        current = labels.drop_duplicates(["galaxy_id", "annotator"], keep="last")
        explicit, implied = _count_votes(current, len(index), campaign.answers)
        first_seq, first_score = _first_answers(labels, len(index))
        people = standing["annotator"].to_numpy(dtype=object)
        known = rows >= 0
        return cls(
            explicit=explicit,
            implied=implied,
            first_seq=first_seq,
            first_score=first_score,
            seen_by={str(who): np.unique(rows[(people == who) & known]) for who in pd.unique(people)},
            labels_by={str(who): int(n) for who, n in current["annotator"].value_counts().items()},
            labels_before=np.sort(current["seq"].to_numpy(np.int64)),
            random_rows=np.unique(rows[known & (standing["reason"] == str(Reason.RANDOM)).to_numpy(bool)]),
            recent_yield=_recent_yield(labels, campaign.answers[0]),
        )


def _count_votes(
    current: pd.DataFrame, n_galaxies: int, answers: Sequence[str]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    explicit = np.zeros((n_galaxies, len(answers)), np.int32)
    implied = np.zeros_like(explicit)
    rows = current["row"].to_numpy(np.intp)
    columns = pd.Index(answers).get_indexer(pd.Index(current["answer"]))
    clicked = current["explicit"].to_numpy(bool)
    known = (rows >= 0) & (columns >= 0)
    np.add.at(explicit, (rows[known & clicked], columns[known & clicked]), 1)
    np.add.at(implied, (rows[known & ~clicked], columns[known & ~clicked]), 1)
    return explicit, implied


def _first_answers(labels: pd.DataFrame, n_galaxies: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    first_seq = np.zeros(n_galaxies, np.int64)
    first_score = np.full(n_galaxies, np.nan)
    first = labels[labels["row"] >= 0].drop_duplicates("row", keep="first")
    rows = first["row"].to_numpy(np.intp)
    first_seq[rows] = first["seq"].to_numpy(np.int64)
    first_score[rows] = pd.to_numeric(first["score"], errors="coerce").to_numpy(float, na_value=np.nan)
    return first_seq, first_score


def _recent_yield(labels: pd.DataFrame, positive: str, n_grids: int = 3) -> float | None:
    from_grids = labels[labels["grid_id"] != ""]
    if from_grids.empty:
        return None
    last = pd.unique(from_grids["grid_id"].to_numpy(dtype=object)[::-1])[:n_grids]
    recent = from_grids[from_grids["grid_id"].isin(last)]
    return float((recent["answer"] == positive).mean())
