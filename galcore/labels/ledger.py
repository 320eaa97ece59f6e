"""What the writer thread knows: which events are stored and the next sequence number.

Looking 16 ids up among 200,000 stored ones takes 8 ms by query and 2 µs in a set, at ~130 bytes an id.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from galcore.labels.queries import read_campaign
from galcore.labels.records import EVENT_COLUMNS, event_columns, finite, now_utc
from galcore.types import Campaign, EventKind, GalcoreError, Grid, LabelEvent

_INSERT_EVENTS = "INSERT INTO label_events SELECT " + ", ".join(
    f"unnest(?::{kind}[])" for _, kind in EVENT_COLUMNS
)
_INSERT_GRID = "INSERT INTO grids VALUES (?, ?, ?, ?, ?, ?, ?)"
_INSERT_ITEMS = (
    "INSERT INTO grid_items SELECT ?, unnest(?::INTEGER[]), unnest(?::VARCHAR[]), "
    "unnest(?::VARCHAR[]), unnest(?::DOUBLE[])"
)


class Ledger:
    """Inserts events and grids once each; the writer thread tells it how each transaction ended."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        (newest,) = connection.execute(
            "SELECT greatest((SELECT max(seq) FROM label_events), (SELECT max(seq) FROM grids), 0)"
        ).fetchall()
        self._next_seq = int(newest[0]) + 1
        self._events = _ids(connection, "SELECT event_id FROM label_events")
        self._grids = _ids(connection, "SELECT grid_id FROM grids")
        self._last_seq: dict[str, int] = dict(
            connection.execute(
                "SELECT campaign_id, max(seq) FROM label_events GROUP BY campaign_id"
            ).fetchall()
        )
        self._new_events: set[str] = set()
        self._new_grids: set[str] = set()
        self._new_last_seq: dict[str, int] = {}

    def last_seq(self, campaign_id: str) -> int:
        """Sequence number of the last committed event of a campaign, 0 without one; for any thread."""
        return self._last_seq.get(campaign_id, 0)

    def settle(self, *, committed: bool) -> None:
        """Remember what the transaction stored, or forget it; a gap in the sequence does no harm."""
        if committed:
            self._events |= self._new_events
            self._grids |= self._new_grids
            self._last_seq |= self._new_last_seq
        self._new_events = set()
        self._new_grids = set()
        self._new_last_seq = {}

    def insert_events(self, cursor: duckdb.DuckDBPyConnection, events: Sequence[LabelEvent]) -> int:
        """Store events that are not stored yet; returns their number.

        Raises:
            GalcoreError: If a campaign is unknown or closed, or an answer is not one of its answers.
        """
        fresh = {
            event.event_id: event
            for event in reversed(events)
            if event.event_id not in self._events and event.event_id not in self._new_events
        }
        if not fresh:
            return 0
        news = list(fresh.values())[::-1]
        versions = {}
        for campaign_id in {event.campaign_id for event in news}:
            campaign, versions[campaign_id] = read_campaign(cursor, campaign_id)
            _require_open(campaign, [event for event in news if event.campaign_id == campaign_id])
        first_seq = self._take(len(news))
        columns = event_columns(news, first_seq=first_seq, campaign_versions=versions, created_at=now_utc())
        cursor.execute(_INSERT_EVENTS, columns)
        self._new_last_seq |= {event.campaign_id: first_seq + row for row, event in enumerate(news)}
        self._new_events |= fresh.keys()
        return len(news)

    def insert_grid(self, cursor: duckdb.DuckDBPyConnection, grid: Grid) -> None:
        """Store a grid and its items, unless one of that id is stored."""
        if grid.grid_id in self._grids or grid.grid_id in self._new_grids:
            return
        read_campaign(cursor, grid.campaign_id)
        head = [grid.grid_id, grid.campaign_id, grid.annotator, grid.round, grid.model_version]
        cursor.execute(_INSERT_GRID, [self._take(1), *head, now_utc()])
        columns = [
            list(range(len(grid.items))),
            [item.galaxy_id for item in grid.items],
            [str(item.reason) for item in grid.items],
            [finite(item.score) for item in grid.items],
        ]
        cursor.execute(_INSERT_ITEMS, [grid.grid_id, *columns])
        self._new_grids.add(grid.grid_id)

    def _take(self, count: int) -> int:
        first, self._next_seq = self._next_seq, self._next_seq + count
        return first


def _ids(connection: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    return {value for (value,) in connection.execute(sql).fetchall()}


def _require_open(campaign: Campaign, events: Sequence[LabelEvent]) -> None:
    if campaign.state == "closed":
        raise GalcoreError(f"Campaign {campaign.name!r} is closed: reopen it to label in it.")
    for event in events:
        if event.kind == EventKind.LABEL and not event.question and event.answer not in campaign.answers:
            raise GalcoreError(
                f"{event.answer!r} is not an answer of campaign {campaign.name!r}: "
                f"use one of {', '.join(campaign.answers)}."
            )
