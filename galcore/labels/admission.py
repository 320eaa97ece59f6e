"""What a campaign takes: its state and its answers, checked at the write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import duckdb
import pandas as pd

from galcore.labels.records import now_utc
from galcore.questions import check_answer
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent, Reason

_HOW_TO_OPEN = {
    "draft": "is a draft: open it, then label in it",
    "paused": "is paused: whoever runs it can let it go on",
    "closed": "is closed: reopen it to label in it",
}
_SHOWN = """
SELECT grid_id FROM grids
WHERE campaign_id = ? AND annotator = ? AND list_contains(?::VARCHAR[], grid_id)
"""
_LATE = "SELECT event FROM late_events WHERE campaign_id = ? ORDER BY rowid"


class CampaignNotOpenError(GalcoreError):
    """The campaign takes no labels now."""


def require_open(campaign: Campaign) -> None:
    """Only an open campaign takes labels and gives galaxies out.

    Raises:
        CampaignNotOpenError: If it is a draft, paused or closed.
    """
    if campaign.state != "open":
        raise CampaignNotOpenError(f"Campaign {campaign.name!r} {_HOW_TO_OPEN[campaign.state]}.")


def check_events(campaign: Campaign, events: Sequence[LabelEvent]) -> None:
    """Check what is said against the campaign. While it is paused its review goes on: comments, decisions.

    Raises:
        CampaignNotOpenError: If the campaign takes no labels now.
        GalcoreError: If a question is not asked or an answer is none of its answers.
    """
    review = campaign.state == "paused" and all(
        event.kind == EventKind.FLAG or event.reason == Reason.ADJUDICATION for event in events
    )
    if not review:
        require_open(campaign)
    for event in events:
        if event.kind == EventKind.LABEL:
            check_answer(campaign, event.question, event.answer)


def set_aside(cursor: duckdb.DuckDBPyConnection, events: Sequence[LabelEvent]) -> int:
    """Keep answers to grids that were shown to their person; returns how many are kept now.

    Such grids were given out while the campaign was open, so what is said about them is never thrown away.
    """
    known = {row[0] for row in cursor.execute("SELECT event_id FROM late_events").fetchall()}
    kept = 0
    for campaign_id, annotator in dict.fromkeys((event.campaign_id, event.annotator) for event in events):
        mine = [event for event in events if (event.campaign_id, event.annotator) == (campaign_id, annotator)]
        asked = [campaign_id, annotator, [event.grid_id for event in mine]]
        shown = {row[0] for row in cursor.execute(_SHOWN, asked).fetchall()}
        for event in (event for event in mine if event.grid_id in shown):
            kept += 1
            if event.event_id not in known:
                text = json.dumps(asdict(event) | {"created_at": None}, ensure_ascii=False)
                row = [event.event_id, campaign_id, annotator, text, now_utc()]
                cursor.execute("INSERT INTO late_events VALUES (?, ?, ?, ?, ?)", row)
                known.add(event.event_id)
    return kept


def read_late(cursor: duckdb.DuckDBPyConnection, campaign_id: str) -> list[LabelEvent]:
    """Answers that were set aside, in the order in which they arrived."""
    rows = cursor.execute(_LATE, [campaign_id]).fetchall()
    return [_event_from_json(text) for (text,) in rows]


def read_late_table(cursor: duckdb.DuckDBPyConnection, campaign_id: str) -> pd.DataFrame:
    """The same, to be looked at."""
    sql = (
        "SELECT event_id, annotator, event, arrived_at FROM late_events WHERE campaign_id = ? ORDER BY rowid"
    )
    frame = cursor.execute(sql, [campaign_id]).df()
    events = [_event_from_json(text) for text in frame.pop("event")]
    frame.insert(2, "galaxy_id", [event.galaxy_id for event in events])
    frame.insert(3, "answer", [event.answer for event in events])
    frame["arrived_at"] = frame["arrived_at"].dt.tz_localize("UTC")
    return frame


def drop_late(cursor: duckdb.DuckDBPyConnection, event_ids: Sequence[str]) -> None:
    """Forget answers that were set aside, because they are stored as events now."""
    cursor.execute("DELETE FROM late_events WHERE list_contains(?::VARCHAR[], event_id)", [list(event_ids)])


def fitting(campaign: Campaign, events: Sequence[LabelEvent]) -> list[LabelEvent]:
    """Events that the campaign takes as it stands now; the others stay aside."""
    taken = []
    for event in events:
        try:
            check_events(campaign, [event])
        except GalcoreError:
            continue
        taken.append(event)
    return taken


def _event_from_json(text: str) -> LabelEvent:
    fields = json.loads(text)
    return LabelEvent(**fields | {"kind": EventKind(fields["kind"]), "reason": Reason(fields["reason"])})
