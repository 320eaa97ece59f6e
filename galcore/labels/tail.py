"""The newest events in memory, so that a loop that keeps up with them asks the database for none."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.types import LabelEvent

MOST_EVENTS = 20_000
_FIELDS = tuple(name for name in LabelEvent.__dataclass_fields__ if name != "created_at")
_TEXTS = ("kind", "reason")


class Tail:
    """Events in the order of their sequence numbers; thread-safe.

    Args:
        after_seq: Every event after this one will be given to :meth:`extend`.
        size: Events kept.
    """

    def __init__(self, *, after_seq: int, size: int = MOST_EVENTS) -> None:
        self._door = threading.Lock()
        self._size = size
        self._after_seq = after_seq
        self._events: deque[tuple[int, LabelEvent, bool]] = deque()

    def extend(self, events: Sequence[tuple[int, LabelEvent, bool]]) -> None:
        """Take in events that were committed: number, event, whether it was undone before it came."""
        with self._door:
            self._events.extend(events)
            while len(self._events) > self._size:
                self._after_seq = self._events.popleft()[0]

    def read(self, campaign_id: str, after_seq: int) -> dict[str, NDArray] | None:
        """Columns of the events of a campaign after a number; ``None`` if some are not in memory any more."""
        with self._door:
            if after_seq < self._after_seq:
                return None
            fresh = []
            for entry in reversed(self._events):
                if entry[0] <= after_seq:
                    break
                if entry[1].campaign_id == campaign_id:
                    fresh.append(entry)
        return _as_columns(fresh[::-1])


def columns_of(history: pd.DataFrame) -> dict[str, NDArray]:
    """Columns of a table: making one takes longer than all else that a loop does with the news of a grid."""
    return {str(name): history[name].to_numpy() for name in history.columns}


def _as_columns(entries: Sequence[tuple[int, LabelEvent, bool]]) -> dict[str, NDArray]:
    columns = {name: _objects(getattr(event, name) for _, event, _ in entries) for name in _FIELDS}
    columns |= {name: _objects(str(value) for value in columns[name]) for name in _TEXTS}
    columns["score"] = columns["score"].astype(float)  # None becomes NaN
    columns["explicit"] = columns["explicit"].astype(bool)
    columns["seq"] = np.array([seq for seq, _, _ in entries], dtype=np.int64)
    columns["undone"] = np.array([undone for _, _, undone in entries], dtype=bool)
    return columns


def _objects(values: Iterable[object]) -> NDArray[np.object_]:
    return np.fromiter(values, dtype=object)
