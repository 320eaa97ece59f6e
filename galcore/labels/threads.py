"""Discussions in the label store: rows of ``thread_events``, checked when they are written."""

from __future__ import annotations

from datetime import UTC

import duckdb
import pandas as pd

from galcore.labels.admission import require_open
from galcore.labels.records import LONGEST_TEXT, now_utc
from galcore.types import Campaign, GalcoreError, ThreadEvent, ThreadKind

_INSERT = "INSERT INTO thread_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_READ = """
SELECT seq, event_id, galaxy_id, annotator, kind, text, message_id, created_at FROM thread_events
WHERE campaign_id = $campaign_id AND ($galaxy_id IS NULL OR galaxy_id = $galaxy_id) ORDER BY seq
"""
_MESSAGE = """
SELECT galaxy_id, annotator FROM thread_events WHERE event_id = ? AND campaign_id = ? AND kind = 'write'
"""
_STORED = "SELECT 1 FROM thread_events WHERE event_id = ? AND campaign_id = ?"
_WITHDRAWN = "SELECT 1 FROM thread_events WHERE message_id = ? AND campaign_id = ? AND kind = 'withdraw'"


def validate_thread_event(event: ThreadEvent) -> None:
    """Check what can be checked without the store.

    Raises:
        GalcoreError: If a field that the event needs is empty, or its text is too long or no Unicode text.
    """
    for name in ("event_id", "campaign_id", "galaxy_id", "annotator"):
        if not getattr(event, name).strip():
            raise GalcoreError(f"A message has an empty {name}: every message needs one.")
    if event.kind != ThreadKind.WITHDRAW and not event.text.strip():
        raise GalcoreError("The message is empty: write something, or withdraw it.")
    if event.kind != ThreadKind.WRITE and not event.message_id:
        raise GalcoreError(f"Event {event.event_id} does not say which message it is about: give message_id.")
    if len(event.text) > LONGEST_TEXT:
        raise GalcoreError(f"The message has {len(event.text)} characters: at most {LONGEST_TEXT} are kept.")
    try:
        "".join((event.event_id, event.galaxy_id, event.annotator, event.text)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise GalcoreError(f"The message is not valid Unicode text ({error.reason}).") from error


def insert_thread_event(
    cursor: duckdb.DuckDBPyConnection, campaign: Campaign, event: ThreadEvent, seq: int
) -> int:
    """Store one event; 0 if it is stored already, else 1. A paused campaign goes on being discussed.

    Raises:
        CampaignNotOpenError: If the campaign is a draft or closed.
        GalcoreError: If a message is changed that is not there, is another person's, or was withdrawn.
    """
    if cursor.execute(_STORED, [event.event_id, event.campaign_id]).fetchall():
        return 0
    if campaign.state != "paused":
        require_open(campaign)
    if event.kind != ThreadKind.WRITE:
        _require_own(cursor, event)
    moment = event.created_at
    if moment is not None and moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    row = [seq, event.event_id, event.campaign_id, event.galaxy_id, event.annotator, str(event.kind)]
    cursor.execute(_INSERT, [*row, event.text, event.message_id, moment or now_utc()])
    return 1


def read_thread(
    cursor: duckdb.DuckDBPyConnection, campaign_id: str, galaxy_id: str | None = None
) -> pd.DataFrame:
    """Events of the discussions of a campaign, or of one galaxy in it, in the order of arrival."""
    frame = cursor.execute(_READ, {"campaign_id": campaign_id, "galaxy_id": galaxy_id}).df()
    frame["created_at"] = frame["created_at"].dt.tz_localize("UTC")
    return frame


def _require_own(cursor: duckdb.DuckDBPyConnection, event: ThreadEvent) -> None:
    named = [event.message_id, event.campaign_id]
    written = cursor.execute(_MESSAGE, named).fetchall()
    if not written:
        raise GalcoreError("That message is not there: load the page again.")
    if written[0] != (event.galaxy_id, event.annotator):
        raise GalcoreError("Only the person who wrote a message can change it.")
    if cursor.execute(_WITHDRAWN, named).fetchall():
        raise GalcoreError("That message was withdrawn: write a new one.")
