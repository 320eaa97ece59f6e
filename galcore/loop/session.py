"""A campaign at work: people submit grids, the learner is fitted again, the next grids wait.

Two grids lie ready for every person: the one on show and the one behind it, so that the page flips without
asking the server. A submission is stored first, then the learner is fitted with it, then the new waiting grid
is composed by the fitted model. The grid that moves up was composed one submission earlier (see
docs/loop.md).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from galcore.loop.asked import Asked
from galcore.loop.campaign_model import CampaignModel
from galcore.loop.composer import Candidates, Pick
from galcore.loop.event_log import EventLog
from galcore.loop.events import label_events, standing_events, undo_events
from galcore.loop.holdings import Holdings, without
from galcore.loop.measuring import draw_for
from galcore.loop.messages import GridAnswer, LoopStatus, Submission, SubmitResult, UndoResult
from galcore.loop.person import Person, find_grid, make_grid, pick_row, read_person, require_name
from galcore.loop.policy import GridPolicy
from galcore.loop.progress import FigureKeeper, tell_status
from galcore.loop.space import FeatureSpace
from galcore.loop.state import LoopState
from galcore.loop.target import focus_of, learned_answers
from galcore.loop.trainer import Lesson, Trainer
from galcore.loop.trust import Trust
from galcore.types import Campaign, EventKind, GalcoreError, Grid, LabelEvent, Reason, Shares

if TYPE_CHECKING:
    from galcore.labels.store import LabelStore

__all__ = ["CampaignLoop", "GridAnswer", "LoopStatus", "Submission", "SubmitResult", "UndoResult"]

GRIDS_READY = 2
_TRIES = 3  # to compose a grid of which others did not just take every galaxy
_ALL_RANDOM = Shares(top=0.0, margin=0.0, random=1.0)


class CampaignLoop:
    """The loop of one open campaign; every method is thread-safe.

    Args:
        campaign: The question, the shape of a grid and the shares of its streams.
        store: Where labels and grids are kept; the loop can be made again from it at any time.
        galaxy_ids: (N,) galaxies that can be shown.
        vectors: (N, D) their embeddings, or ``None``: grids are random until :meth:`set_vectors`.
    """

    def __init__(
        self,
        campaign: Campaign,
        store: LabelStore,
        galaxy_ids: NDArray[np.str_],
        vectors: NDArray[np.floating] | None,
    ) -> None:
        self.campaign = campaign
        self._store = store
        self._lock = threading.RLock()
        self._people: dict[str, Person] = {}
        self._doors: dict[str, threading.Lock] = {}  # one thread at a time composes for a person
        self._trust = Trust(self._weigh_again)
        self._settings_seen = store.campaigns_changed
        self._trainer = Trainer(f"loop {campaign.name}", self._lock, self._lesson)
        self._set_galaxies(galaxy_ids, vectors)

    # --- grids -----------------------------------------------------------------------------------------

    def grids(self, annotator: str) -> tuple[Grid, Grid]:
        """The grid to show and the one waiting behind it; the same again until one is submitted.

        Their galaxies are leased to the person: a person who was away so long that others were given them
        gets the grids without these. A grid without items means that nothing is left for this person now,
        or that the campaign is not open.

        Raises:
            GalcoreError: If the name is empty.
        """
        require_name(annotator)
        self._store.touch(self.campaign.campaign_id, annotator)
        return self._ready(annotator)

    def submit(self, submission: Submission) -> SubmitResult:
        """Store the answers, fit again, compose the next waiting grid; returns after the commit.

        Sending the same submission again stores nothing and returns the grids as they are.

        Raises:
            GalcoreError: If an answer is not one of the campaign's, or the campaign is not open (what is said
                about a grid that was shown is then set aside, see ``LabelStore.append``).
        """
        started = time.perf_counter()
        require_name(submission.annotator)
        events = self._label_events(submission)
        n_stored = self._store.append(events)
        self._store.touch(self.campaign.campaign_id, submission.annotator)
        with self._lock:
            person = self._person(submission.annotator)
            person.outstanding = [grid for grid in person.outstanding if grid.grid_id != submission.grid_id]
        grid, waiting = self._ready(submission.annotator)
        return SubmitResult(
            acknowledged=tuple(event.event_id for event in events),
            n_stored=n_stored,
            grid=grid,
            waiting=waiting,
            model_version=self._model.version,
            milliseconds=(time.perf_counter() - started) * 1e3,
        )

    def correct(self, submission: Submission) -> int:
        """Change answers outside the running grid (a grid that is reopened, a galaxy's own page).

        A label replaces the answer that stands; an undo takes it back. The grids in front of the person stay.

        Returns:
            Number of events newly stored.
        """
        require_name(submission.annotator)
        events = self._label_events(submission)
        n_stored = self._store.append(events) if events else 0
        with self._lock:
            if any(answer.kind is EventKind.UNDO for answer in submission.answers):
                # A grid that was taken back as a whole waits again: read from the store what lies ready.
                self._people.pop(submission.annotator, None)
            self._catch_up(submission.annotator)
        return n_stored

    def undo(self, annotator: str) -> UndoResult:
        """Take back the person's last action: a submitted grid, a correction, an answer given elsewhere.

        Nothing is deleted: the undo is an event for each answer. A grid that is taken back is offered again,
        before the one on show.
        """
        require_name(annotator)
        with self._lock:
            history = self._store.history(self.campaign.campaign_id)
            undoing, grid_id = undo_events(history, annotator)
            if not undoing:
                return UndoResult((), "")
            self._store.append(undoing)
            self._people.pop(annotator, None)  # read again from the store: the grid is waiting once more
            self._catch_up(annotator)
            return UndoResult(tuple(event.galaxy_id for event in undoing), grid_id)

    def leave(self, annotator: str) -> None:
        """A person goes: what lies in front of them is given back until they return."""
        self._store.release(self.campaign.campaign_id, annotator)
        with self._lock:
            self._people.pop(annotator, None)

    def queue(self, galaxy_ids: Sequence[str], by: str) -> int:
        """Put galaxies in front of a person next, in grids of their own.

        Returns:
            How many will be shown; passed over are those this person has answered or has waiting already,
            those that enough people answer, and those the campaign does not ask about.

        Raises:
            GalcoreError: If a galaxy is not in this campaign.
        """
        require_name(by)
        with self._lock:
            self._catch_up(by)
            unknown = next((name for name in galaxy_ids if name not in self._asked.row_of), None)
            if unknown is not None:
                raise GalcoreError(
                    f"{unknown!r} has no embedding in this workspace: prepare it, then queue it."
                )
            rows = np.array([self._asked.row_of[name] for name in dict.fromkeys(galaxy_ids)], dtype=np.intp)
            available = self._candidates(by).available
            rows = rows[available[rows]]
            person = self._person(by)
            fresh = []
            for start in range(0, len(rows), self._size):
                part = rows[start : start + self._size].tolist()
                picks = [pick_row(self._model, row, Reason.QUEUED) for row in part]
                given = self._store.give_grid(self._grid_of(by, person, picks))
                person.round += bool(given.items)
                fresh.append(given)
            fresh = [grid for grid in fresh if grid.items]
            person.outstanding = fresh + person.outstanding
            return sum(len(grid.items) for grid in fresh)

    # --- what is known ---------------------------------------------------------------------------------

    def status(self, annotator: str) -> LoopStatus:
        """How the campaign stands, for this person."""
        with self._lock:
            self._catch_up(annotator)
            state, model, order = self._state, self._model, self._asked.order
            figures = self._figures.tell(state, order, self._promised)
            given = self._people[annotator].round if annotator in self._people else 0
        return tell_status(
            state,
            figures,
            n_galaxies=len(order),
            annotator=annotator,
            round_number=given,
            model_version=model.version,
            ready=self._policy.space is not None,
            present=self._store.present(self.campaign.campaign_id),
        )

    def probabilities(self) -> tuple[NDArray[np.str_], NDArray[np.float32]] | None:
        """Galaxy ids (N,) and the probability of each class (N, K); ``None`` before the first fit.

        The classes are :attr:`learned_answers`; of a question further down a tree, that it is asked and
        answered so.
        """
        with self._lock:
            self._catch_up("")
            if self._model.probabilities is None:
                return None
            return self._galaxy_ids, self._model.probabilities

    @property
    def space(self) -> FeatureSpace | None:
        """Features that the learner is fitted on, in the order of ``galaxy_ids``; ``None`` without any."""
        return self._policy.space

    @property
    def learned_answers(self) -> tuple[str, ...]:
        """Names of the classes of the question in focus; the wanted one first."""
        return learned_answers(self.campaign)

    @property
    def galaxy_ids(self) -> NDArray[np.str_]:
        """Galaxies of the loop, ``(N,)``, in the order of the features."""
        return self._galaxy_ids

    @property
    def model_version(self) -> str:
        """Version of the current learner; empty before the first fit."""
        return self._model.version

    @property
    def fit_milliseconds(self) -> float:
        """Time the last fit took, scoring of all galaxies included."""
        return self._trainer.fit_s * 1e3

    def set_vectors(self, galaxy_ids: NDArray[np.str_], vectors: NDArray[np.floating] | None) -> None:
        """Take new embeddings: the model became ready, or the catalogue grew. Grids on show stay."""
        with self._lock:
            self._set_galaxies(galaxy_ids, vectors)

    def update_campaign(self, campaign: Campaign) -> None:
        """Take changed settings (shares, grid, answers, list of galaxies) from the next grid on."""
        with self._lock:
            self.campaign = campaign
            self._take_settings()

    def set_weights(self, weight_of: Mapping[str, float]) -> None:
        """What a vote of each person is worth to the learner, from now on; 1 for people not named."""
        if self._trust.given != weight_of:
            self._trust.given = dict(weight_of)
            self._weigh_again()

    @property
    def weight_of(self) -> dict[str, float]:
        """What a vote of each person on the first question is worth: the weight given times skill; else 1."""
        return self._trust.weight_of(self._log.targets[0].question)

    def _weigh_again(self) -> None:
        with self._lock:
            if self._log.events is not None:
                self._state = LoopState.from_log(self._log, self._trust.weights(self._log.targets))

    def close(self) -> None:
        """Stop the worker thread; everything acknowledged is in the store."""
        self._trainer.close()

    # --- inside: all of it under the lock ----------------------------------------------------------------

    @property
    def _model(self) -> CampaignModel:
        return self._trainer.model

    @property
    def _size(self) -> int:
        return max(1, self.campaign.grid_rows * self.campaign.grid_columns)

    def _set_galaxies(self, galaxy_ids: NDArray[np.str_], vectors: NDArray[np.floating] | None) -> None:
        ids = np.asarray(galaxy_ids, dtype=str)
        if vectors is not None and len(vectors) != len(ids):
            raise ValueError(f"{len(ids)} galaxies but {len(vectors)} vectors")
        self._galaxy_ids = ids
        self._trainer.forget()
        self._policy = GridPolicy(
            shares=self.campaign.shares,
            space=None if vectors is None or len(ids) == 0 else FeatureSpace.from_vectors(vectors),
            seed=self.campaign.seed,
        )
        self._take_settings()

    def _take_settings(self) -> None:
        """Make anew what depends on the settings: the galaxies asked about, and what was said so far."""
        campaign = self.campaign
        scope = (self._store.scope(campaign.campaign_id) or ()) if campaign.scoped else None
        self._asked = Asked.of(self._galaxy_ids, campaign, scope)
        self._policy.shares = campaign.shares if campaign.learns else _ALL_RANDOM
        self._policy.seeds = self._asked.seeds if focus_of(campaign) == 0 else ()
        self._holdings = Holdings(self._store, campaign.campaign_id, self._asked.row_of)
        self._log = EventLog(self._asked.row_of, campaign)
        self._figures = FigureKeeper(len(self.learned_answers))
        self._promises: dict[str, NDArray[np.intp]] = {}

    def _catch_up(self, by: str) -> None:
        """Read what was committed since the last look, then fit or have it fitted, for the person ``by``."""
        campaign_id = self.campaign.campaign_id
        if self._settings_seen != self._store.campaigns_changed:
            self._settings_seen = self._store.campaigns_changed
            self.update_campaign(self._store.campaign(campaign_id))
        if self._log.events is None or self._store.last_seq(campaign_id) > self._log.last_seq:
            begun = self._log.events is not None
            fresh = self._log.extend(self._store.news(campaign_id, after_seq=self._log.last_seq))
            weights = self._trust.weights(self._log.targets)
            if begun and fresh is not None:
                self._state = self._state.followed_by(fresh, self._log, weights)
            else:
                self._state = LoopState.from_log(self._log, weights)
            if self.campaign.overlap > 1:
                self._trust.follow(self._log)
        if self.campaign.learns:
            self._trainer.learn(by)

    def _promised(self) -> NDArray[np.bool_]:
        """(N,) galaxies that lie in front of somebody."""
        promised = np.zeros(len(self._galaxy_ids), bool)
        for person in self._people.values():
            promised[self._rows_of(person.outstanding)] = True
        return promised

    def _lesson(self) -> Lesson:
        return Lesson(self.campaign, self._policy.space, self._state, self._asked.seeds)

    def _person(self, annotator: str) -> Person:
        """What lies in front of a person, from the store when it is asked for the first time."""
        person = self._people.get(annotator)
        if person is None:
            person = read_person(self._store, self.campaign.campaign_id, annotator)
            self._people[annotator] = person
        return person

    def _front(self, annotator: str) -> tuple[Grid, Grid]:
        nothing = Grid("", self.campaign.campaign_id, annotator, 0, (), self._model.version)
        if self.campaign.state != "open":
            return nothing, nothing
        first, second, *_ = [*self._person(annotator).outstanding, nothing, nothing]
        return first, second

    def _ready(self, annotator: str) -> tuple[Grid, Grid]:
        """Compose until two grids lie ready.

        Storing one waits for the disk: without the lock, so that nobody else waits too.
        """
        attempt = 0
        with self._doors.setdefault(annotator, threading.Lock()):
            while True:
                with self._lock:
                    self._catch_up(annotator)
                    grid = self._next_grid(annotator, attempt) if attempt < _TRIES else None
                    if grid is None:
                        return self._front(annotator)
                attempt = 0 if self._give(annotator, grid) else attempt + 1

    def _give(self, annotator: str, grid: Grid) -> bool:
        """Store and lease a grid; false if others were given all of it meanwhile."""
        given: Grid | None = None
        try:
            given = self._store.give_grid(grid)
        finally:
            with self._lock:
                self._promises.pop(grid.grid_id, None)
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
        if self.campaign.state != "open":
            return None
        person = self._person(annotator)
        seen = np.zeros(len(self._galaxy_ids), bool)
        seen[self._state.seen_by.get(annotator, [])] = True
        rows_of = {grid.grid_id: self._rows_of([grid]) for grid in person.outstanding}
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
        self._promises[grid.grid_id] = np.array([pick.row for pick in picks], dtype=np.intp)
        return grid

    def _hold(self, annotator: str, person: Person, seen: NDArray[np.bool_]) -> None:
        """Lease again what is not leased any more; what others were given falls out."""
        wanted = [
            item.galaxy_id
            for grid in person.outstanding
            for item in grid.items
            if item.reason not in (Reason.GOLD, Reason.REASK)
            and (row := self._asked.row_of.get(item.galaxy_id, -1)) >= 0
            and not seen[row]
        ]
        lost = self._holdings.lose(annotator, wanted)
        if lost:
            trimmed = [without(grid, lost) for grid in person.outstanding]
            person.outstanding = [grid for grid in trimmed if grid.items]

    def _compose(self, annotator: str, person: Person, attempt: int) -> Sequence[Pick]:
        """The galaxies of the next grid; none when nothing is left."""
        rng = np.random.default_rng([self.campaign.seed, person.round, crc32(annotator.encode()), attempt])
        measures, person.debt = draw_for(
            annotator,
            self.campaign,
            person.debt,
            gold=self._asked.gold,
            waiting=self._rows_of(person.outstanding),
            seen=self._state.seen_by.get(annotator, np.empty(0, np.intp)),
            log=self._log,
            rng=rng,
        )
        picks, person.carried = self._policy.choose(
            self._candidates(annotator),
            self._model,
            self._size - len(measures),
            votes=self._state.votes,
            carried=person.carried,
            rng=rng,
        )
        if not picks or not measures:
            return picks
        page = [*picks, *(pick_row(self._model, row, reason) for row, reason in measures)]
        return [page[place] for place in rng.permutation(len(page))]

    def _grid_of(self, annotator: str, person: Person, picks: Sequence[Pick]) -> Grid:
        return make_grid(
            self.campaign.campaign_id, annotator, person.round + 1, picks, self._galaxy_ids, self._model
        )

    def _candidates(self, annotator: str) -> Candidates:
        loads = self._holdings.loads().copy()
        for rows in self._promises.values():
            loads[rows] += 1
        full = loads >= self.campaign.overlap
        full[self._holdings.rows_of(annotator)] = False  # in this person's hands already
        available = self._asked.mask & ~full
        available[self._state.seen_by.get(annotator, [])] = False
        available[self._rows_of(self._person(annotator).outstanding)] = False
        # Others skipped or flagged these; what others answered is wanted until enough people did.
        avoided = self._state.touched & (loads == 0)
        return Candidates(available, avoided, self._asked.order)

    def _rows_of(self, grids: Sequence[Grid]) -> NDArray[np.intp]:
        return self._asked.rows_of(grids)

    def _label_events(self, submission: Submission) -> list[LabelEvent]:
        """Answers as events, each with the reason and score the galaxy was shown with."""
        standing = {}
        if any(answer.kind is EventKind.UNDO for answer in submission.answers):
            history = self._store.history(self.campaign.campaign_id)
            standing = standing_events(history, submission.annotator)
        return label_events(
            submission,
            self.campaign.campaign_id,
            grid=self.find_grid(submission),
            standing=standing,
            model_version=self._model.version,
        )

    def find_grid(self, submission: Submission) -> Grid | None:
        """The grid that a submission answers, as it was shown; from memory while it lies in front."""
        # Without the lock where it can be: what is said has to be on disk before anybody is waited for.
        person = self._people.get(submission.annotator)
        if person is None:
            with self._lock:
                person = self._person(submission.annotator)
        return find_grid(person, submission, self._store, self.campaign.campaign_id)
