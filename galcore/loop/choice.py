"""A grid in the making: what may be shown, and what was picked from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from galcore.loop.ranking import first_allowed
from galcore.types import Reason

Take = Callable[[NDArray[np.bool_], int], NDArray[np.intp]]
"""At most so many of the allowed rows, the best first."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A galaxy chosen for a grid.

    Attributes:
        row: Row of the galaxy.
        reason: Why it was chosen.
        score: Probability that the galaxy is asked the question in focus and gets its positive (several
            answers: its likeliest) answer; ``None`` before there is a model.
    """

    row: int
    reason: Reason
    score: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What may be shown to one person.

    Attributes:
        available: (N,) false where this person saw, labelled or was promised the galaxy.
        avoided: (N,) true where others are looking at it or have labelled it: taken only when nothing else
            is left.
        order: (N,) rows in the audit order.
    """

    available: NDArray[np.bool_]
    avoided: NDArray[np.bool_]
    order: NDArray[np.intp]


@dataclass(slots=True, eq=False)
class Choice:
    """Picks so far.

    Attributes:
        candidates: What may be shown.
        scores: (N,) stored with what is picked; ``None`` before there is a model.
        free: (N,) what may still be picked.
        picks: In the order they were taken.
    """

    candidates: Candidates
    scores: NDArray[np.floating] | None = None
    free: NDArray[np.bool_] = field(init=False)
    picks: list[Pick] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.free = self.candidates.available.copy()

    def add(self, rows: Sequence[int] | NDArray[np.intp], reason: Reason) -> int:
        """Pick these rows; returns how many."""
        for row in rows:
            score = None if self.scores is None else float(self.scores[row])
            self.picks.append(Pick(int(row), reason, score))
            self.free[row] = False
        return len(rows)

    def fill(self, take: Take, count: int, reason: Reason) -> int:
        """Pick what ``take`` gives; what is avoided only when the rest is used up. Returns how many."""
        taken = 0
        for avoided in (False, True):
            if taken < count:
                allowed = self.free & (self.candidates.avoided == avoided)
                taken += self.add(take(allowed, count - taken), reason)
        return taken

    def fill_audit(self, count: int) -> None:
        """Pick the next galaxies in the audit order."""
        self.fill(partial(first_allowed, self.candidates.order), count, Reason.RANDOM)

    def shuffled(self, rng: np.random.Generator) -> tuple[Pick, ...]:
        """The picks in random order, so that the place on the page says nothing."""
        return tuple(self.picks[place] for place in rng.permutation(len(self.picks)))
