"""Keeps the model up with the votes: at once while a fit is quick, else on a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from galcore.loop.campaign_model import CampaignModel, fit_campaign
from galcore.loop.space import FeatureSpace
from galcore.loop.state import LoopState
from galcore.types import Campaign

FIT_BUDGET_S = 0.25  # a fit that took longer than this is left to the worker thread


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What there is to learn from at one moment: votes of a campaign, examples of its first question."""

    campaign: Campaign
    space: FeatureSpace | None
    state: LoopState
    seeds: tuple[int, ...]

    def fit(self, previous: CampaignModel) -> CampaignModel:
        """The model of these votes; the previous one where nothing is new."""
        if self.space is None:
            return previous
        return fit_campaign(
            self.campaign, self.space, self.state.ballots, seeds=self.seeds, previous=previous
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
        self.fit_s = 0.0
        self._lock = lock
        self._lesson = lesson
        self._closed = False
        self._stale = threading.Event()
        self._worker = threading.Thread(target=self._learn_when_stale, name=name, daemon=True)
        self._worker.start()

    def learn(self) -> None:
        """Fit now, or have it done where the last fit took long."""
        if self.fit_s <= FIT_BUDGET_S:
            lesson = self._lesson()
            self._take(lesson, *self._timed_fit(lesson, self.model))
        else:
            self._stale.set()

    def forget(self) -> None:
        """Start without a model: the galaxies are others."""
        self.model = CampaignModel()

    def close(self) -> None:
        """Stop the worker."""
        self._closed = True
        self._stale.set()
        if self._worker is not threading.current_thread():
            self._worker.join(timeout=10)

    def _learn_when_stale(self) -> None:
        """The worker: one fit for however many submissions came meanwhile, without holding up anybody."""
        while True:
            self._stale.wait()
            self._stale.clear()
            if self._closed:
                return
            with self._lock:
                lesson, previous = self._lesson(), self.model
            fitted, seconds = self._timed_fit(lesson, previous)
            with self._lock:
                self._take(lesson, fitted, seconds)

    def _timed_fit(self, lesson: Lesson, previous: CampaignModel) -> tuple[CampaignModel, float]:
        started = time.perf_counter()
        return lesson.fit(previous), time.perf_counter() - started

    def _take(self, lesson: Lesson, fitted: CampaignModel, seconds: float) -> None:
        if fitted is not self.model and self._lesson().space is lesson.space:
            self.model = fitted
            self.fit_s = seconds
