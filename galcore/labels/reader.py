"""What can be asked of stored labels, the same for the live store and for a snapshot of it.

Rules of the state (ordered by the store's own sequence number, never by a client's clock):

- the last label of a person about a galaxy is their answer; correcting is labelling again;
- an undo takes back the event it names, so the answer before it (if any) stands again;
- a skip or a flag is no answer and takes none back, but the galaxy counts as seen;
- gold galaxies and those asked again measure a person: what is said about them is no answer either;
- a decision of Review is no answer of the person who made it: it settles the galaxy, see :meth:`decisions`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import pandas as pd

from galcore.labels import queries
from galcore.labels.admission import read_late_table
from galcore.labels.cache import FrameCache
from galcore.labels.grids import read_grids
from galcore.labels.records import RecordedGrid
from galcore.labels.threads import read_thread
from galcore.types import Campaign

FRAMES_KEPT = 16


class Changes(Protocol):
    """Numbers that grow with what can be read: what was read under the same ones still holds."""

    @property
    def campaigns_changed(self) -> int:
        """Grows when the settings or the list of any campaign change."""

    def last_seq(self, campaign_id: str) -> int:
        """Grows with the events of a campaign."""


class LabelReader:
    """Questions to the labels of one workspace; every method is thread-safe.

    Args:
        reading: A cursor for one read.
        changes: Says how long a table that was read can be kept.
    """

    def __init__(
        self, reading: Callable[[], AbstractContextManager[queries.Cursor]], changes: Changes
    ) -> None:
        self._reading = reading
        self._changes = changes
        self._frames = FrameCache(size=FRAMES_KEPT)
        self._campaigns_kept: tuple[int, tuple[Campaign, ...]] = (-1, ())

    # campaigns

    def campaigns(self) -> tuple[Campaign, ...]:
        """Every campaign, open or closed, oldest first; kept, since each run of a page asks."""
        changed = self._changes.campaigns_changed  # before reading: what changes meanwhile is read next time
        if self._campaigns_kept[0] != changed:
            with self._reading() as cursor:
                self._campaigns_kept = (changed, queries.read_campaigns(cursor))
        return self._campaigns_kept[1]

    def campaign(self, campaign_id: str) -> Campaign:
        """One campaign; GalcoreError if there is none of that id."""
        return queries.one_campaign(self.campaigns(), campaign_id)

    def scope(self, campaign_id: str) -> tuple[str, ...] | None:
        """The list of galaxies of a campaign; ``None`` if it never had one."""
        with self._reading() as cursor:
            return queries.read_scope(cursor, campaign_id)

    # answers

    def current(self, campaign_id: str) -> pd.DataFrame:
        """Last standing answer per galaxy, annotator and question.

        Returns:
            Columns ``galaxy_id, annotator, answer, explicit, reason, score, model_version, grid_id, round,
            display, event_id, created_at`` (UTC), ``seq`` and ``question``, in the order the answers arrived.
            Gold galaxies, those asked again and decisions are only in :meth:`history`.
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

    def decisions(self, campaign_id: str) -> dict[tuple[str, str], str]:
        """Answer decided in Review, by galaxy and question, of the decisions in force."""
        with self._reading() as cursor:
            return queries.read_decisions(cursor, campaign_id)

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

    def late(self, campaign_id: str) -> pd.DataFrame:
        """Answers that came when the campaign was not open any more, in order of arrival.

        Returns:
            Columns ``event_id, annotator, galaxy_id, answer, arrived_at`` (UTC).
        """
        with self._reading() as cursor:
            return read_late_table(cursor, campaign_id)

    def thread(self, campaign_id: str, galaxy_id: str | None = None) -> pd.DataFrame:
        """Every event of the discussions of a campaign (of one galaxy), in order of arrival.

        Returns:
            Columns ``seq, event_id, galaxy_id, annotator, kind, text, message_id, created_at`` (UTC); see
            :func:`galcore.review.thread.read_messages` for what they come to.
        """
        with self._reading() as cursor:
            return read_thread(cursor, campaign_id, galaxy_id)

    # people

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
            return read_grids(cursor, campaign_id, annotator, submitted=submitted, limit=limit)

    # inside

    def _forget(self) -> None:
        """Nothing that was kept holds any more."""
        self._campaigns_kept = (-1, ())

    def _kept(
        self, name: str, read: Callable[[queries.Cursor, str], pd.DataFrame], campaign_id: str
    ) -> pd.DataFrame:
        def read_now() -> pd.DataFrame:
            with self._reading() as cursor:
                return read(cursor, campaign_id)

        key = (self._changes.campaigns_changed, self._changes.last_seq(campaign_id))
        return self._frames.get((name, campaign_id), key=key, read=read_now)
