"""Grids as they were shown, with what their person says about them now."""

from __future__ import annotations

from collections import defaultdict

import duckdb

from galcore.labels.records import RecordedGrid, as_utc
from galcore.types import Grid, Reason, ShownItem

Cursor = duckdb.DuckDBPyConnection

_GRIDS = """
WITH submissions AS (
    SELECT grid_id, min(created_at) AS submitted_at, max(seq) AS submitted_seq
    FROM standing_events
    WHERE campaign_id = $campaign_id AND annotator = $annotator AND kind IN ('label', 'skip')
      AND grid_id <> ''
    GROUP BY grid_id
)
SELECT g.grid_id, g.round, g.model_version, g.created_at, s.submitted_at
FROM grids g LEFT JOIN submissions s ON s.grid_id = g.grid_id
WHERE g.campaign_id = $campaign_id AND g.annotator = $annotator
  AND ($submitted IS NULL OR (s.grid_id IS NOT NULL) = $submitted)
ORDER BY g.seq DESC LIMIT $limit
"""

_GRID_ITEMS = """
SELECT grid_id, galaxy_id, reason, score FROM grid_items
WHERE grid_id IN (SELECT unnest($grid_ids::VARCHAR[])) ORDER BY grid_id, position
"""

_GRID_ANSWERS = """
SELECT galaxy_id, CASE reason WHEN 'reask' THEN grid_id ELSE '' END AS asked_again_in,
    arg_max(answer, seq), arg_max(event_id, seq)
FROM standing_events
WHERE campaign_id = $campaign_id AND annotator = $annotator AND kind = 'label'
  AND galaxy_id IN (SELECT unnest($galaxy_ids::VARCHAR[]))
GROUP BY galaxy_id, asked_again_in
"""

_GRID_SKIPS = """
SELECT grid_id, galaxy_id, arg_max(event_id, seq) FROM standing_events
WHERE campaign_id = $campaign_id AND annotator = $annotator AND kind = 'skip'
  AND grid_id IN (SELECT unnest($grid_ids::VARCHAR[]))
GROUP BY grid_id, galaxy_id
"""


def read_grids(
    cursor: Cursor, campaign_id: str, annotator: str, *, submitted: bool | None, limit: int
) -> tuple[RecordedGrid, ...]:
    """Recorded grids of one person, the last composed first; the answers are those that stand now."""
    person = {"campaign_id": campaign_id, "annotator": annotator}
    rows = cursor.execute(_GRIDS, {**person, "submitted": submitted, "limit": limit}).fetchall()
    grid_ids = [row[0] for row in rows]
    items = _items(cursor, grid_ids)
    answers = _answers(cursor, person, [item.galaxy_id for shown in items.values() for item in shown])
    skips = _skips(cursor, person, grid_ids)
    recorded = []
    for grid_id, round_number, model_version, shown_at, submitted_at in rows:
        grid = Grid(grid_id, campaign_id, annotator, round_number, tuple(items[grid_id]), model_version)
        asked = {item.galaxy_id: (item.galaxy_id, _asked_again_in(item, grid_id)) for item in grid.items}
        here = {galaxy_id: answers[key] for galaxy_id, key in asked.items() if key in answers}
        recorded.append(
            RecordedGrid(
                grid=grid,
                shown_at=as_utc(shown_at),
                submitted_at=as_utc(submitted_at) if submitted_at else None,
                answers={galaxy_id: answer for galaxy_id, (answer, _) in here.items()},
                event_ids={galaxy_id: event_id for galaxy_id, (_, event_id) in here.items()},
                skipped=skips[grid_id],
            )
        )
    return tuple(recorded)


def _items(cursor: Cursor, grid_ids: list[str]) -> dict[str, list[ShownItem]]:
    items: dict[str, list[ShownItem]] = defaultdict(list)
    for grid_id, galaxy_id, reason, score in cursor.execute(_GRID_ITEMS, {"grid_ids": grid_ids}).fetchall():
        items[grid_id].append(ShownItem(galaxy_id, Reason(reason), score))
    return items


def _answers(
    cursor: Cursor, person: dict[str, str], galaxy_ids: list[str]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Answer and event per galaxy and the grid that asked again (empty: asked for the first time)."""
    rows = cursor.execute(_GRID_ANSWERS, {**person, "galaxy_ids": galaxy_ids}).fetchall()
    return {(galaxy_id, again_in): (answer, event_id) for galaxy_id, again_in, answer, event_id in rows}


def _asked_again_in(item: ShownItem, grid_id: str) -> str:
    # The person must not see from the mark what they said the first time.
    return grid_id if item.reason is Reason.REASK else ""


def _skips(cursor: Cursor, person: dict[str, str], grid_ids: list[str]) -> dict[str, dict[str, str]]:
    skips: dict[str, dict[str, str]] = defaultdict(dict)
    rows = cursor.execute(_GRID_SKIPS, {**person, "grid_ids": grid_ids}).fetchall()
    for grid_id, galaxy_id, event_id in rows:
        skips[grid_id][galaxy_id] = event_id
    return skips
