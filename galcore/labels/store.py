"""The label store: events in, current state out; one writer thread, a cursor for each read.

Rules of the state (ordered by the store's own sequence number, never by a client's clock):

- the last label of a person about a galaxy is their answer; correcting is labelling again;
- an undo takes back the event it names, so the answer before it (if any) stands again;
- a skip or a flag is no answer and takes none back, but the galaxy counts as seen.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from galcore.labels import queries
from galcore.labels.records import (
    EVENT_COLUMNS,
    RecordedGrid,
    as_utc,
    campaign_to_json,
    event_columns,
    now_utc,
    validate_campaign,
    validate_event,
)
from galcore.labels.schema import migrate
from galcore.labels.writer import Writer
from galcore.types import Campaign, EventKind, GalcoreError, Grid, LabelEvent

# Readable by DuckDB 1.4 (its long-term release) and later, so that people can look into the file themselves.
STORAGE_VERSION = "v1.4.0"

_INSERT_EVENTS = "INSERT INTO label_events SELECT " + ", ".join(
    f"unnest(?::{kind}[])" for _, kind in EVENT_COLUMNS
)
_INSERT_ITEMS = (
    "INSERT INTO grid_items SELECT ?, unnest(?::INTEGER[]), unnest(?::VARCHAR[]), "
    "unnest(?::VARCHAR[]), unnest(?::DOUBLE[])"
)

_open_paths: set[Path] = set()
_open_paths_door = threading.Lock()


class LabelStore:
    """Labels of one workspace; open it once per process with :meth:`open`. Every method is thread-safe."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.path = path
        self._connection = connection  # only to make cursors from; never queried by itself
        self._door = threading.Lock()
        self._version = 0
        self._present: dict[tuple[str, str], float] = {}
        self._closed = False
        row = connection.execute(
            "SELECT greatest((SELECT max(seq) FROM label_events), (SELECT max(seq) FROM grids), 0)"
        ).fetchone()
        self._next_seq = int(row[0]) + 1 if row else 1  # used by the writer thread only
        self._writer = Writer(connection.cursor(), label=str(path), on_commit=self._count_commit)

    @classmethod
    def open(cls, path: Path) -> LabelStore:
        """Open or create the file and bring it to the newest layout.

        Raises:
            GalcoreError: If it is open already (here or in another process), is not a label file, or was
                written by a newer Galcore.
        """
        path = Path(path).resolve()
        with _open_paths_door:
            if path in _open_paths:
                raise GalcoreError(
                    f"{path} is open already in this process: use that LabelStore, or close it."
                )
            _open_paths.add(path)
        try:
            return cls(_connect(path), path)
        except BaseException:
            with _open_paths_door:
                _open_paths.discard(path)
            raise

    def close(self) -> None:
        """Store what is queued and release the file; calling it again does nothing."""
        self._writer.close()
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._connection.close()
        with _open_paths_door:
            _open_paths.discard(self.path)

    def __enter__(self) -> LabelStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def version(self) -> int:
        """A number that grows with each commit of this process: a key for caches."""
        return self._version

    # campaigns

    def create_campaign(self, campaign: Campaign) -> Campaign:
        """Store a new campaign; returns it as stored (trimmed, with its time of creation).

        Raises:
            GalcoreError: If a field is wrong, or its id or name is taken.
        """
        checked = validate_campaign(campaign)
        campaign = replace(checked, created_at=checked.created_at or as_utc(now_utc()))

        def create(cursor: duckdb.DuckDBPyConnection) -> None:
            others = queries.read_campaigns(cursor)
            if any(other.campaign_id == campaign.campaign_id for other in others):
                raise GalcoreError(f"There is a campaign {campaign.campaign_id!r} already: update that one.")
            _insert_campaign(cursor, campaign, version=1, others=others)

        self._writer.write(create)
        return campaign

    def update_campaign(self, campaign: Campaign) -> Campaign:
        """Store changed settings as a new version; labels keep the version they were given under.

        Raises:
            GalcoreError: If there is no such campaign, a field is wrong, or an answer with labels is missing.
        """
        checked = validate_campaign(campaign)

        def update(cursor: duckdb.DuckDBPyConnection) -> Campaign:
            before, version = queries.read_campaign(cursor, checked.campaign_id)
            changed = replace(checked, created_at=before.created_at)
            if changed == before:
                return before
            _require_answers(cursor, changed)
            _insert_campaign(cursor, changed, version=version + 1, others=queries.read_campaigns(cursor))
            return changed

        return self._writer.write(update)

    def campaigns(self) -> tuple[Campaign, ...]:
        """Every campaign, open or closed, oldest first."""
        with self._reading() as cursor:
            return queries.read_campaigns(cursor)

    def campaign(self, campaign_id: str) -> Campaign:
        """One campaign; GalcoreError if there is none of that id."""
        with self._reading() as cursor:
            return queries.read_campaign(cursor, campaign_id)[0]

    # events

    def append(self, events: Sequence[LabelEvent]) -> int:
        """Store events, all or none, and return how many were new, after they are on disk.

        An event whose ``event_id`` is stored already is passed over: sending again is always safe.

        Raises:
            GalcoreError: If an event is incomplete, its campaign is unknown or closed, or its answer is not
                one of the campaign's.
            LabelWriteError: If the disk refuses (also an ``OSError``).
        """
        distinct = list({event.event_id: event for event in reversed(events)}.values())[::-1]
        for event in distinct:
            validate_event(event)
        if not distinct:
            return 0
        return self._writer.write(lambda cursor: self._insert_events(cursor, distinct))

    def _insert_events(self, cursor: duckdb.DuckDBPyConnection, events: list[LabelEvent]) -> int:
        stored = cursor.execute(
            "SELECT event_id FROM label_events WHERE event_id IN (SELECT unnest(?::VARCHAR[]))",
            [[event.event_id for event in events]],
        ).fetchall()
        known = {event_id for (event_id,) in stored}
        fresh = [event for event in events if event.event_id not in known]
        if not fresh:
            return 0
        versions = {}
        for campaign_id in {event.campaign_id for event in fresh}:
            campaign, versions[campaign_id] = queries.read_campaign(cursor, campaign_id)
            _require_open(campaign, [event for event in fresh if event.campaign_id == campaign_id])
        columns = event_columns(
            fresh, first_seq=self._take_seq(len(fresh)), campaign_versions=versions, created_at=now_utc()
        )
        cursor.execute(_INSERT_EVENTS, columns)
        return len(fresh)

    def current(self, campaign_id: str) -> pd.DataFrame:
        """Last standing answer per galaxy and annotator.

        Returns:
            Columns ``galaxy_id, annotator, answer, explicit, reason, score, model_version, grid_id, round,
            display, event_id, created_at`` (UTC) and ``seq``, in the order the answers arrived.
        """
        with self._reading() as cursor:
            return queries.read_current(cursor, campaign_id)

    def votes(self, campaign_id: str) -> pd.DataFrame:
        """One row a galaxy that has an answer.

        Returns:
            Columns ``galaxy_id``, ``votes_<answer>`` and ``explicit_<answer>`` for each answer,
            ``n_annotators``, ``majority`` (empty where the leading answers tie) and ``agreement`` (share of
            the leading answer, 0-1).
        """
        with self._reading() as cursor:
            return queries.read_votes(cursor, campaign_id)

    def history(self, campaign_id: str, galaxy_id: str | None = None) -> pd.DataFrame:
        """Every event in order of arrival, with a column ``undone``."""
        with self._reading() as cursor:
            return queries.read_history(cursor, campaign_id, galaxy_id)

    def seen(self, campaign_id: str, annotator: str) -> set[str]:
        """Galaxies this person answered, skipped or flagged and did not take back."""
        with self._reading() as cursor:
            return queries.read_seen(cursor, campaign_id, annotator)

    # grids

    def record_grid(self, grid: Grid) -> None:
        """Store what a person is about to be shown and why; the same ``grid_id`` again is a no-op."""
        self._writer.write(lambda cursor: self._insert_grid(cursor, grid))

    def _insert_grid(self, cursor: duckdb.DuckDBPyConnection, grid: Grid) -> None:
        queries.read_campaign(cursor, grid.campaign_id)
        if cursor.execute("SELECT 1 FROM grids WHERE grid_id = ?", [grid.grid_id]).fetchone():
            return
        cursor.execute(
            "INSERT INTO grids VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                self._take_seq(1),
                grid.grid_id,
                grid.campaign_id,
                grid.annotator,
                grid.round,
                grid.model_version,
                now_utc(),
            ],
        )
        items = grid.items
        cursor.execute(
            _INSERT_ITEMS,
            [
                grid.grid_id,
                list(range(len(items))),
                [item.galaxy_id for item in items],
                [str(item.reason) for item in items],
                [item.score for item in items],
            ],
        )

    def grids(
        self, campaign_id: str, annotator: str, *, submitted: bool | None = None, limit: int = 10
    ) -> tuple[RecordedGrid, ...]:
        """The last grids composed for a person, newest first.

        Args:
            campaign_id: Campaign they belong to.
            annotator: Person they were composed for.
            submitted: Only submitted (True) or only waiting (False) ones; both if ``None``.
            limit: At most so many.
        """
        with self._reading() as cursor:
            return queries.read_grids(cursor, campaign_id, annotator, submitted=submitted, limit=limit)

    # who is here: kept in memory, since it is of no use after a minute

    def touch(self, campaign_id: str, annotator: str) -> None:
        """Note that a person is at work on a campaign now."""
        with self._door:
            self._present[campaign_id, annotator] = time.monotonic()

    def present(self, campaign_id: str, within_s: float = 60) -> tuple[str, ...]:
        """People who touched the campaign within the last seconds, by name."""
        since = time.monotonic() - within_s
        with self._door:
            here = [who for (where, who), at in self._present.items() if where == campaign_id and at >= since]
        return tuple(sorted(here))

    # inside

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one read: a connection shared by threads raises, a cursor of one's own does not."""
        with self._door:
            if self._closed:
                raise GalcoreError(f"The label store {self.path} is closed: open the workspace again.")
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _take_seq(self, count: int) -> int:
        first, self._next_seq = self._next_seq, self._next_seq + count
        return first

    def _count_commit(self) -> None:
        self._version += 1


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE_VERSION})
    except duckdb.Error as error:
        raise GalcoreError(_why_not_open(path, str(error))) from error
    try:
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _why_not_open(path: Path, message: str) -> str:
    if "lock" in message:
        holder = re.search(r"PID (\d+)", message)
        who = f"process {holder.group(1)}" if holder else "another process"
        return (
            f"{path} is in use by {who}: labels can be opened by one Galcore at a time. Stop that one, "
            "or read the copy in labels.snapshot."
        )
    return f"{path} cannot be opened as a label file: {message}. Restore it from a backup, or move it away."


def _insert_campaign(
    cursor: duckdb.DuckDBPyConnection, campaign: Campaign, *, version: int, others: Sequence[Campaign]
) -> None:
    for other in others:
        if other.campaign_id != campaign.campaign_id and other.name.casefold() == campaign.name.casefold():
            raise GalcoreError(f"There is a campaign named {other.name!r} already: choose another name.")
    cursor.execute(
        "INSERT INTO campaign_versions VALUES (?, ?, ?, ?, ?)",
        [campaign.campaign_id, version, campaign.name, campaign_to_json(campaign), now_utc()],
    )


def _require_answers(cursor: duckdb.DuckDBPyConnection, campaign: Campaign) -> None:
    rows = cursor.execute(
        "SELECT answer, sum(n_votes)::INTEGER FROM votes WHERE campaign_id = ? GROUP BY answer",
        [campaign.campaign_id],
    ).fetchall()
    for answer, count in rows:
        if answer not in campaign.answers:
            raise GalcoreError(
                f"Campaign {campaign.name!r}: {count} labels say {answer!r}, so that answer has to stay."
            )


def _require_open(campaign: Campaign, events: Sequence[LabelEvent]) -> None:
    if campaign.state == "closed":
        raise GalcoreError(f"Campaign {campaign.name!r} is closed: reopen it to label in it.")
    for event in events:
        if event.kind == EventKind.LABEL and event.answer not in campaign.answers:
            raise GalcoreError(
                f"{event.answer!r} is not an answer of campaign {campaign.name!r}: "
                f"use one of {', '.join(campaign.answers)}."
            )
