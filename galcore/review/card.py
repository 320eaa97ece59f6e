"""Everything that is known of one galaxy when somebody decides about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from galcore.consensus import split_answers
from galcore.consensus.decisions import standing_decisions
from galcore.questions import Question
from galcore.review.queue import AdjudicationQueue, Case, Why
from galcore.review.thread import Message, conversation
from galcore.types import EventKind, Reason, ThreadKind

Naming = Callable[[str], str]  # how the person who looks reads a name
_DID = {
    EventKind.LABEL: "answered", EventKind.SKIP: "skipped", EventKind.UNDO: "took back",
    EventKind.FLAG: "flagged", ThreadKind.WRITE: "wrote", ThreadKind.EDIT: "edited a message",
    ThreadKind.WITHDRAW: "withdrew a message",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnswerTally:
    """One answer.

    Attributes:
        answer: In words.
        n_people: Votes for it.
        consensus: Probability by people, weighed by their skill; ``None`` where the queue does not know it.
        model: Probability by a model that did not see these answers; ``None`` where it says nothing.
    """

    answer: str
    n_people: int
    consensus: float | None
    model: float | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision in force."""

    answer: str
    annotator: str
    comment: str


@dataclass(frozen=True, slots=True, eq=False)
class GalaxyCard:
    """One galaxy and question.

    Attributes:
        case: Which.
        question: Its text and answers, in the order of the digit keys.
        tally: One an answer, in that order.
        n_people: Votes.
        ruling: Decision in force; ``None`` without one.
        why: Why it waits.
        disagreement: Entropy of the votes, 0-1.
        value: To the model, 0-1; see :mod:`galcore.review.value`.
        votes: One row a vote and decision, with its provenance: ``who``, ``answer``, ``given``,
            ``why shown``, ``score then``, ``model then``, ``stretch``, ``skill``, ``comment``, ``when``.
        timeline: One row an event, newest first: ``when``, ``who``, ``what``, ``taken back``.
        messages: Everything that was said, in order of time.
    """

    case: Case
    question: Question
    tally: tuple[AnswerTally, ...]
    n_people: int
    ruling: Ruling | None
    why: tuple[Why, ...]
    disagreement: float
    value: float
    votes: pd.DataFrame
    timeline: pd.DataFrame
    messages: tuple[Message, ...]


def make_card(
    case: Case,
    question: Question,
    queue: AdjudicationQueue,
    history: pd.DataFrame,
    thread: pd.DataFrame,
    *,
    naming: Naming = str,
) -> GalaxyCard:
    """Gather what is known now; beliefs are those of the queue.

    Args:
        case: Galaxy and question.
        question: The question, as the campaign asks it.
        queue: Consensus and model.
        history: Every event about the galaxy; see :meth:`galcore.labels.LabelStore.history`.
        thread: Its discussion; see :meth:`galcore.labels.LabelStore.thread`.
        naming: How people are called.
    """
    given = split_answers(history, question=question.name).votes["answer"].value_counts()
    beliefs, row = queue.questions.get(question.name), queue.row(case)
    known = None if beliefs is None or row is None else queue.rows.iloc[row]
    people = model = np.full(len(question.answers), np.nan)
    if beliefs is not None and known is not None:
        people, model = beliefs.people[known["place"]], beliefs.model[known["place"]]
    return GalaxyCard(
        case=case,
        question=question,
        tally=tuple(
            AnswerTally(answer, int(given.get(answer, 0)), _known(people[place]), _known(model[place]))
            for place, answer in enumerate(question.answers)
        ),
        n_people=int(given.sum()),
        ruling=_ruling(history, question.name),
        why=() if known is None else tuple(each for each in Why if known[str(each)]),
        disagreement=0.0 if known is None else float(known["disagreement"]),
        value=0.0 if known is None else float(known["value"]),
        votes=vote_table(history, question.name, skill=beliefs.skill if beliefs else {}, naming=naming),
        timeline=timeline(history, thread, naming=naming),
        messages=conversation(history, thread),
    )


def vote_table(
    history: pd.DataFrame, question: str, *, skill: Mapping[str, float], naming: Naming = str
) -> pd.DataFrame:
    """Every standing answer to a question with how it came about, in order of arrival."""
    rows = history[
        (history["kind"] == str(EventKind.LABEL)).to_numpy(bool)
        & ~history["undone"].to_numpy(bool)
        & (history["question"] == question).to_numpy(bool)
    ]
    rows = rows.drop_duplicates(["annotator", "reason"], keep="last")
    return pd.DataFrame(
        {
            "who": [naming(str(name)) for name in rows["annotator"]],
            "answer": rows["answer"].to_numpy(object),
            "given": np.where(rows["explicit"].to_numpy(bool), "explicit", "implied"),
            "why shown": rows["reason"].to_numpy(object),
            "score then": rows["score"].to_numpy(dtype=float, na_value=np.nan),
            "model then": rows["model_version"].to_numpy(object),
            "stretch": rows["display"].to_numpy(object),
            "skill": [skill.get(str(name), np.nan) for name in rows["annotator"]],
            "comment": rows["comment"].to_numpy(object),
            "when": rows["created_at"].array,
        }
    )


def timeline(history: pd.DataFrame, thread: pd.DataFrame, *, naming: Naming = str) -> pd.DataFrame:
    """Everything that happened to a galaxy, newest first; messages without their text."""
    answers = dict(zip(history["event_id"], history["answer"], strict=True))
    happened = [
        (event.seq, event.created_at, naming(str(event.annotator)), _what(event, answers), bool(event.undone))
        for event in history.itertuples(index=False)
    ]
    happened += [
        (event.seq, event.created_at, naming(str(event.annotator)), _DID[ThreadKind(str(event.kind))], False)
        for event in thread.itertuples(index=False)
    ]
    table = pd.DataFrame(happened, columns=["seq", "when", "who", "what", "taken back"])
    return table.sort_values("seq", ascending=False, ignore_index=True).drop(columns="seq")


def _what(event: Any, answers: dict[str, str]) -> str:
    kind, reason = EventKind(str(event.kind)), str(event.reason)
    did = _DID[kind]
    if reason == Reason.ADJUDICATION and kind is not EventKind.UNDO:
        did = "decided" if kind is EventKind.LABEL else "reopened"
    said = str(event.answer)
    if kind is EventKind.UNDO:
        said = answers.get(str(event.undoes), "")
    question = str(event.question)
    return " ".join(part for part in (did, f"“{question}”:" if question and said else "", said) if part)


def _ruling(history: pd.DataFrame, question: str) -> Ruling | None:
    decided = standing_decisions(history)
    own = decided[(decided["question"] == question).to_numpy(bool)]
    if own.empty:
        return None
    last = own.iloc[-1]
    return Ruling(str(last["answer"]), str(last["annotator"]), str(last["comment"]))


def _known(share: float) -> float | None:
    return None if np.isnan(share) else float(share)
