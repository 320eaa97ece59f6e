"""Deals grids to people: composes what is missing behind the grid on show, stores it, leases its galaxies."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from galcore.loop.choice import Candidates, Pick
from galcore.loop.holdings import without
from galcore.loop.knowledge import Knowledge
from galcore.loop.measuring import draw_for
from galcore.loop.messages import Submission
from galcore.loop.person import Person, find_grid, make_grid, pick_row, read_person
from galcore.types import GalcoreError, Grid, Reason

if TYPE_CHECKING:
    from galcore.labels.store import LabelStore

GRIDS_READY = 2
_TRIES = 3  # to compose a grid of which others did not just take every galaxy


class Dealer:
    """What lies in front of each person; thread-safe.

    Args:
        store: Where grids and leases are kept.
        knowledge: What grids are composed from; its lock guards what lies in front of people too.
    """

    def __init__(self, store: LabelStore, knowledge: Knowledge) -> None:
        self._store = store
        self._known = knowledge
        self._lock = knowledge.lock
        self._people: dict[str, Person] = {}
        self._doors: dict[str, threading.Lock] = {}  # one thread at a time composes for a person

    def ready(self, annotator: str) -> tuple[Grid, Grid]:
        """The grid to show and the one behind it, composed where they are missing.

        Storing one waits for the disk: without the lock, so that nobody else waits too.
        """
        attempt = 0
        with self._doors.setdefault(annotator, threading.Lock()):
            while True:
                with self._lock:
                    self._known.catch_up(annotator)
                    grid = self._next_grid(annotator, attempt) if attempt < _TRIES else None
                    if grid is None:
                        return self._front(annotator)
                attempt = 0 if self._give(annotator, grid) else attempt + 1

    def queue(self, galaxy_ids: Sequence[str], by: str) -> int:
        """Put galaxies in front of a person next, in grids of their own; returns how many.

        Raises:
            GalcoreError: If a galaxy is not in this campaign.
        """
        with self._lock:
            self._known.catch_up(by)
            row_of = self._known.asked.row_of
            unknown = next((name for name in galaxy_ids if name not in row_of), None)
            if unknown is not None:
                raise GalcoreError(
                    f"{unknown!r} has no embedding in this workspace: prepare it, then queue it."
                )
            rows = np.array([row_of[name] for name in dict.fromkeys(galaxy_ids)], dtype=np.intp)
            rows = rows[self._candidates(by).available[rows]]
            person = self._person(by)
            fresh = []
            for start in range(0, len(rows), self._size):
                part = rows[start : start + self._size].tolist()
                picks = [pick_row(self._known.model, row, Reason.QUEUED) for row in part]
                given = self._store.give_grid(self._grid_of(by, person, picks))
                person.round += bool(given.items)
                fresh.append(given)
            fresh = [grid for grid in fresh if grid.items]
            person.outstanding = fresh + person.outstanding
            return sum(len(grid.items) for grid in fresh)

    def put_away(self, grid_id: str, annotator: str) -> None:
        """A grid was submitted: it lies in front of its person no more."""
        with self._lock:
            person = self._person(annotator)
            person.outstanding = [grid for grid in person.outstanding if grid.grid_id != grid_id]

    def forget(self, annotator: str) -> None:
        """Read from the store, when it is asked for next, what lies in front of a person."""
        with self._lock:
            self._people.pop(annotator, None)

    def find_grid(self, submission: Submission) -> Grid | None:
        """The grid that a submission answers, as it was shown; from memory while it lies in front."""
        # Without the lock where it can be: what is said has to be on disk before anybody is waited for.
        person = self._people.get(submission.annotator)
        if person is None:
            with self._lock:
                person = self._person(submission.annotator)
        return find_grid(person, submission, self._store, self._known.campaign.campaign_id)

    def round_of(self, annotator: str) -> int:
        """Grids a person has been given; 0 while nothing was asked about them."""
        with self._lock:
            return self._people[annotator].round if annotator in self._people else 0

    def promised(self) -> NDArray[np.bool_]:
        """(N,) galaxies that lie in front of somebody."""
        with self._lock:
            promised = np.zeros(len(self._known.galaxy_ids), bool)
            for person in self._people.values():
                promised[self._known.asked.rows_of(person.outstanding)] = True
            return promised

    # --- inside: all but _give under the lock ------------------------------------------------------------

    @property
    def _size(self) -> int:
        return max(1, self._known.campaign.grid_rows * self._known.campaign.grid_columns)

    def _person(self, annotator: str) -> Person:
        """What lies in front of a person, from the store when it is asked for the first time."""
        person = self._people.get(annotator)
        if person is None:
            person = read_person(self._store, self._known.campaign.campaign_id, annotator)
            self._people[annotator] = person
        return person

    def _front(self, annotator: str) -> tuple[Grid, Grid]:
        campaign = self._known.campaign
        nothing = Grid("", campaign.campaign_id, annotator, 0, (), self._known.model.version)
        if campaign.state != "open":
            return nothing, nothing
        first, second, *_ = [*self._person(annotator).outstanding, nothing, nothing]
        return first, second

    def _give(self, annotator: str, grid: Grid) -> bool:
        """Store and lease a grid; false if others were given all of it meanwhile."""
        given: Grid | None = None
        try:
            given = self._store.give_grid(grid)
        finally:
            with self._lock:
                self._known.holdings.end_promise(grid.grid_id)
                if given is not None and given.items:
                    person = self._person(annotator)
                    if all(each.grid_id != given.grid_id for each in person.outstanding):
                        person.outstanding.append(given)
                    person.round = max(person.round, given.round)
        return bool(given.items)

    def _next_grid(self, annotator: str, attempt: int) -> Grid | None:
        """The grid that is missing behind those that lie ready, promised to its person but not stored yet.

        Drops what this person has answered elsewhere. ``None``: nothing is missing, or nothing is left.
        """
        known = self._known
        if known.campaign.state != "open":
            return None
        person = self._person(annotator)
        seen = np.zeros(len(known.galaxy_ids), bool)
        seen[known.state.seen_by.get(annotator, [])] = True
        rows_of = {grid.grid_id: known.asked.rows_of([grid]) for grid in person.outstanding}
        person.outstanding = [
            grid for grid in person.outstanding if len(rows := rows_of[grid.grid_id]) and not seen[rows].all()
        ]
        self._hold(annotator, person, seen)
        if len(person.outstanding) >= GRIDS_READY:
            return None
        picks = self._compose(annotator, person, attempt)
        if not picks:
            return None
        grid = self._grid_of(annotator, person, picks)
        known.holdings.promise(grid.grid_id, [pick.row for pick in picks])
        return grid

    def _hold(self, annotator: str, person: Person, seen: NDArray[np.bool_]) -> None:
        """Lease again what is not leased any more; what others were given falls out."""
        wanted = [
            item.galaxy_id
            for grid in person.outstanding
            for item in grid.items
            if item.reason not in (Reason.GOLD, Reason.REASK)
            and (row := self._known.asked.row_of.get(item.galaxy_id, -1)) >= 0
            and not seen[row]
        ]
        lost = self._known.holdings.lose(annotator, wanted)
        if lost:
            trimmed = [without(grid, lost) for grid in person.outstanding]
            person.outstanding = [grid for grid in trimmed if grid.items]

    def _compose(self, annotator: str, person: Person, attempt: int) -> Sequence[Pick]:
        """The galaxies of the next grid; none when nothing is left."""
        known = self._known
        rng = np.random.default_rng([known.campaign.seed, person.round, crc32(annotator.encode()), attempt])
        measures, person.debt = draw_for(
            annotator,
            known.campaign,
            person.debt,
            gold=known.asked.gold,
            waiting=known.asked.rows_of(person.outstanding),
            seen=known.state.seen_by.get(annotator, np.empty(0, np.intp)),
            log=known.log,
            rng=rng,
        )
        candidates = self._candidates(annotator)
        room = self._size - len(measures)
        asked = self._asked_again(annotator, candidates)[:room]
        candidates.available[[pick.row for pick in asked]] = False
        chosen: Sequence[Pick] = ()
        if len(asked) < room:
            chosen, person.carried = known.policy.choose(
                candidates,
                known.model,
                room - len(asked),
                votes=known.state.votes,
                carried=person.carried,
                rng=rng,
            )
        picks = [*asked, *chosen]
        if not picks or not measures:
            return picks
        page = [*picks, *(pick_row(known.model, row, reason) for row, reason in measures)]
        return [page[place] for place in rng.permutation(len(page))]

    def _asked_again(self, annotator: str, candidates: Candidates) -> list[Pick]:
        """Galaxies that somebody had asked again: they come before what the streams choose."""
        rows, _ = self._known.holdings.asked_again(annotator)
        rows = rows[candidates.available[rows]]
        return [pick_row(self._known.model, row, Reason.QUEUED) for row in rows.tolist()]

    def _grid_of(self, annotator: str, person: Person, picks: Sequence[Pick]) -> Grid:
        known = self._known
        return make_grid(
            known.campaign.campaign_id, annotator, person.round + 1, picks, known.galaxy_ids, known.model
        )

    def _candidates(self, annotator: str) -> Candidates:
        known = self._known
        loads = known.holdings.loads()
        most = np.full(len(loads), known.campaign.overlap)
        rows, wanted = known.holdings.asked_again(annotator)
        most[rows] = np.maximum(most[rows], wanted)
        full = loads >= most
        full[known.holdings.rows_of(annotator)] = False  # in this person's hands already
        available = known.asked.mask & ~full
        available[known.state.seen_by.get(annotator, [])] = False
        available[known.asked.rows_of(self._person(annotator).outstanding)] = False
        # Others skipped or flagged these; what others answered is wanted until enough people did.
        avoided = known.state.touched & (loads == 0)
        return Candidates(available, avoided, known.asked.order)
