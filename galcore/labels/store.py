"""The label store: what goes in, through one writer thread; :mod:`galcore.labels.reader` says what comes out.

Who may be given a galaxy is decided in the writer thread too, see :mod:`galcore.labels.leases`.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from numpy.typing import NDArray

from galcore.labels.admission import CampaignNotOpenError, set_aside
from galcore.labels.file import LabelFile
from galcore.labels.leases import LEASE_S, LeaseBook
from galcore.labels.ledger import Ledger
from galcore.labels.parquet import write_backup
from galcore.labels.presence import Presence
from galcore.labels.reader import LabelReader
from galcore.labels.records import validate_event
from galcore.labels.snapshot import Snapshotter, write_snapshot
from galcore.labels.tail import columns_of
from galcore.labels.threads import validate_thread_event
from galcore.labels.writer import Writer
from galcore.types import Campaign, Grid, LabelEvent, ThreadEvent


class LabelStore(LabelReader):
    """Labels of one workspace; open it once per process with :meth:`open`. Every method is thread-safe."""

    def __init__(self, file: LabelFile, *, lease_s: float, clock: Callable[[], float]) -> None:
        self.path = file.path
        self._file = file
        self._book = LeaseBook(file.connection, lease_s=lease_s, clock=clock)
        self._ledger = Ledger(file.connection, self._book)
        super().__init__(file.reading, self._ledger)
        self._presence = Presence()
        self._snapshotter: Snapshotter | None = None
        self._version = 0
        self._writer = Writer(file.connection.cursor(), label=str(file.path), on_end=self._settle)

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
        file = LabelFile(path)
        try:
            store = cls(file, lease_s=lease_s, clock=clock)
        except BaseException:
            file.close()
            raise
        # A process that ends in the ordinary way leaves a closed file and the last snapshot behind.
        atexit.register(store.close)
        return store

    def close(self) -> None:
        """Store what is queued, write the last snapshot, release the file; calling it again does nothing."""
        self._writer.close()
        if self._snapshotter is not None:
            self._snapshotter.close()
        self._file.close()
        self._forget()
        atexit.unregister(self.close)

    def __enter__(self) -> LabelStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def version(self) -> int:
        """A number that grows with each commit of this process: a key for caches."""
        return self._version

    @property
    def campaigns_changed(self) -> int:
        """A number that grows when the settings or the list of any campaign change: a key for caches."""
        return self._ledger.campaigns_changed

    def last_seq(self, campaign_id: str) -> int:
        """Sequence number of the campaign's last event, 0 without one: a key for caches of its labels."""
        return self._ledger.last_seq(campaign_id)

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
        return self._writer.write(lambda cursor: self._ledger.create_campaign(cursor, campaign, galaxy_ids))

    def update_campaign(self, campaign: Campaign) -> Campaign:
        """Store changed settings as a new version; labels keep the version they were given under.

        A campaign that opens takes in the answers that were set aside while it was not, see :meth:`append`.

        Raises:
            GalcoreError: If there is no such campaign, a field is wrong, or an answer with labels is missing.
        """
        return self._writer.write(lambda cursor: self._ledger.change_campaign(cursor, campaign))

    def set_scope(self, campaign_id: str, galaxy_ids: Sequence[str]) -> int:
        """Give a campaign that is ``scoped`` its list of galaxies, in place of the one before.

        Labels of galaxies that are no longer listed stay.

        Returns:
            How many are listed (each once).
        """
        return self._writer.write(lambda cursor: self._ledger.insert_scope(cursor, campaign_id, galaxy_ids))

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

    def news(self, campaign_id: str, *, after_seq: int) -> dict[str, NDArray]:
        """Columns of :meth:`history` after a sequence number, without times; from memory where it can be."""
        recent = self._ledger.news(campaign_id, after_seq)
        return columns_of(self.history(campaign_id, after_seq=after_seq)) if recent is None else recent

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

    # leases: whose hands a galaxy lies in

    def lease(self, campaign_id: str, annotator: str, galaxy_ids: Sequence[str]) -> tuple[str, ...]:
        """Give galaxies to a person for a while: at most ``overlap`` people answer a galaxy or hold it.

        One more where it was asked again, see :meth:`ask_again`.

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

    def ask_again(self, campaign_id: str, galaxy_ids: Sequence[str], *, by: str) -> int:
        """Have each galaxy answered by exactly one person more than have answered or hold it now.

        It is given past the overlap to one who has not answered it, and not to whoever asks, who saw the
        votes. Where one more is to be asked already, nothing changes.

        Returns:
            About how many galaxies one more person is asked by this.

        Raises:
            CampaignNotOpenError: If the campaign gives no galaxies out now.
        """
        wanted = tuple(galaxy_ids)
        return self._writer.write(lambda cursor: self._ledger.ask_again(cursor, campaign_id, wanted, by))

    def asked_again(self, campaign_id: str) -> dict[str, tuple[int, str]]:
        """Galaxies that wait for one more person: how many fill them, and who asked."""
        return self._book.asked_again(campaign_id)

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

    # who is here

    def touch(self, campaign_id: str, annotator: str) -> None:
        """Note that a person is at work on a campaign now; their leases run anew."""
        self._book.touch(campaign_id, annotator)
        self._presence.appear(campaign_id, annotator)

    def depart(self, campaign_id: str, annotator: str, *, within_s: float) -> None:
        """Note that a person stopped working: their leases end within seconds, unless they touch again."""
        self._book.depart(campaign_id, annotator, within_s=within_s)
        self._presence.depart(campaign_id, annotator)

    def appear(self, campaign_id: str, annotator: str) -> None:
        """Note that a person is here, at work or looking at something else; no lease is renewed."""
        self._presence.appear(campaign_id, annotator)

    def present(self, campaign_id: str, within_s: float = 60) -> tuple[str, ...]:
        """People who touched the campaign within the last seconds, by name."""
        return self._presence.within(campaign_id, within_s)

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

    def _settle(self, committed: bool) -> None:
        self._ledger.settle(committed=committed)
        if committed:
            self._version += 1
            if self._snapshotter is not None:
                self._snapshotter.notify()
