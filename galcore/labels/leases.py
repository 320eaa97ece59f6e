"""Who has answered a galaxy, and in whose hands it lies: counts that decide who may be given it.

A galaxy is given to at most ``overlap`` people, or one more where somebody had it asked again. What counts
is its *load*: people whose answer stands and people who hold a lease. The writer thread alone changes the
book, one change after the other, so two people who ask at the same moment are told one after the other. The
book is told from the events and the rows of ``leases`` and ``asked_again`` when the file is opened; the loads
can be read by any thread at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import duckdb

from galcore.types import EventKind, LabelEvent, Reason

LEASE_S = 600.0  # without a sign of its person, see LeaseBook.touch
# What is said to the first two measures the person; a decision of Review settles the galaxy.
NO_VOTES = frozenset((Reason.GOLD, Reason.REASK, Reason.ADJUDICATION))

_VOTES = """
SELECT campaign_id, galaxy_id, annotator, count(*) FROM standing_events
WHERE kind = 'label' AND reason NOT IN ('gold', 'reask', 'adjudication') GROUP BY ALL
"""
_UNDONE = "SELECT campaign_id, annotator, undoes FROM label_events WHERE kind = 'undo'"
_ASKED_AGAIN = """
SELECT campaign_id, galaxy_id, max(wanted), arg_max(asked_by, wanted) FROM asked_again GROUP BY ALL
"""
_LEASES = "SELECT campaign_id, galaxy_id, annotator FROM leases"
_NAMED = "(SELECT unnest(?::VARCHAR[]) AS c, unnest(?::VARCHAR[]) AS g, unnest(?::VARCHAR[]) AS a)"
_DELETE = f"DELETE FROM leases USING {_NAMED} n WHERE campaign_id = c AND galaxy_id = g AND annotator = a"
_INSERT = f"INSERT INTO leases SELECT c, g, a FROM {_NAMED}"
_TARGET = """
SELECT galaxy_id, kind, reason FROM label_events WHERE event_id = ? AND campaign_id = ? AND annotator = ?
"""
Key = tuple[str, str, str]  # campaign, galaxy, person


@dataclass(slots=True)
class _Counts:
    """The galaxies of one campaign."""

    voters: dict[str, dict[str, int]] = field(default_factory=dict)  # standing labels of each person
    holders: dict[str, set[str]] = field(default_factory=dict)
    held_by: dict[str, set[str]] = field(default_factory=dict)
    loads: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, tuple[int, str]] = field(default_factory=dict)  # asked again: load to reach, who asked
    changed: list[str] = field(default_factory=list)  # galaxies in the order in which their load changed

    def recount(self, galaxy_id: str) -> None:
        people = self.holders.get(galaxy_id, set()) | self.voters.get(galaxy_id, {}).keys()
        self.loads[galaxy_id] = len(people)
        self.changed.append(galaxy_id)

    def is_asked_again(self, galaxy_id: str) -> bool:
        """Whether somebody is still to be asked once more."""
        return self.wanted.get(galaxy_id, (0, ""))[0] > self.loads.get(galaxy_id, 0)

    def most(self, galaxy_id: str, annotator: str, overlap: int) -> int:
        """Load at which a galaxy is full for this person."""
        wanted, asked_by = self.wanted.get(galaxy_id, (0, ""))
        return overlap if asked_by == annotator else max(overlap, wanted)


class LeaseBook:
    """Votes and leases of every campaign of a label file.

    Args:
        connection: Where the votes and leases are read from, once.
        lease_s: A lease ends so long after the last sign of its person.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lease_s = lease_s
        self._clock = clock
        self._campaigns: dict[str, _Counts] = {}
        self._seen_at: dict[tuple[str, str], float] = {}
        self._journal: list[Callable[[], object]] = []  # takes back what an open transaction has changed
        self._dirty: dict[Key, bool] = {}  # leases that changed since the last save: whether it stood before
        self._undone: set[Key] = {(c, who, event) for c, who, event in connection.execute(_UNDONE).fetchall()}
        for campaign_id, galaxy_id, annotator, count in connection.execute(_VOTES).fetchall():
            self._change_votes((campaign_id, galaxy_id, annotator), count)
        for campaign_id, galaxy_id, wanted, asked_by in connection.execute(_ASKED_AGAIN).fetchall():
            self._campaigns.setdefault(campaign_id, _Counts()).wanted[galaxy_id] = (wanted, asked_by)
        for key in connection.execute(_LEASES).fetchall():
            self._hold(key)
        self._journal.clear()
        self._dirty.clear()

    # --- for any thread ---

    def touch(self, campaign_id: str, annotator: str) -> None:
        """A sign of a person: their leases run anew."""
        self._seen_at[campaign_id, annotator] = self._clock()

    def depart(self, campaign_id: str, annotator: str, *, within_s: float) -> None:
        """A person goes: their leases end so soon, unless there is another sign of them before."""
        left_s = min(within_s, self._lease_s)
        self._seen_at[campaign_id, annotator] = self._clock() - self._lease_s + left_s

    def loads(self, campaign_id: str, since: int = 0) -> tuple[dict[str, int], int]:
        """Galaxies whose load changed after the mark ``since`` with their load, and the mark of now."""
        counts = self._campaigns.get(campaign_id)
        if counts is None:
            return {}, 0
        changed = counts.changed[since:]
        return {galaxy_id: counts.loads[galaxy_id] for galaxy_id in changed}, since + len(changed)

    def asked_again(self, campaign_id: str) -> dict[str, tuple[int, str]]:
        """Galaxies that wait for one more person: the load that fills them, and who asked."""
        counts = self._campaigns.get(campaign_id)
        if counts is None or not counts.wanted:
            return {}
        return {name: each for name, each in counts.wanted.copy().items() if counts.is_asked_again(name)}

    def held_by(self, campaign_id: str, annotator: str) -> frozenset[str]:
        """Galaxies that lie in front of a person."""
        counts = self._campaigns.get(campaign_id)
        held = counts.held_by.get(annotator) if counts else None
        return frozenset(held.copy()) if held else frozenset()

    def is_undone(self, event: LabelEvent) -> bool:
        """Whether an undo of this event has arrived."""
        return (event.campaign_id, event.annotator, event.event_id) in self._undone

    def has_expired(self, campaign_id: str) -> bool:
        """Whether somebody holds galaxies whose lease has ended."""
        counts = self._campaigns.get(campaign_id)
        return counts is not None and bool(self._away(campaign_id, counts))

    # --- for the writer thread ---

    def lease(
        self, campaign_id: str, annotator: str, galaxy_ids: Iterable[str], *, overlap: int
    ) -> tuple[str, ...]:
        """Give a person those of the galaxies that are not full, after the leases that ended."""
        self.expire(campaign_id)
        counts = self._campaigns.setdefault(campaign_id, _Counts())
        given = []
        for galaxy_id in dict.fromkeys(galaxy_ids):
            held = annotator in counts.holders.get(galaxy_id, ())
            answered = annotator in counts.voters.get(galaxy_id, {})
            full = counts.loads.get(galaxy_id, 0) >= counts.most(galaxy_id, annotator, overlap)
            if not held and (answered or full):
                continue
            if not held:
                self._hold((campaign_id, galaxy_id, annotator))
            given.append(galaxy_id)
        self.touch(campaign_id, annotator)
        return tuple(given)

    def ask_again(self, campaign_id: str, galaxy_ids: Iterable[str], by: str) -> dict[str, int]:
        """Have one more person asked about each galaxy; not where one more is to be asked already.

        Returns:
            The load that fills each of them from now on.
        """
        counts = self._campaigns.setdefault(campaign_id, _Counts())
        asked = {}
        for galaxy_id in dict.fromkeys(galaxy_ids):
            if not counts.is_asked_again(galaxy_id):
                asked[galaxy_id] = counts.loads.get(galaxy_id, 0) + 1
                self._want(counts, galaxy_id, (asked[galaxy_id], by))
        return asked

    def release(self, campaign_id: str, annotator: str, galaxy_ids: Iterable[str] | None = None) -> int:
        """Take galaxies back from a person (all of them if ``None``); returns how many."""
        held = self.held_by(campaign_id, annotator)
        dropped = held if galaxy_ids is None else held & frozenset(galaxy_ids)
        for galaxy_id in sorted(dropped):
            self._drop((campaign_id, galaxy_id, annotator))
        return len(dropped)

    def expire(self, campaign_id: str) -> None:
        """Take back what lies in front of people who were away too long."""
        counts = self._campaigns.get(campaign_id)
        for annotator in self._away(campaign_id, counts) if counts else ():
            self.release(campaign_id, annotator)

    def take_in(self, cursor: duckdb.DuckDBPyConnection, events: Sequence[LabelEvent]) -> None:
        """Count events that were just inserted.

        An answer takes the place of its person's lease; a skip gives the galaxy back; an undo makes a lease
        of the answer again, so that nobody else is given the galaxy before its person had a second look.
        """
        batch = {event.event_id: event for event in events}
        for campaign_id, annotator in {(event.campaign_id, event.annotator) for event in events}:
            self.touch(campaign_id, annotator)
        for event in events:
            key = (event.campaign_id, event.galaxy_id, event.annotator)
            if event.kind == EventKind.UNDO:
                self._undo(event, _target(cursor, event, batch))
            elif self.is_undone(event):
                continue  # the undo came first
            elif event.kind == EventKind.LABEL and event.reason not in NO_VOTES:
                self._change_votes(key, +1)
                self._drop(key)
            elif event.kind == EventKind.SKIP:
                self._drop(key)

    def save(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Write the leases that changed, in the transaction that changed them."""
        lost = [key for key, before in self._dirty.items() if before and not self._stands(key)]
        gained = [key for key, before in self._dirty.items() if not before and self._stands(key)]
        for sql, keys in ((_DELETE, lost), (_INSERT, gained)):
            if keys:
                cursor.execute(sql, [list(column) for column in zip(*keys, strict=True)])
        self._dirty.clear()

    def settle(self, *, committed: bool) -> None:
        """The transaction has ended: keep its changes, or take them back, the last one first."""
        if not committed:
            for take_back in reversed(self._journal.copy()):
                take_back()
        self._journal.clear()
        self._dirty.clear()

    # --- inside ---

    def _want(self, counts: _Counts, galaxy_id: str, wanted: tuple[int, str]) -> None:
        before = counts.wanted.get(galaxy_id, (0, ""))
        counts.wanted[galaxy_id] = wanted
        self._journal.append(lambda: counts.wanted.__setitem__(galaxy_id, before))

    def _away(self, campaign_id: str, counts: _Counts) -> list[str]:
        since = self._clock() - self._lease_s
        return [who for who in list(counts.held_by) if self._seen_at.get((campaign_id, who), since) < since]

    def _stands(self, key: Key) -> bool:
        campaign_id, galaxy_id, annotator = key
        return annotator in self._campaigns[campaign_id].holders.get(galaxy_id, ())

    def _hold(self, key: Key) -> None:
        if self._set_lease(key, held=True):
            self._journal.append(lambda: self._set_lease(key, held=False))
        self._seen_at.setdefault((key[0], key[2]), self._clock())

    def _drop(self, key: Key) -> None:
        if self._set_lease(key, held=False):
            self._journal.append(lambda: self._set_lease(key, held=True))

    def _set_lease(self, key: Key, *, held: bool) -> bool:
        """Whether that changed anything."""
        campaign_id, galaxy_id, annotator = key
        counts = self._campaigns.setdefault(campaign_id, _Counts())
        holders = counts.holders.setdefault(galaxy_id, set())
        if (annotator in holders) == held:
            if not holders:
                del counts.holders[galaxy_id]
            return False
        self._dirty.setdefault(key, not held)
        mine = counts.held_by.setdefault(annotator, set())
        if held:
            holders.add(annotator)
            mine.add(galaxy_id)
        else:
            holders.discard(annotator)
            mine.discard(galaxy_id)
        if not holders:
            del counts.holders[galaxy_id]
        if not mine:
            del counts.held_by[annotator]
        counts.recount(galaxy_id)
        return True

    def _change_votes(self, key: Key, by: int) -> int:
        """Standing labels of this person about this galaxy afterwards."""
        campaign_id, galaxy_id, annotator = key
        counts = self._campaigns.setdefault(campaign_id, _Counts())
        voters = counts.voters.setdefault(galaxy_id, {})
        standing = voters.get(annotator, 0) + by
        if standing > 0:
            voters[annotator] = standing
        else:
            voters.pop(annotator, None)
        if not voters:
            del counts.voters[galaxy_id]
        self._journal.append(lambda: self._change_votes(key, -by))
        counts.recount(galaxy_id)
        return standing

    def _undo(self, undo: LabelEvent, target: tuple[str, str, str] | None) -> None:
        name = (undo.campaign_id, undo.annotator, undo.undoes)
        if name in self._undone:
            return
        self._undone.add(name)
        self._journal.append(lambda: self._undone.discard(name))
        if target is None:
            return
        galaxy_id, kind, reason = target
        key = (undo.campaign_id, galaxy_id, undo.annotator)
        if kind == EventKind.LABEL and reason not in NO_VOTES and self._change_votes(key, -1) == 0:
            self._hold(key)


def _target(
    cursor: duckdb.DuckDBPyConnection, undo: LabelEvent, batch: dict[str, LabelEvent]
) -> tuple[str, str, str] | None:
    """Galaxy, kind and reason of the event taken back; ``None`` if it has not arrived.

    An event of the same submission that stands behind its undo is not counted when its turn comes, so it
    is not looked for here.
    """
    named = batch.get(undo.undoes)
    if named is not None:
        order = list(batch)
        if (named.campaign_id, named.annotator) != (undo.campaign_id, undo.annotator):
            return None
        if order.index(named.event_id) > order.index(undo.event_id):
            return None
        return named.galaxy_id, str(named.kind), str(named.reason)
    rows = cursor.execute(_TARGET, [undo.undoes, undo.campaign_id, undo.annotator]).fetchall()
    return rows[0] if rows else None
