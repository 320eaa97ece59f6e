"""The label store: events in, current state out; one writer thread, a cursor for each read.

Rules of the state (ordered by the store's own sequence number, never by a client's clock):

- the last label of a person about a galaxy is their answer; correcting is labelling again;
- an undo takes back the event it names, so the answer before it (if any) stands again;
- a skip or a flag is no answer and takes none back, but the galaxy counts as seen.
"""

from __future__ import annotations

import atexit
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from galcore.labels import grids, queries
from galcore.labels.cache import FrameCache
from galcore.labels.campaigns import insert_campaign, insert_changed_campaign
from galcore.labels.ledger import Ledger
from galcore.labels.parquet import write_backup
from galcore.labels.records import RecordedGrid, validate_event
from galcore.labels.schema import connect, migrate
from galcore.labels.snapshot import Snapshotter, write_snapshot
from galcore.labels.writer import Writer
from galcore.types import Campaign, GalcoreError, Grid, LabelEvent

_open_stores: dict[Path, LabelStore | None] = {}  # None: being opened
_open_stores_door = threading.Lock()


@atexit.register
def _close_all() -> None:
    """A process that ends in the ordinary way leaves a closed file and the last snapshot behind."""
    for store in list(_open_stores.values()):
        if store is not None:
            store.close()


class LabelStore:
    """Labels of one workspace; open it once per process with :meth:`open`. Every method is thread-safe."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self.path = path
        self._connection = connection  # only to make cursors from; never queried by itself
        self._door = threading.Lock()
        self._version = 0
        self._present: dict[tuple[str, str], float] = {}
        self._snapshotter: Snapshotter | None = None
        self._closed = False
        self._campaigns_changed = 0
        self._cache = FrameCache(size=16)
        self._ledger = Ledger(connection)
        self._writer = Writer(connection.cursor(), label=str(path), on_end=self._settle)

    @classmethod
    def open(cls, path: Path) -> LabelStore:
        """Open or create the file and bring it to the newest layout.

        Raises:
            GalcoreError: If it is open already (here or in another process), is not a label file, or was
                written by a newer Galcore.
        """
        path = Path(path).resolve()
        with _open_stores_door:
            if path in _open_stores:
                raise GalcoreError(f"{path} is open already in this process: use that LabelStore.")
            _open_stores[path] = None
        try:
            store = cls(_connect(path), path)
        except BaseException:
            with _open_stores_door:
                _open_stores.pop(path, None)
            raise
        with _open_stores_door:
            _open_stores[path] = store
        return store

    def close(self) -> None:
        """Store what is queued, write the last snapshot, release the file; calling it again does nothing."""
        self._writer.close()
        if self._snapshotter is not None:
            self._snapshotter.close()
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._connection.close()
        with _open_stores_door:
            _open_stores.pop(self.path, None)

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
        return self._change_campaigns(lambda cursor: insert_campaign(cursor, campaign))

    def update_campaign(self, campaign: Campaign) -> Campaign:
        """Store changed settings as a new version; labels keep the version they were given under.

        Raises:
            GalcoreError: If there is no such campaign, a field is wrong, or an answer with labels is missing.
        """
        return self._change_campaigns(lambda cursor: insert_changed_campaign(cursor, campaign))

    def _change_campaigns(self, change: Callable[[duckdb.DuckDBPyConnection], Campaign]) -> Campaign:
        stored = self._writer.write(change)
        with self._door:
            self._campaigns_changed += 1
        return stored

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
        events = tuple(events)
        for event in events:
            validate_event(event)
        if not events:
            return 0
        return self._writer.write(lambda cursor: self._ledger.insert_events(cursor, events))

    def current(self, campaign_id: str) -> pd.DataFrame:
        """Last standing answer per galaxy and annotator.

        Returns:
            Columns ``galaxy_id, annotator, answer, explicit, reason, score, model_version, grid_id, round,
            display, event_id, created_at`` (UTC) and ``seq``, in the order the answers arrived.
        """
        return self._kept("current", queries.read_current, campaign_id)

    def votes(self, campaign_id: str) -> pd.DataFrame:
        """One row a galaxy that has an answer, by ``galaxy_id``.

        Returns:
            Columns ``galaxy_id``, ``votes_<answer>`` and ``explicit_<answer>`` for each answer,
            ``n_annotators``, ``majority`` (empty where the leading answers tie) and ``agreement`` (share of
            the leading answer, 0-1).
        """
        return self._kept("votes", queries.read_votes, campaign_id)

    def history(self, campaign_id: str, galaxy_id: str | None = None, *, after_seq: int = 0) -> pd.DataFrame:
        """Every event in order of arrival, with a column ``undone``.

        Args:
            campaign_id: Campaign they belong to.
            galaxy_id: Only those about this galaxy.
            after_seq: Only those that came after this one, for a reader that keeps what it has read; an undo
                among them may take back an event before it.
        """
        with self._reading() as cursor:
            return queries.read_history(cursor, campaign_id, galaxy_id, after_seq=after_seq)

    def last_seq(self, campaign_id: str) -> int:
        """Sequence number of the campaign's last event, 0 without one: a key for caches of its labels."""
        return self._ledger.last_seq(campaign_id)

    def seen(self, campaign_id: str, annotator: str) -> set[str]:
        """Galaxies this person answered, skipped or flagged and did not take back."""
        with self._reading() as cursor:
            return queries.read_seen(cursor, campaign_id, annotator)

    def people(self, campaign_id: str) -> pd.DataFrame:
        """One row a person, most answers first.

        Returns:
            Columns ``annotator, n_answers, n_explicit, n_skipped, n_undone, n_grids, first_at, last_at``
            (UTC) and ``labels_per_hour`` of active time (breaks of more than 5 minutes left out; NaN where
            no time is known).
        """
        with self._reading() as cursor:
            return queries.read_people(cursor, campaign_id)

    # grids

    def record_grid(self, grid: Grid) -> None:
        """Store what a person is about to be shown and why; the same ``grid_id`` again is a no-op."""
        self._writer.write(lambda cursor: self._ledger.insert_grid(cursor, grid))

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
            return grids.read_grids(cursor, campaign_id, annotator, submitted=submitted, limit=limit)

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

    # copies

    def snapshot(self, folder: Path) -> None:
        """Write the Parquet copy that other processes read (:class:`SnapshotLabels`), swapped in whole."""
        with self._reading() as cursor:
            write_snapshot(cursor, Path(folder))

    def auto_snapshot(self, folder: Path, every_s: float = 5) -> None:
        """From now on refresh the snapshot after commits, at most every ``every_s``, on its own thread."""
        if self._snapshotter is not None:
            self._snapshotter.close()
        self._snapshotter = Snapshotter(lambda: self.snapshot(folder), every_s=every_s)
        self._snapshotter.notify()

    def backup(self, folder: Path) -> Path:
        """Write a dated copy into ``folder`` and return its path; ``restore_backup`` brings it back."""
        with self._reading() as cursor:
            return write_backup(cursor, Path(folder))

    # inside

    def _kept(
        self,
        name: str,
        read: Callable[[duckdb.DuckDBPyConnection, str], pd.DataFrame],
        campaign_id: str,
    ) -> pd.DataFrame:
        def read_now() -> pd.DataFrame:
            with self._reading() as cursor:
                return read(cursor, campaign_id)

        key = (self._campaigns_changed, self._ledger.last_seq(campaign_id))
        return self._cache.get((name, campaign_id), key=key, read=read_now)

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

    def _settle(self, committed: bool) -> None:
        self._ledger.settle(committed=committed)
        if committed:
            self._version += 1
            if self._snapshotter is not None:
                self._snapshotter.notify()


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = connect(path)
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
    return (
        f"{path} cannot be opened as a label file: {message}. "
        "`python -m galcore labels check WORKSPACE --quarantine` moves it aside; then "
        "`python -m galcore labels restore BACKUP WORKSPACE`."
    )
