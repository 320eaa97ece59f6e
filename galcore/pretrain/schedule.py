"""Which task gets how much of a step: equal shares, or shares that follow where the loss still falls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

SCHEDULES = ("uniform", "active")
_FAST, _SLOW = 0.97, 0.99


@dataclass
class TaskSchedule:
    """Shares of the tasks.

    ``uniform`` keeps the starting shares. ``active`` is the learning-progress teacher of Matiisen et al.
    (2017, Teacher-Student Curriculum Learning, online variant): a task gets its share in proportion to the
    slope of its learning curve, here the fall of the logarithm of its loss between a slow and a fast moving
    average, above a floor that keeps every task alive.

    Attributes:
        base: Starting share of each task; they are normalised.
        kind: ``uniform`` or ``active``.
        floor: Part of every share that does not move.
        fast: Fast moving average of each loss.
        slow: Slow moving average of each loss.

    Example:
        >>> schedule = TaskSchedule({"a": 1, "b": 1}, "active", floor=0.5)
        >>> for step in range(100):
        ...     schedule.update({"a": 0.9**step, "b": 1.0})
        >>> schedule.shares()["a"] > schedule.shares()["b"]
        True
    """

    base: Mapping[str, float]
    kind: str = "uniform"
    floor: float = 0.5
    fast: dict[str, float] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)

    def update(self, losses: Mapping[str, float]) -> None:
        """Take in the positive losses of one step."""
        for task, loss in losses.items():
            value = math.log(max(loss, 1e-9))
            self.fast[task] = _FAST * self.fast.get(task, value) + (1 - _FAST) * value
            self.slow[task] = _SLOW * self.slow.get(task, value) + (1 - _SLOW) * value

    def shares(self) -> dict[str, float]:
        """Share of each task in the next step; they sum to one."""
        total = sum(self.base.values())
        base = {task: share / total for task, share in self.base.items()}
        progress = {
            task: share * max(self.slow.get(task, 0.0) - self.fast.get(task, 0.0), 0.0)
            for task, share in base.items()
        }
        fall = sum(progress.values())
        if self.kind == "uniform" or fall <= 0:
            return base
        return {
            task: self.floor * share + (1 - self.floor) * progress[task] / fall
            for task, share in base.items()
        }

    def counts(self, total: int, *, multiple: int, least: Mapping[str, int] | None = None) -> dict[str, int]:
        """Pictures of each task in the next step.

        Args:
            total: Pictures to share out.
            multiple: Every task gets a multiple of it, at least one where it has a share.
            least: At least this many of a task with a share, itself a multiple.

        Example:
            >>> TaskSchedule({"a": 3, "b": 1}).counts(64, multiple=16)
            {'a': 48, 'b': 16}
        """
        floor = least or {}
        return {
            task: max(max(round(share * total / multiple), 1) * multiple, floor.get(task, 0))
            if share > 0
            else 0
            for task, share in self.shares().items()
        }

    def state(self) -> dict[str, dict[str, float]]:
        """What a checkpoint must keep."""
        return {"fast": dict(self.fast), "slow": dict(self.slow)}

    def load(self, state: Mapping[str, Mapping[str, float]]) -> None:
        """Go on from :meth:`state`."""
        self.fast, self.slow = dict(state["fast"]), dict(state["slow"])
