"""Galaxies on which people differ, and decisions about them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import numpy as np
import pandas as pd

from galcore.review.agreement import answer_counts, independent_answers
from galcore.types import EventKind, LabelEvent, Reason


@dataclass(frozen=True, slots=True)
class Dispute:
    """One galaxy with differing answers.

    Attributes:
        votes: People per answer, the most frequent first.
        entropy: Disagreement in bits; larger is more.
        decided: Answer of the last adjudication, empty before one.
        comments: What people wrote about it, oldest first, without names (blind).
    """

    galaxy_id: str
    votes: tuple[tuple[str, int], ...]
    entropy: float
    decided: str
    comments: tuple[str, ...]


def disputes(
    current: pd.DataFrame, history: pd.DataFrame, *, question: str = "", with_decided: bool = False
) -> tuple[Dispute, ...]:
    """Galaxies with differing answers, the strongest disagreement first.

    Args:
        current: One row per galaxy and person, of one question; see
            :meth:`galcore.labels.LabelStore.current`.
        history: Every event, for comments and decisions.
        question: The question that was decided about.
        with_decided: Also those that were adjudicated already.
    """
    counts = answer_counts(independent_answers(current))
    differing = counts[(counts > 0).sum(axis=1) >= 2]
    standing = history[~history["undone"].astype(bool)] if len(history) else history
    decided = decided_answers(history, question)
    found = [
        Dispute(
            galaxy_id=str(galaxy_id),
            votes=_votes(row),
            entropy=_entropy_bits(row.to_numpy()),
            decided=decided.get(str(galaxy_id), ""),
            comments=_comments(standing, str(galaxy_id)),
        )
        for galaxy_id, row in differing.iterrows()
        if with_decided or galaxy_id not in decided
    ]
    return tuple(sorted(found, key=_urgency))


def decided_answers(history: pd.DataFrame, question: str = "") -> dict[str, str]:
    """Decided answer to a question per galaxy: the last standing label given as an adjudication."""
    if history.empty:
        return {}
    decided = history[
        (history["kind"] == EventKind.LABEL)
        & (history["reason"] == Reason.ADJUDICATION)
        & ~history["undone"].astype(bool)
        & (history["question"] == question)
    ]
    return dict(zip(decided["galaxy_id"], decided["answer"], strict=True))  # in order: the last one stays


def _urgency(dispute: Dispute) -> tuple[float, int, str]:
    return -dispute.entropy, -sum(n for _, n in dispute.votes), dispute.galaxy_id


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
    """The event that decides a dispute."""
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


def _votes(row: pd.Series) -> tuple[tuple[str, int], ...]:
    given = [(str(answer), int(n)) for answer, n in row.items() if n]
    return tuple(sorted(given, key=lambda vote: (-vote[1], vote[0])))


def _entropy_bits(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _comments(standing: pd.DataFrame, galaxy_id: str) -> tuple[str, ...]:
    own = standing.loc[standing["galaxy_id"] == galaxy_id, "comment"]
    return tuple(str(comment) for comment in own if comment)
