"""What made a set of weights, as text beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunCard:
    """Facts of one pretraining run.

    Attributes:
        plan: The run's plan as JSON.
        data: Pictures by stream, with the hash of each corpus.
        code_version: Commit that trained.
        hardware: Where.
        processes: Processes that shared each step.
        parameters: Weights of encoder and decoder.
        steps: Updates of the weights.
        views: Pictures seen, each view counted.
        minutes: Training time.
        losses: Mean of each loss over the last reports.
    """

    plan: str
    data: str
    code_version: str
    hardware: str
    processes: int
    parameters: int
    steps: int
    views: int
    minutes: float
    losses: dict[str, float]

    def to_json(self) -> str:
        """The facts as indented JSON."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "plan"}
        return json.dumps(fields | {"plan": json.loads(self.plan)}, indent=1, ensure_ascii=False)


def mean_losses(history: list[dict[str, float]], last: int = 20) -> dict[str, float]:
    """Mean of every loss over the last reports.

    Example:
        >>> mean_losses([{"step": 1, "contrast": 2.0}, {"step": 2, "contrast": 1.0}])
        {'contrast': 1.5}
    """
    rows = history[-last:]
    counters = ("step", "share", "size_px", "samples", "norm", "left_s")
    names = [name for name in (rows[-1] if rows else {}) if name not in counters]
    return {name: round(sum(row[name] for row in rows if name in row) / len(rows), 4) for name in names}
