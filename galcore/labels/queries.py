"""Questions to the label tables, the same for the live store and for a snapshot of it.

Every function takes a cursor of its own and the values as parameters.
"""

from __future__ import annotations

from collections import defaultdict

import duckdb
import pandas as pd

from galcore.labels.records import RecordedGrid, as_utc, campaign_from_json
from galcore.types import Campaign, GalcoreError, Grid, Reason, ShownItem

Cursor = duckdb.DuckDBPyConnection

_NEWEST_CAMPAIGNS = """
SELECT arg_max(settings, version) AS settings, max(version) AS version
FROM campaign_versions GROUP BY campaign_id ORDER BY min(changed_at), campaign_id
"""

_CURRENT = """
SELECT galaxy_id, annotator, answer, explicit, reason, score, model_version, grid_id, round,
       display, event_id, created_at, seq
FROM current_answers WHERE campaign_id = ? ORDER BY seq
"""

_HISTORY = """
SELECT e.*, e.kind <> 'undo' AND s.seq IS NULL AS undone
FROM label_events e
LEFT JOIN standing_events s ON s.seq = e.seq
WHERE e.campaign_id = $campaign_id AND ($galaxy_id IS NULL OR e.galaxy_id = $galaxy_id)
ORDER BY e.seq
"""

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
SELECT galaxy_id, answer, event_id FROM current_answers
WHERE campaign_id = $campaign_id AND annotator = $annotator
  AND galaxy_id IN (SELECT unnest($galaxy_ids::VARCHAR[]))
"""

_GRID_SKIPS = """
SELECT grid_id, galaxy_id, arg_max(event_id, seq) FROM standing_events
WHERE campaign_id = $campaign_id AND annotator = $annotator AND kind = 'skip'
  AND grid_id IN (SELECT unnest($grid_ids::VARCHAR[]))
GROUP BY grid_id, galaxy_id
"""


def read_campaigns(cursor: Cursor) -> tuple[Campaign, ...]:
    """Campaigns in force, oldest first."""
    return tuple(campaign_from_json(settings) for settings, _ in cursor.execute(_NEWEST_CAMPAIGNS).fetchall())


def read_campaign(cursor: Cursor, campaign_id: str) -> tuple[Campaign, int]:
    """One campaign and the version of its settings.

    Raises:
        GalcoreError: If there is none of that id.
    """
    row = cursor.execute(
        "SELECT settings, version FROM campaign_versions WHERE campaign_id = ? ORDER BY version DESC LIMIT 1",
        [campaign_id],
    ).fetchone()
    if row is None:
        raise GalcoreError(
            f"There is no campaign {campaign_id!r} here: pick one from the list, or create it."
        )
    return campaign_from_json(row[0]), int(row[1])


def read_current(cursor: Cursor, campaign_id: str) -> pd.DataFrame:
    """Last standing answer per galaxy and annotator."""
    return _frame(cursor.execute(_CURRENT, [campaign_id]))


def read_votes(cursor: Cursor, campaign_id: str) -> pd.DataFrame:
    """One row a galaxy: votes and explicit votes per answer, majority and agreement."""
    campaign, _ = read_campaign(cursor, campaign_id)
    given = cursor.execute(
        "SELECT DISTINCT answer FROM votes WHERE campaign_id = ? ORDER BY answer", [campaign_id]
    ).fetchall()
    answers = [*campaign.answers, *(answer for (answer,) in given if answer not in campaign.answers)]
    counts = ", ".join(
        f"coalesce(sum({column}) FILTER (WHERE answer = ${index + 2}), 0)::INTEGER AS {column}_{index}"
        for column in ("n_votes", "n_explicit")
        for index in range(len(answers))
    )
    sql = f"""
        SELECT galaxy_id, {counts}, sum(n_votes)::INTEGER AS n_annotators,
               CASE WHEN count(*) FILTER (WHERE n_votes = top) = 1
                    THEN max(answer) FILTER (WHERE n_votes = top) ELSE '' END AS majority,
               max(n_votes) / sum(n_votes) AS agreement
        FROM (SELECT *, max(n_votes) OVER (PARTITION BY galaxy_id) AS top FROM votes WHERE campaign_id = $1)
        GROUP BY galaxy_id ORDER BY galaxy_id
    """  # only our own column names and numbers are put into the text; answers are parameters
    frame = _frame(cursor.execute(sql, [campaign_id, *answers]))
    names = {f"n_votes_{index}": f"votes_{answer}" for index, answer in enumerate(answers)}
    names |= {f"n_explicit_{index}": f"explicit_{answer}" for index, answer in enumerate(answers)}
    return frame.rename(columns=names)


def read_history(cursor: Cursor, campaign_id: str, galaxy_id: str | None = None) -> pd.DataFrame:
    """Every event in the order of arrival, with ``undone`` where a later (or earlier) undo names it."""
    return _frame(cursor.execute(_HISTORY, {"campaign_id": campaign_id, "galaxy_id": galaxy_id}))


def read_seen(cursor: Cursor, campaign_id: str, annotator: str) -> set[str]:
    """Galaxies this person has answered, skipped or flagged, and not taken back."""
    rows = cursor.execute(
        "SELECT DISTINCT galaxy_id FROM standing_events WHERE campaign_id = ? AND annotator = ?",
        [campaign_id, annotator],
    ).fetchall()
    return {galaxy_id for (galaxy_id,) in rows}


def read_grids(
    cursor: Cursor, campaign_id: str, annotator: str, *, submitted: bool | None, limit: int
) -> tuple[RecordedGrid, ...]:
    """Recorded grids of one person, the last composed first."""
    person = {"campaign_id": campaign_id, "annotator": annotator}
    rows = cursor.execute(_GRIDS, {**person, "submitted": submitted, "limit": limit}).fetchall()
    grid_ids = [row[0] for row in rows]
    items: dict[str, list[ShownItem]] = defaultdict(list)
    for grid_id, galaxy_id, reason, score in cursor.execute(_GRID_ITEMS, {"grid_ids": grid_ids}).fetchall():
        items[grid_id].append(ShownItem(galaxy_id, Reason(reason), score))
    galaxy_ids = [item.galaxy_id for shown in items.values() for item in shown]
    answers = {
        galaxy_id: (answer, event_id)
        for galaxy_id, answer, event_id in cursor.execute(
            _GRID_ANSWERS, {**person, "galaxy_ids": galaxy_ids}
        ).fetchall()
    }
    skips: dict[str, dict[str, str]] = defaultdict(dict)
    for grid_id, galaxy_id, event_id in cursor.execute(
        _GRID_SKIPS, {**person, "grid_ids": grid_ids}
    ).fetchall():
        skips[grid_id][galaxy_id] = event_id
    recorded = []
    for grid_id, round_number, model_version, shown_at, submitted_at in rows:
        grid = Grid(grid_id, campaign_id, annotator, round_number, tuple(items[grid_id]), model_version)
        here = {item.galaxy_id: answers[item.galaxy_id] for item in grid.items if item.galaxy_id in answers}
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


def _frame(result: Cursor) -> pd.DataFrame:
    frame = result.df()
    for column in ("created_at", "first_at", "last_at"):
        if column in frame:
            frame[column] = frame[column].dt.tz_localize("UTC")
    return frame
