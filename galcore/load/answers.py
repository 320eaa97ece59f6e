"""What one simulated annotator sent and when it came back: the outbox of the grid page, and its stopwatch."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Sent:
    """One submitted grid.

    Attributes:
        number: In the outbox.
        grid_id: The grid.
        events: Id of the event about each galaxy, with the answer.
        sent_at: Seconds of a monotonic clock.
        known: Grids that lay ready when it was sent.
        acknowledged_at: When the page would have said *saved*.
        next_at: When a grid was there that was composed afterwards.
    """

    number: int
    grid_id: str
    events: dict[str, tuple[str, str]]
    sent_at: float
    known: frozenset[str]
    acknowledged_at: float | None = None
    next_at: float | None = None


@dataclass(slots=True)
class Answers:
    """Everything one annotator said; what is not acknowledged is sent again, as the page does."""

    campaign_id: str
    wanted: set[str]
    client: str = field(default_factory=lambda: str(uuid.uuid4()))
    sent: list[Sent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _items: list[dict[str, Any]] = field(default_factory=list)

    def submit(self, grid: dict[str, Any], now: float, known: frozenset[str]) -> None:
        """Answer a grid by the truth: wanted ones are clicked, the rest is implied."""
        events = {}
        answers = []
        for item in grid["items"]:
            galaxy_id, event_id = item["id"], str(uuid.uuid4())
            clicked = galaxy_id in self.wanted
            answer = "yes" if clicked else "no"
            events[galaxy_id] = (event_id, answer)
            answers.append(
                {"galaxy_id": galaxy_id, "answer": answer, "kind": "label", "explicit": clicked,
                 "event_id": event_id}
            )  # fmt: skip
        number = len(self.sent) + 1
        self.sent.append(Sent(number, grid["grid_id"], events, now, known))
        self._items.append(
            {"campaign_id": self.campaign_id, "kind": "submit", "grid_id": grid["grid_id"],
             "display": "survey", "answers": answers, "n": number}
        )  # fmt: skip

    def state(self) -> dict[str, Any] | None:
        """State of the component: the outbox as it was sent last; ``None`` before the first grid."""
        if not self.sent:
            return None
        return {"outbox": {"client": self.client, "items": list(self._items)}}

    @property
    def last_acknowledged_at(self) -> float | None:
        """When the last acknowledgement came."""
        return max((each.acknowledged_at or 0.0 for each in self.sent[-20:]), default=None)

    @property
    def waiting(self) -> int:
        """Submitted grids that are not acknowledged."""
        return len(self._items)

    def hear(self, data: dict[str, Any], now: float) -> None:
        """Take in what the server says: how far the outbox is stored, and which grids lie ready."""
        told = data.get("ack") or {}
        if told.get("client") == self.client:
            self._items = [item for item in self._items if item["n"] > told["n"]]
            for each in self._unfinished():
                if each.acknowledged_at is None and each.number <= told["n"]:
                    each.acknowledged_at = now
        if data.get("problem"):
            self.problems.append(data["problem"])
        offered = {grid["grid_id"] for grid in data["grids"]}
        for each in self._unfinished():
            if each.next_at is None and each.acknowledged_at is not None and offered - each.known:
                each.next_at = now

    def _unfinished(self) -> list[Sent]:
        return [each for each in self.sent[-20:] if each.acknowledged_at is None or each.next_at is None]
