"""What is to be decided, and in which order: where people differ, and what teaches the model most."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus import Votes, reach_consensus, split_answers
from galcore.consensus.decisions import standing_decisions
from galcore.loop.target import learned_answers
from galcore.questions import Question, questions_of
from galcore.review.value import divergence, entropy_share, value_to_model
from galcore.types import Campaign

STRONG_DIVERGENCE_BITS = 0.3  # people at 90 %, the model at 35 % for the same of two answers


class Order(StrEnum):
    """What comes first."""

    BOTH = "both"  # the mean of the two others, both from 0 to 1
    DISAGREEMENT = "strongest disagreement"
    VALUE = "most useful to the model"


class Why(StrEnum):
    """Why a galaxy waits for a decision."""

    PEOPLE = "people differ"
    MODEL = "model and people differ"
    FEW = "too few votes"


@dataclass(frozen=True, slots=True)
class Case:
    """One galaxy and question that may be decided.

    Attributes:
        galaxy_id: Which galaxy.
        question: Which question, empty where the campaign asks one.
    """

    galaxy_id: str
    question: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class QuestionVotes:
    """Votes and beliefs about one question.

    Attributes:
        question: The question.
        counts: (N, K) people per galaxy and answer.
        people: (N, K) consensus of people.
        model: (N, K) what a model that did not see the answers says; NaN where it says nothing.
        method: Of the consensus.
        skill: Probability of each person to be right about a galaxy drawn at random.
    """

    question: Question
    counts: NDArray[np.intp]
    people: NDArray[np.float64]
    model: NDArray[np.float64]
    method: str
    skill: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class AdjudicationQueue:
    """Every galaxy and question with a vote.

    Attributes:
        rows: One a case: ``galaxy_id``, ``question``, ``place`` (row in the arrays of its question),
            ``n_votes``, ``disagreement`` and ``value`` (0-1), ``divergence_bits``, ``decided`` (answer in
            force, else empty) and a column of booleans for each :class:`Why`.
        questions: Votes and beliefs by question.
        places: Row of each galaxy and question.
    """

    rows: pd.DataFrame
    questions: Mapping[str, QuestionVotes]
    places: Mapping[tuple[str, str], int]

    def __len__(self) -> int:
        return len(self.rows)

    def case(self, row: int) -> Case:
        """The case of a row."""
        return Case(str(self.rows["galaxy_id"].iat[row]), str(self.rows["question"].iat[row]))

    def row(self, case: Case) -> int | None:
        """The row of a case; ``None`` where nobody has voted."""
        return self.places.get((case.galaxy_id, case.question))

    def select(
        self,
        order: Order = Order.BOTH,
        *,
        why: Collection[Why] = (Why.PEOPLE, Why.MODEL),
        with_decided: bool = False,
        only: frozenset[str] | None = None,
    ) -> NDArray[np.intp]:
        """Rows in the order in which they are to be decided.

        Args:
            order: What comes first; ties go to the case with more votes, then by galaxy.
            why: Cases with one of these reasons.
            with_decided: Also those with a decision in force, whatever the reason.
            only: Galaxies to keep to; ``None``: all.
        """
        rows = self.rows
        wanted = np.zeros(len(rows), dtype=bool)
        for each in why:
            wanted |= rows[str(each)].to_numpy(bool)
        is_decided = (rows["decided"] != "").to_numpy(bool)
        wanted = wanted | is_decided if with_decided else wanted & ~is_decided
        if only is not None:
            wanted &= rows["galaxy_id"].isin(only).to_numpy(bool)
        chosen = np.flatnonzero(wanted)
        urgency = _urgency(rows, order)[chosen].round(9)
        return chosen[np.lexsort((chosen, -rows["n_votes"].to_numpy()[chosen], -urgency))]

    def count(self, why: Why) -> int:
        """Cases without a decision that wait for this reason."""
        return int((self.rows[str(why)] & (self.rows["decided"] == "")).sum())


def make_queue(
    campaign: Campaign,
    history: pd.DataFrame,
    *,
    told: pd.DataFrame | None = None,
    typical: pd.Series | None = None,
    weights: Mapping[str, float] | None = None,
) -> AdjudicationQueue:
    """Bring votes, consensus and model together for every galaxy and question with a vote.

    Args:
        campaign: Its questions and how many people each galaxy is to have.
        history: Every event; see :meth:`galcore.labels.LabelStore.history`.
        told: Held-out probabilities, one row a galaxy by id, one column an answer of the campaign.
        typical: From :func:`galcore.review.value.typicality`, by galaxy id.
        weights: What owners made the votes of people count; others count 1.
    """
    learned = questions_of(campaign)[0].name if learned_answers(campaign) == campaign.answers else None
    decided = standing_decisions(history)
    ends = dict(
        zip(zip(decided["galaxy_id"], decided["question"], strict=True), decided["answer"], strict=True)
    )
    parts, kept = [], {}
    for question in questions_of(campaign):
        answers = split_answers(history, question=question.name)
        votes = Votes.from_frame(answers.votes, question.answers).weighed(weights or {})
        if not len(votes):
            continue
        model = told if question.name == learned else None
        beliefs = _beliefs(question, votes, model)
        kept[question.name] = beliefs
        parts.append(_rows(campaign, beliefs, votes.galaxy_ids, typical, ends))
    rows = pd.concat(parts, ignore_index=True) if parts else _rows_of_nothing()
    named = zip(rows["galaxy_id"].tolist(), rows["question"].tolist(), strict=True)
    return AdjudicationQueue(rows, kept, {pair: row for row, pair in enumerate(named)})


def _beliefs(question: Question, votes: Votes, told: pd.DataFrame | None) -> QuestionVotes:
    consensus = reach_consensus(votes)
    model = np.full(consensus.probabilities.shape, np.nan)
    if told is not None:
        model = told.reindex(pd.Index(votes.galaxy_ids, dtype=object)).to_numpy(dtype=float)
    skill = dict(zip(consensus.people, consensus.skill.tolist(), strict=True))
    return QuestionVotes(question, votes.counts(), consensus.probabilities, model, consensus.method, skill)


def _rows(
    campaign: Campaign,
    beliefs: QuestionVotes,
    galaxy_ids: NDArray[np.object_],
    typical: pd.Series | None,
    ends: Mapping[tuple[str, str], str],
) -> pd.DataFrame:
    counts, name = beliefs.counts, beliefs.question.name
    n_votes = counts.sum(axis=1)
    dense = None if typical is None else typical.reindex(pd.Index(galaxy_ids, dtype=object)).to_numpy(float)
    apart = divergence(beliefs.people, beliefs.model)
    return pd.DataFrame(
        {
            "galaxy_id": galaxy_ids,
            "question": name,
            "place": np.arange(len(galaxy_ids)),
            "n_votes": n_votes,
            "disagreement": entropy_share(counts / np.maximum(n_votes, 1)[:, None]),
            "value": value_to_model(beliefs.people, beliefs.model, dense),
            "divergence_bits": apart,
            "decided": [ends.get((galaxy_id, name), "") for galaxy_id in galaxy_ids],
            str(Why.PEOPLE): (counts > 0).sum(axis=1) >= 2,
            str(Why.MODEL): apart >= STRONG_DIVERGENCE_BITS,
            str(Why.FEW): n_votes < campaign.overlap,
        }
    )


def _rows_of_nothing() -> pd.DataFrame:
    texts, numbers = ("galaxy_id", "question", "decided"), ("disagreement", "value", "divergence_bits")
    return pd.DataFrame(
        {name: pd.Series(dtype=object) for name in texts}
        | {name: pd.Series(dtype=float) for name in numbers}
        | {name: pd.Series(dtype=int) for name in ("place", "n_votes")}
        | {str(why): pd.Series(dtype=bool) for why in Why}
    )


def _urgency(rows: pd.DataFrame, order: Order) -> NDArray[np.float64]:
    disagreement, value = rows["disagreement"].to_numpy(float), rows["value"].to_numpy(float)
    if order is Order.DISAGREEMENT:
        return disagreement
    return value if order is Order.VALUE else (disagreement + value) / 2
