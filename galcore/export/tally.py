"""Votes on one question counted per galaxy. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.export.questions import AskedQuestion

SEVERAL = "; "  # between the labels of a galaxy that has more than one


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Votes on one question.

    Attributes:
        question: What was asked.
        votes: (N, K) people per galaxy and answer.
        explicit: (N, K) of those, clicked or keyed.
    """

    question: AskedQuestion
    votes: NDArray[np.int32]
    explicit: NDArray[np.int32]

    @property
    def total(self) -> NDArray[np.int32]:
        """(N,) votes."""
        return self.votes.sum(axis=1, dtype="int32")

    @property
    def tied(self) -> NDArray[np.bool_]:
        """(N,) whether the leading answers have the same number of votes."""
        most = self.votes.max(axis=1, initial=0)
        return ((self.votes == most[:, None]).sum(axis=1) > 1) & (self.total > 0)

    @property
    def majority(self) -> NDArray[np.object_]:
        """(N,) leading answer; empty for a tie or without votes."""
        answers = np.array(self.question.answers, dtype=object)
        leads = answers[self.votes.argmax(axis=1)] if len(answers) else np.full(len(self.votes), "", object)
        return np.where(self.tied | (self.total == 0), "", leads)

    @property
    def agreement(self) -> NDArray[np.float64]:
        """(N,) share of the leading answer; NaN without votes."""
        return _share(self.votes.max(axis=1, initial=0), self.total)

    def columns(self) -> dict[str, NDArray]:
        """Columns of a table, named as in Galaxy Zoo; the majority too where there are several questions."""
        columns: dict[str, NDArray] = {}
        for place, answer in enumerate(self.question.answers):
            name = self.question.votes_column(answer)
            columns[name] = self.votes[:, place]
            columns[f"{name}_fraction"] = _share(self.votes[:, place], self.total)
            columns[f"{name}_explicit"] = self.explicit[:, place]
        columns[f"{self.question.column}_total-votes"] = self.total
        if self.question.name:
            columns[f"{self.question.column}_majority"] = self.majority
        return columns


def tally_votes(question: AskedQuestion, votes: pd.DataFrame, galaxy_ids: pd.Index) -> Tally:
    """Count the votes on one question.

    Args:
        question: Which of them, and its answers.
        votes: Rows that count, see :func:`galcore.export.votes.counted`.
        galaxy_ids: Galaxies in the order of the result, every one of ``votes`` among them, ``(N,)``.
    """
    own = votes[(votes["question"] == question.name).to_numpy(bool)]
    clicked = own[own["explicit"].to_numpy(bool)]
    return Tally(question, _counts(own, question, galaxy_ids), _counts(clicked, question, galaxy_ids))


def yes_names(questions: Sequence[AskedQuestion], answers: Sequence[NDArray]) -> NDArray[np.object_]:
    """(N,) names of the questions answered with yes, joined, from (N,) answers to each."""
    names = [question.name for question in questions]
    rows = zip(*answers, strict=True)
    joined = [
        SEVERAL.join(name for name, said in zip(names, row, strict=True) if said == "yes") for row in rows
    ]
    return np.array(joined, dtype=object)


def _counts(votes: pd.DataFrame, question: AskedQuestion, galaxy_ids: pd.Index) -> NDArray[np.int32]:
    counts = np.zeros((len(galaxy_ids), len(question.answers)), dtype="int32")
    places = {answer: place for place, answer in enumerate(question.answers)}
    rows = galaxy_ids.get_indexer(votes["galaxy_id"].astype(str))
    columns = np.array([places[str(answer)] for answer in votes["answer"]], dtype=np.intp)
    np.add.at(counts, (rows, columns), 1)
    return counts


def _share(part: NDArray, whole: NDArray) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
