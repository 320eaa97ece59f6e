"""Decisions about galaxies that people differ on: events that are added, never changed."""

from __future__ import annotations

import uuid

import pandas as pd

from galcore.consensus.decisions import standing_decisions
from galcore.types import EventKind, LabelEvent, Reason

REOPENED = "reopened"  # comment of a reopening, where its maker wrote none


def decided_answers(history: pd.DataFrame, question: str = "") -> dict[str, str]:
    """Decided answer per galaxy, of one question; see :func:`galcore.consensus.decisions.standing_decisions`.

    Args:
        history: Every event.
        question: Empty where the campaign asks one.
    """
    if history.empty:
        return {}
    decided = standing_decisions(history)
    own = decided[(decided["question"] == question).to_numpy(bool)]
    return dict(zip(own["galaxy_id"].astype(str), own["answer"].astype(str), strict=True))


def adjudication(
    campaign_id: str,
    galaxy_id: str,
    annotator: str,
    *,
    answer: str,
    question: str = "",
    event_id: str = "",
    comment: str = "",
) -> LabelEvent:
    """The event that decides about a galaxy; a later one, of whomever, takes its place."""
    return LabelEvent(
        event_id=event_id or str(uuid.uuid4()),
        campaign_id=campaign_id,
        galaxy_id=galaxy_id,
        annotator=annotator,
        kind=EventKind.LABEL,
        answer=answer,
        explicit=True,
        reason=Reason.ADJUDICATION,
        comment=comment,
        question=question,
    )


def reopening(
    campaign_id: str, galaxy_id: str, annotator: str, *, question: str = "", comment: str = ""
) -> LabelEvent:
    """The event that ends a decision, also one of somebody else; the decision stays in the history."""
    return LabelEvent(
        event_id=str(uuid.uuid4()),
        campaign_id=campaign_id,
        galaxy_id=galaxy_id,
        annotator=annotator,
        kind=EventKind.FLAG,
        reason=Reason.ADJUDICATION,
        comment=comment or REOPENED,
        question=question,
    )


def undo_of(ruling: LabelEvent) -> LabelEvent:
    """The event by which its maker takes a decision (or a reopening) back: what stood before stands again."""
    return LabelEvent(
        event_id=str(uuid.uuid4()),
        campaign_id=ruling.campaign_id,
        galaxy_id=ruling.galaxy_id,
        annotator=ruling.annotator,
        kind=EventKind.UNDO,
        reason=Reason.ADJUDICATION,
        undoes=ruling.event_id,
        question=ruling.question,
    )


def last_ruling(history: pd.DataFrame, annotator: str) -> LabelEvent | None:
    """The last decision or reopening of a person that was not taken back; ``None`` without one."""
    if history.empty:
        return None
    mine = history[
        (history["annotator"] == annotator).to_numpy(bool)
        & (history["reason"] == str(Reason.ADJUDICATION)).to_numpy(bool)
        & (history["kind"] != str(EventKind.UNDO)).to_numpy(bool)
        & ~history["undone"].to_numpy(bool)
    ]
    if mine.empty:
        return None
    row = mine.iloc[-1]
    return LabelEvent(
        event_id=str(row["event_id"]),
        campaign_id=str(row["campaign_id"]),
        galaxy_id=str(row["galaxy_id"]),
        annotator=annotator,
        kind=EventKind(str(row["kind"])),
        answer=str(row["answer"]),
        reason=Reason.ADJUDICATION,
        question=str(row["question"]),
    )
