"""The discussion of a galaxy: messages as they stand now, told from the events alone. Pure functions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import pandas as pd

from galcore.types import EventKind, Reason, ThreadEvent, ThreadKind

VOTED, DECIDED, FLAGGED, WRITTEN = "with an answer", "with a decision", "as a flag", ""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing somebody said about a galaxy.

    Attributes:
        message_id: The event that wrote it.
        galaxy_id: About which galaxy.
        annotator: Who.
        text: As it reads now; empty where it was withdrawn.
        written_at: UTC.
        edited_at: UTC, of the last edit; ``None`` without one.
        withdrawn: Whether its writer took it back.
        given: How it came: empty for a message of the discussion, else what it was a comment to
            (:data:`VOTED`, :data:`DECIDED`, :data:`FLAGGED`); only messages of the discussion can be changed.
    """

    message_id: str
    galaxy_id: str
    annotator: str
    text: str
    written_at: datetime
    edited_at: datetime | None = None
    withdrawn: bool = False
    given: str = WRITTEN


def read_messages(thread: pd.DataFrame) -> tuple[Message, ...]:
    """Messages in the order in which they were written.

    An edit or a withdrawal of somebody else's message, or of one that is not there, changes nothing; nor does
    an edit after the withdrawal.

    Args:
        thread: Events; see :meth:`galcore.labels.LabelStore.thread`.
    """
    found: dict[str, Message] = {}
    for event in thread.itertuples(index=False):
        when = cast(datetime, event.created_at)
        if event.kind == ThreadKind.WRITE:
            found[str(event.event_id)] = Message(
                str(event.event_id), str(event.galaxy_id), str(event.annotator), str(event.text), when
            )
            continue
        named = found.get(str(event.message_id))
        if named is None or named.withdrawn or named.annotator != event.annotator:
            continue
        if event.kind == ThreadKind.EDIT:
            found[named.message_id] = replace(named, text=str(event.text), edited_at=when)
        elif event.kind == ThreadKind.WITHDRAW:
            found[named.message_id] = replace(named, text="", withdrawn=True)
    return tuple(found.values())


def read_comments(history: pd.DataFrame) -> tuple[Message, ...]:
    """Comments that came with answers, decisions and flags that stand, as messages."""
    if history.empty:
        return ()
    said = history[~history["undone"].astype(bool) & (history["comment"].fillna("") != "")]
    return tuple(
        Message(
            str(event.event_id), str(event.galaxy_id), str(event.annotator), str(event.comment),
            cast(datetime, event.created_at), given=_given(str(event.kind), str(event.reason)),
        )
        for event in said.itertuples(index=False)
    )  # fmt: skip


def conversation(history: pd.DataFrame, thread: pd.DataFrame) -> tuple[Message, ...]:
    """Everything that was said about a galaxy, in the order of time."""
    everything = [*read_comments(history), *read_messages(thread)]
    return tuple(sorted(everything, key=lambda message: message.written_at))


def count_unread(messages: tuple[Message, ...], person: str) -> int:
    """Messages of others after the last one of this person.

    >>> from datetime import UTC
    >>> said = [Message(str(n), "g", who, "?", datetime(2026, 1, n, tzinfo=UTC)) for n, who in
    ...         ((1, "ada"), (2, "ben"), (3, "eva"))]
    >>> count_unread(tuple(said), "ada"), count_unread(tuple(said), "eva")
    (2, 0)
    """
    mine = [place for place, message in enumerate(messages) if message.annotator == person]
    later = messages[mine[-1] + 1 if mine else 0 :]
    return sum(not message.withdrawn for message in later)


def message(
    campaign_id: str, galaxy_id: str, annotator: str, text: str, *, event_id: str = ""
) -> ThreadEvent:
    """The event that adds a message to the discussion of a galaxy."""
    new_id = event_id or str(uuid.uuid4())
    return ThreadEvent(new_id, campaign_id, galaxy_id, annotator, ThreadKind.WRITE, text.strip())


def edit(campaign_id: str, said: Message, text: str) -> ThreadEvent:
    """The event by which the writer of a message changes it."""
    return ThreadEvent(
        str(uuid.uuid4()), campaign_id, said.galaxy_id, said.annotator, ThreadKind.EDIT, text.strip(),
        said.message_id,
    )  # fmt: skip


def withdrawal(campaign_id: str, said: Message) -> ThreadEvent:
    """The event by which the writer of a message takes it back."""
    return ThreadEvent(
        str(uuid.uuid4()), campaign_id, said.galaxy_id, said.annotator, ThreadKind.WITHDRAW,
        message_id=said.message_id,
    )  # fmt: skip


def _given(kind: str, reason: str) -> str:
    if reason == Reason.ADJUDICATION:
        return DECIDED
    return VOTED if kind == EventKind.LABEL else FLAGGED
