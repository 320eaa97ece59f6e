"""Votes on one question counted per galaxy, and weighed as owners chose. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus.result import TIE, leading_answers
from galcore.export.questions import AskedQuestion

SEVERAL = "; "  # between the labels of a galaxy that has more than one


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Votes on one question. Numbers of people are as they are; shares, majority and ties heed weights.

    Attributes:
        question: What was asked.
        votes: (N, K) people per galaxy and answer.
        explicit: (N, K) of those, clicked or keyed.
        worth: (N, K) sum of the weights of these people.
    """

    question: AskedQuestion
    votes: NDArray[np.int32]
    explicit: NDArray[np.int32]
    worth: NDArray[np.float64]

    @property
    def total(self) -> NDArray[np.int32]:
        """(N,) votes."""
        return self.votes.sum(axis=1, dtype="int32")

    @property
    def tied(self) -> NDArray[np.bool_]:
        """(N,) whether the leading answers weigh the same."""
        most = self.worth.max(axis=1, initial=0)
        return ((self.worth >= most[:, None] - TIE).sum(axis=1) > 1) & (most > 0)

    @property
    def majority(self) -> NDArray[np.object_]:
        """(N,) leading answer; empty for a tie or without votes that count."""
        return leading_answers(self.worth, self.question.answers)

    @property
    def agreement(self) -> NDArray[np.float64]:
        """(N,) share of the leading answer; NaN without votes that count."""
        return _share(self.worth.max(axis=1, initial=0), self.worth.sum(axis=1))

    def labels(self, decided: Mapping[tuple[str, str], str], galaxy_ids: pd.Index) -> NDArray[np.object_]:
        """(N,) decided answer, else that of the majority; empty without either.

        Args:
            decided: Answers by galaxy and question, see :func:`galcore.export.votes.decisions`.
            galaxy_ids: Galaxies in the order of the votes.
        """
        decision = self.decisions(decided, galaxy_ids)
        return np.where(decision != "", decision, self.majority)

    def decisions(self, decided: Mapping[tuple[str, str], str], galaxy_ids: pd.Index) -> NDArray[np.object_]:
        """(N,) decided answer; empty without one."""
        name = self.question.name
        return np.array([decided.get((str(each), name), "") for each in galaxy_ids], dtype=object)

    def columns(self) -> dict[str, NDArray]:
        """Columns of a table, named as in Galaxy Zoo; the majority too where there are several questions."""
        columns: dict[str, NDArray] = {}
        for place, answer in enumerate(self.question.answers):
            name = self.question.votes_column(answer)
            columns[name] = self.votes[:, place]
            columns[f"{name}_fraction"] = _share(self.worth[:, place], self.worth.sum(axis=1))
            columns[f"{name}_explicit"] = self.explicit[:, place]
        columns[f"{self.question.column}_total-votes"] = self.total
        if self.question.name:
            columns[f"{self.question.column}_majority"] = self.majority
        return columns


def tally_votes(
    question: AskedQuestion,
    votes: pd.DataFrame,
    galaxy_ids: pd.Index,
    *,
    weights: Mapping[str, float] | None = None,
) -> Tally:
    """Count the votes on one question.

    Args:
        question: Which of them, and its answers.
        votes: Rows that count, see :func:`galcore.export.votes.counted`.
        galaxy_ids: Galaxies in the order of the result, every one of ``votes`` among them, ``(N,)``.
        weights: What owners made the votes of people count; others count 1.
    """
    own = votes[(votes["question"] == question.name).to_numpy(bool)]
    clicked = own[own["explicit"].to_numpy(bool)]
    worth = own["annotator"].astype(object).map(lambda name: float((weights or {}).get(name, 1.0)))
    return Tally(
        question,
        _summed(own, question, galaxy_ids).astype("int32"),
        _summed(clicked, question, galaxy_ids).astype("int32"),
        _summed(own, question, galaxy_ids, worth.to_numpy(dtype=float)),
    )


def yes_names(questions: Sequence[AskedQuestion], answers: Sequence[NDArray]) -> NDArray[np.object_]:
    """(N,) names of the questions answered with yes, joined, from (N,) answers to each."""
    names = [question.name for question in questions]
    rows = zip(*answers, strict=True)
    joined = [
        SEVERAL.join(name for name, said in zip(names, row, strict=True) if said == "yes") for row in rows
    ]
    return np.array(joined, dtype=object)


def _summed(
    votes: pd.DataFrame,
    question: AskedQuestion,
    galaxy_ids: pd.Index,
    worth: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """(N, K) votes, or what they are worth."""
    places = {answer: place for place, answer in enumerate(question.answers)}
    rows = galaxy_ids.get_indexer(votes["galaxy_id"].astype(str))
    columns = np.array([places[str(answer)] for answer in votes["answer"]], dtype=np.intp)
    shape = (len(galaxy_ids), len(question.answers))
    cells = rows * shape[1] + columns
    return np.bincount(cells, worth, minlength=shape[0] * shape[1]).astype(float).reshape(shape)


def _share(part: NDArray, whole: NDArray) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
