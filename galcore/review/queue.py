"""What is to be decided, and in which order: where people differ, and what teaches the model most."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus import Votes, reach_consensus, split_answers
from galcore.consensus.decisions import standing_decisions
from galcore.questions import Question, questions_of
from galcore.review.value import divergence, entropy_share, value_to_model
from galcore.types import Campaign

LEAST_TOLD = 50  # galaxies with answers before a model that was fitted on them is heard at all
SURE = 0.6  # people and model contradict each other where both are so sure, of different answers


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
        found = self.rows.iloc[row]
        return Case(str(found["galaxy_id"]), str(found["question"]))

    def votes_texts(self, rows: Sequence[int] | NDArray[np.intp]) -> NDArray[np.object_]:
        """What people said in these rows, such as ``bar 2 · none 1``."""
        chosen = self.rows.iloc[list(rows)]
        texts = np.full(len(chosen), "", dtype=object)
        for name, found in self.questions.items():
            own = (chosen["question"] == name).to_numpy(bool)
            counts = found.counts[chosen["place"].to_numpy()[own]]
            for place, answer in enumerate(found.question.answers):
                n_people = counts[:, place]
                said = np.where(n_people > 0, f" · {answer} " + n_people.astype(str).astype(object), "")
                texts[own] = texts[own] + said
        return np.array([text.removeprefix(" · ") for text in texts], dtype=object)

    def row(self, case: Case) -> int | None:
        """The row of a case; ``None`` where nobody has voted."""
        return self.places.get((case.galaxy_id, case.question))

    def select(
        self,
        order: Order = Order.BOTH,
        *,
        why: Collection[Why] | None = (Why.PEOPLE, Why.MODEL),
        with_decided: bool = False,
        only: frozenset[str] | None = None,
    ) -> NDArray[np.intp]:
        """Rows in the order in which they are to be decided.

        Args:
            order: What comes first; ties go to the case with more votes, then by galaxy.
            why: Cases with one of these reasons; ``None``: all with a vote.
            with_decided: Also those with a decision in force, whatever the reason.
            only: Galaxies to keep to; ``None``: all.
        """
        rows = self.rows
        wanted = np.full(len(rows), why is None)
        for each in why or ():
            wanted |= rows[str(each)].to_numpy(bool)
        is_decided = (rows["decided"] != "").to_numpy(bool)
        wanted = wanted | is_decided if with_decided else wanted & ~is_decided
        if only is not None:
            wanted &= rows["galaxy_id"].isin(only).to_numpy(bool)
        chosen = np.flatnonzero(wanted)
        urgency = _urgency(rows, order)[chosen].round(9)
        return chosen[np.lexsort((chosen, -rows["n_votes"].to_numpy()[chosen], -urgency))]

    def table(self, rows: Sequence[int] | NDArray[np.intp]) -> pd.DataFrame:
        """These rows to take away, with what people said in words."""
        table = self.rows.iloc[list(rows)].drop(columns="place").reset_index(drop=True)
        table.insert(2, "votes", self.votes_texts(rows))
        return table.rename(columns={str(why): str(why).replace(" ", "_") for why in Why})

    def count(self, why: Why) -> int:
        """Cases without a decision that wait for this reason."""
        return int((self.rows[str(why)] & (self.rows["decided"] == "")).sum())


def make_queue(
    campaign: Campaign,
    history: pd.DataFrame,
    *,
    question: Question | None = None,
    told: pd.DataFrame | None = None,
    typical: pd.Series | None = None,
    weights: Mapping[str, float] | None = None,
    least_told: int = LEAST_TOLD,
) -> AdjudicationQueue:
    """Bring votes, consensus and model together for every galaxy and question with a vote.

    Args:
        campaign: Its questions and how many people each galaxy is to have.
        history: Every event; see :meth:`galcore.labels.LabelStore.history`.
        question: The one to decide about; ``None``: all of them, each for itself.
        told: Held-out probabilities of its answers (of the only question), one row a galaxy by id.
        typical: From :func:`galcore.review.value.typicality`, by galaxy id.
        weights: What owners made the votes of people count; others count 1.
        least_told: The model is heard from so many galaxies with answers and a probability on.
    """
    questions = questions_of(campaign) if question is None else (question,)
    decided = standing_decisions(history)
    ends = dict(
        zip(zip(decided["galaxy_id"], decided["question"], strict=True), decided["answer"], strict=True)
    )
    parts, kept = [], {}
    for asked in questions:
        answers = split_answers(history, question=asked.name)
        votes = Votes.from_frame(answers.votes, asked.answers).weighed(weights or {})
        if not len(votes):
            continue
        beliefs = _beliefs(asked, votes, told if len(questions) == 1 else None, least_told)
        kept[asked.name] = beliefs
        parts.append(_rows(campaign, beliefs, votes.galaxy_ids, typical, ends))
    rows = pd.concat(parts, ignore_index=True) if parts else _rows_of_nothing()
    named = zip(rows["galaxy_id"].tolist(), rows["question"].tolist(), strict=True)
    return AdjudicationQueue(rows, kept, {pair: row for row, pair in enumerate(named)})


def _beliefs(question: Question, votes: Votes, told: pd.DataFrame | None, least_told: int) -> QuestionVotes:
    consensus = reach_consensus(votes)
    model = np.full(consensus.probabilities.shape, np.nan)
    if told is not None:
        known = told.reindex(pd.Index(votes.galaxy_ids, dtype=object)).to_numpy(dtype=float)
        model = known if np.isfinite(known).all(axis=1).sum() >= least_told else model
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
            str(Why.MODEL): _contradicted(beliefs),
            str(Why.FEW): n_votes < campaign.overlap,
        }
    )


def _contradicted(beliefs: QuestionVotes) -> NDArray[np.bool_]:
    """(N,) whether people and model are sure of different answers; not where the model says nothing."""
    model = np.nan_to_num(beliefs.model)
    both_sure = (beliefs.people.max(axis=1) >= SURE) & (model.max(axis=1) >= SURE)
    return both_sure & (beliefs.people.argmax(axis=1) != model.argmax(axis=1))


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
