"""The label store: events in, current state out; one writer thread, a cursor for each read.

Rules of the state (ordered by the store's own sequence number, never by a client's clock):

- the last label of a person about a galaxy is their answer; correcting is labelling again;
- an undo takes back the event it names, so the answer before it (if any) stands again;
- a skip or a flag is no answer and takes none back, but the galaxy counts as seen;
- gold galaxies and those asked again measure a person: what is said about them is no answer either.

Who may be given a galaxy is decided in the writer thread too, see :mod:`galcore.labels.leases`.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb
import pandas as pd
from numpy.typing import NDArray

from galcore.labels import grids, queries
from galcore.labels.admission import CampaignNotOpenError, read_late_table, set_aside
from galcore.labels.cache import FrameCache
from galcore.labels.leases import LEASE_S, LeaseBook
from galcore.labels.ledger import Ledger
from galcore.labels.parquet import write_backup
from galcore.labels.records import RecordedGrid, validate_event
from galcore.labels.schema import connect, migrate, why_not_open
from galcore.labels.snapshot import Snapshotter, write_snapshot
from galcore.labels.tail import columns_of
from galcore.labels.threads import read_thread, validate_thread_event
from galcore.labels.writer import Writer
from galcore.types import Campaign, GalcoreError, Grid, LabelEvent, ThreadEvent

T = TypeVar("T")
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

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        path: Path,
        *,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self._connection = connection  # only to make cursors from; never queried by itself
        self._door = threading.Lock()
        self._version = 0
        self._present: dict[tuple[str, str], float] = {}
        self._snapshotter: Snapshotter | None = None
        self._closed = False
        self._campaigns_changed = 0
        self._campaigns_kept: tuple[int, tuple[Campaign, ...]] = (-1, ())
        self._cache = FrameCache(size=16)
        self._book = LeaseBook(connection, lease_s=lease_s, clock=clock)
        self._ledger = Ledger(connection, self._book)
        self._writer = Writer(connection.cursor(), label=str(path), on_end=self._settle)

    @classmethod
    def open(
        cls, path: Path, *, lease_s: float = LEASE_S, clock: Callable[[], float] = time.monotonic
    ) -> LabelStore:
        """Open or create the file and bring it to the newest layout.

        Args:
            path: The file.
            lease_s: A galaxy goes back so long after the last sign of the person it was given to.
            clock: Seconds that never go back, for the leases.

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
            store = cls(_connect(path), path, lease_s=lease_s, clock=clock)
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

    @property
    def n_writes_waiting(self) -> int:
        """Writes that wait for the writer thread."""
        return self._writer.n_waiting

    # campaigns

    def create_campaign(self, campaign: Campaign, galaxy_ids: Sequence[str] | None = None) -> Campaign:
        """Store a new campaign; returns it as stored (trimmed, with its time of creation).

        Args:
            campaign: Its settings.
            galaxy_ids: Its own list, for a campaign that is ``scoped``; see :meth:`set_scope`.

        Raises:
            GalcoreError: If a field is wrong, or its id or name is taken.
        """
        return self._change_campaigns(
            lambda cursor: self._ledger.create_campaign(cursor, campaign, galaxy_ids)
        )

    def update_campaign(self, campaign: Campaign) -> Campaign:
        """Store changed settings as a new version; labels keep the version they were given under.

        A campaign that opens takes in the answers that were set aside while it was not, see :meth:`append`.

        Raises:
            GalcoreError: If there is no such campaign, a field is wrong, or an answer with labels is missing.
        """
        return self._change_campaigns(lambda cursor: self._ledger.change_campaign(cursor, campaign))

    def set_scope(self, campaign_id: str, galaxy_ids: Sequence[str]) -> int:
        """Give a campaign that is ``scoped`` its list of galaxies, in place of the one before.

        Labels of galaxies that are no longer listed stay.

        Returns:
            How many are listed (each once).
        """
        return self._change_campaigns(
            lambda cursor: self._ledger.insert_scope(cursor, campaign_id, galaxy_ids)
        )

    def scope(self, campaign_id: str) -> tuple[str, ...] | None:
        """The list of galaxies of a campaign; ``None`` if it never had one."""
        with self._reading() as cursor:
            return queries.read_scope(cursor, campaign_id)

    @property
    def campaigns_changed(self) -> int:
        """A number that grows when the settings or the list of any campaign change: a key for caches."""
        return self._campaigns_changed

    def _change_campaigns(self, change: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        stored = self._writer.write(change)
        with self._door:
            self._campaigns_changed += 1
        return stored

    def campaigns(self) -> tuple[Campaign, ...]:
        """Every campaign, open or closed, oldest first; kept, since each run of a page asks."""
        changed = self._campaigns_changed  # before reading: what changes meanwhile is read next time
        if self._campaigns_kept[0] != changed or self._closed:
            with self._reading() as cursor:
                self._campaigns_kept = (changed, queries.read_campaigns(cursor))
        return self._campaigns_kept[1]

    def campaign(self, campaign_id: str) -> Campaign:
        """One campaign; GalcoreError if there is none of that id."""
        return queries.one_campaign(self.campaigns(), campaign_id)

    # events

    def append(self, events: Sequence[LabelEvent]) -> int:
        """Store events, all or none, and return how many were new, after they are on disk.

        An event whose ``event_id`` is stored already is passed over: sending again is always safe.

        Only an open campaign takes labels (a paused one takes comments and decisions of its review). Answers
        to a grid that was given out are not lost when they come later than that: they are refused, set
        aside in the file (:meth:`late`), and stored when the campaign opens again.

        Raises:
            CampaignNotOpenError: If a campaign is a draft, paused or closed (a ``GalcoreError``).
            GalcoreError: If an event is incomplete, its campaign is unknown, or its answer is not one of the
                campaign's.
            LabelWriteError: If the disk refuses (also an ``OSError``).
        """
        events = tuple(events)
        for event in events:
            validate_event(event)
        if not events:
            return 0
        try:
            return self._writer.write(lambda cursor: self._ledger.insert_events(cursor, events))
        except CampaignNotOpenError as error:
            kept = self._writer.write(lambda cursor: set_aside(cursor, events))
            if not kept:
                raise
            raise CampaignNotOpenError(
                f"{error} {kept} answers that came too late are kept aside and count when it opens again."
            ) from error

    def late(self, campaign_id: str) -> pd.DataFrame:
        """Answers that came when the campaign was not open any more, in order of arrival.

        Returns:
            Columns ``event_id, annotator, galaxy_id, answer, arrived_at`` (UTC).
        """
        with self._reading() as cursor:
            return read_late_table(cursor, campaign_id)

    def current(self, campaign_id: str) -> pd.DataFrame:
        """Last standing answer per galaxy, annotator and question.

        Returns:
            Columns ``galaxy_id, annotator, answer, explicit, reason, score, model_version, grid_id, round,
            display, event_id, created_at`` (UTC), ``seq`` and ``question``, in the order the answers arrived.
            Gold galaxies and those asked again are only in :meth:`history`.
        """
        return self._kept("current", queries.read_current, campaign_id)

    def votes(self, campaign_id: str) -> pd.DataFrame:
        """One row a galaxy that has an answer, by ``galaxy_id``.

        Returns:
            ``galaxy_id``, ``votes_<answer>`` and ``explicit_<answer>`` for each answer, ``n_annotators``,
            ``majority`` (empty for a tie) and ``agreement`` (share of the leading answer, 0-1). Several
            answers at once: a vote is a ``yes``; a tree: the first question is counted.
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

    def news(self, campaign_id: str, *, after_seq: int) -> dict[str, NDArray]:
        """Columns of :meth:`history` after a sequence number, without times; from memory where it can be."""
        recent = self._ledger.news(campaign_id, after_seq)
        return columns_of(self.history(campaign_id, after_seq=after_seq)) if recent is None else recent

    def last_seq(self, campaign_id: str) -> int:
        """Sequence number of the campaign's last event, 0 without one: a key for caches of its labels."""
        return self._ledger.last_seq(campaign_id)

    def seen(self, campaign_id: str, annotator: str) -> set[str]:
        """Galaxies this person answered, skipped or flagged and did not take back."""
        with self._reading() as cursor:
            return queries.read_seen(cursor, campaign_id, annotator)

    def annotators(self, campaign_id: str) -> tuple[str, ...]:
        """Everybody with an event in a campaign, in the order in which they came."""
        with self._reading() as cursor:
            return queries.read_annotators(cursor, campaign_id)

    def people(self, campaign_id: str) -> pd.DataFrame:
        """One row a person, most answers first.

        Returns:
            Columns ``annotator, n_answers, n_explicit, n_skipped, n_undone, n_grids, first_at, last_at``
            (UTC) and ``labels_per_hour`` of active time (breaks of more than 5 minutes left out, less than a
            minute counted as one; NaN where no time is known).
        """
        with self._reading() as cursor:
            return queries.read_people(cursor, campaign_id)

    # discussions

    def append_thread(self, events: Sequence[ThreadEvent]) -> int:
        """Store what people say about galaxies, all or none; number newly stored, as :meth:`append` does.

        Raises:
            CampaignNotOpenError: If a campaign is a draft or closed.
            GalcoreError: If a text is empty or too long, a campaign or a message is unknown, or somebody
                changes what another person wrote.
            LabelWriteError: If the disk refuses (also an ``OSError``).
        """
        events = tuple(events)
        for event in events:
            validate_thread_event(event)
        if not events:
            return 0
        return self._writer.write(lambda cursor: self._ledger.insert_thread_events(cursor, events))

    def thread(self, campaign_id: str, galaxy_id: str | None = None) -> pd.DataFrame:
        """Every event of the discussions of a campaign (of one galaxy), in order of arrival.

        Returns:
            Columns ``seq, event_id, galaxy_id, annotator, kind, text, message_id, created_at`` (UTC); see
            :func:`galcore.review.thread.read_messages` for what they come to.
        """
        with self._reading() as cursor:
            return read_thread(cursor, campaign_id, galaxy_id)

    # grids

    def record_grid(self, grid: Grid) -> None:
        """Store what a person is about to be shown and why; the same ``grid_id`` again is a no-op."""
        self._writer.write(lambda cursor: self._ledger.insert_grid(cursor, grid))

    def give_grid(self, grid: Grid) -> Grid:
        """Store a grid and give its galaxies to its person, in one step.

        Returns:
            The grid without the galaxies that are full by now; without any, and not stored, if all are. Gold
            galaxies and those asked again need no lease.

        Raises:
            CampaignNotOpenError: If the campaign gives no galaxies out now.
        """
        return self._writer.write(lambda cursor: self._ledger.give_grid(cursor, grid))

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

    # leases: whose hands a galaxy lies in

    def lease(self, campaign_id: str, annotator: str, galaxy_ids: Sequence[str]) -> tuple[str, ...]:
        """Give galaxies to a person for a while: at most ``overlap`` people answer a galaxy or hold it.

        A lease ends when the person answers or skips, when it is released, or 10 minutes after the last
        :meth:`touch`. Asking again for what one holds is granted.

        Returns:
            Those of ``galaxy_ids`` that are in the person's hands now; not those that are full, nor those
            this person has answered.

        Raises:
            CampaignNotOpenError: If the campaign gives no galaxies out now.
        """
        wanted = tuple(galaxy_ids)
        return self._writer.write(lambda cursor: self._ledger.lease(cursor, campaign_id, annotator, wanted))

    def release(self, campaign_id: str, annotator: str, galaxy_ids: Sequence[str] | None = None) -> int:
        """Take galaxies back from a person who leaves, all of them if ``None``; returns how many."""
        if not self._book.held_by(campaign_id, annotator):
            return 0
        dropped = None if galaxy_ids is None else tuple(galaxy_ids)
        return self._writer.write(
            lambda cursor: self._ledger.release(cursor, campaign_id, annotator, dropped)
        )

    def leased(self, campaign_id: str, annotator: str) -> frozenset[str]:
        """Galaxies that lie in front of a person."""
        return self._book.held_by(campaign_id, annotator)

    def loads(self, campaign_id: str, since: int = 0) -> tuple[dict[str, int], int]:
        """People who have answered a galaxy or hold it, for a reader that keeps what it has read.

        Args:
            campaign_id: The campaign.
            since: Mark of the last reading; 0 for all.

        Returns:
            Load of each galaxy that changed after the mark, and the mark to ask from next time.
        """
        if self._book.has_expired(campaign_id):
            self._writer.write(lambda cursor: self._ledger.expire(cursor, campaign_id))
        return self._book.loads(campaign_id, since)

    # who is here: kept in memory, since it is of no use after a minute

    def touch(self, campaign_id: str, annotator: str) -> None:
        """Note that a person is at work on a campaign now; their leases run anew."""
        self._book.touch(campaign_id, annotator)
        self.appear(campaign_id, annotator)

    def depart(self, campaign_id: str, annotator: str, *, within_s: float) -> None:
        """Note that a person stopped working: their leases end within seconds, unless they touch again."""
        self._book.depart(campaign_id, annotator, within_s=within_s)
        with self._door:
            self._present.pop((campaign_id, annotator), None)

    def appear(self, campaign_id: str, annotator: str) -> None:
        """Note that a person is here, at work or looking at something else; no lease is renewed."""
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
        self, name: str, read: Callable[[queries.Cursor, str], pd.DataFrame], campaign_id: str
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
        raise GalcoreError(why_not_open(path, str(error))) from error
    try:
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection
