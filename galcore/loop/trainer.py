"""Keeps the model up with the votes: at once while a fit is quick, else on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from galcore.loop.campaign_model import CampaignModel, fit_campaign
from galcore.loop.pace import Pace
from galcore.loop.space import FeatureSpace
from galcore.loop.state import LoopState
from galcore.types import Campaign

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

FIT_BUDGET_S = 0.25  # a fit that took longer than this is left to the worker thread
SHARED_BUDGET_S = 0.05  # the same where several people wait for it
_REST = 8.0  # fits for several people take a ninth of the time at most


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What there is to learn from at one moment: votes of a campaign, examples of its first question."""

    campaign: Campaign
    space: FeatureSpace | None
    state: LoopState
    seeds: tuple[int, ...]

    def is_as(self, other: Lesson) -> bool:
        """Whether the other teaches the same, being told from the very same state."""
        return (
            self.campaign == other.campaign
            and self.space is other.space
            and self.state is other.state
            and self.seeds == other.seeds
        )

    def fit(self, previous: CampaignModel) -> CampaignModel:
        """The model of these votes; the previous one where nothing is new."""
        if self.space is None:
            return previous
        return fit_campaign(
            self.campaign, self.space, self.state.ballots, seeds=self.seeds, previous=previous, whole=False
        )


class Trainer:
    """The model of a loop.

    Args:
        name: Of the worker thread.
        lock: Held by whoever calls :meth:`learn`; the worker takes it to read and to hand over.
        lesson: What there is to learn now; called with the lock held.
    """

    def __init__(self, name: str, lock: threading.RLock, lesson: Callable[[], Lesson]) -> None:
        self.model = CampaignModel()
        self._pace = Pace(rest=_REST)
        self._taught: Lesson | None = None  # the last lesson that was fitted or left to the worker
        self._last_by = ""
        self._lock = lock
        self._lesson = lesson
        self._closed = False
        self._stale = threading.Event()
        self._ending = threading.Event()
        self._worker = threading.Thread(target=self._learn_when_stale, name=name, daemon=True)
        self._worker.start()

    @property
    def fit_s(self) -> float:
        """Time that the last fit took, scoring of all galaxies included."""
        return self._pace.took_s

    def learn(self, by: str) -> None:
        """Fit now, or have it done where the last fit took long or others wait.

        Whoever works alone gets a grid of the newest model after each submission. With several people one fit
        serves many submissions, and takes no more than its share of the time.

        Args:
            by: Person who is going to be shown galaxies.
        """
        lesson = self._lesson()
        if self._taught is not None and lesson.is_as(self._taught):
            return
        self._taught = lesson
        alone, self._last_by = by == self._last_by, by
        at_once = self.fit_s <= (FIT_BUDGET_S if alone else SHARED_BUDGET_S)
        if at_once and (alone or not self._pace.wait_s):
            self._take(lesson, self._fit(lesson, self.model))
        else:
            self._stale.set()

    def forget(self) -> None:
        """Start without a model: the galaxies are others."""
        self.model = CampaignModel()
        self._taught = None

    def close(self) -> None:
        """Stop the worker."""
        self._closed = True
        self._ending.set()
        self._stale.set()
        if self._worker is not threading.current_thread():
            self._worker.join(timeout=10)

    def _learn_when_stale(self) -> None:
        """The worker: one fit for however many submissions came meanwhile, without holding up anybody."""
        while True:
            self._stale.wait()
            self._ending.wait(self._pace.wait_s)
            self._stale.clear()
            if self._closed:
                return
            with self._lock:
                lesson, previous = self._lesson(), self.model
            fitted = self._fit(lesson, previous)
            with self._lock:
                self._take(lesson, fitted)

    def _fit(self, lesson: Lesson, previous: CampaignModel) -> CampaignModel:
        with self._pace.measured(), _math_threads().limit(limits=1):
            fitted = lesson.fit(previous)
            if fitted.ranking is not None:
                fitted.ranking.prepare()
        return fitted

    def _take(self, lesson: Lesson, fitted: CampaignModel) -> None:
        if fitted is not self.model and self._lesson().space is lesson.space:
            self.model = fitted


@cache
def _math_threads() -> ThreadpoolController:
    """Threads of the linear algebra. A fit is many small products: more than one thread mostly spins."""
    import sklearn.linear_model  # noqa: F401  # brings the libraries that are looked for here
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
