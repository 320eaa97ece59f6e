"""Slow work that may wait keeps to a share of the time, so that it never takes the server from the people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Pace:
    """Says when work may be done again.

    Args:
        rest: It rests so many times as long as it took.
        free_s: Work that takes no longer than this never rests.
    """

    def __init__(self, *, rest: float, free_s: float = 0.0) -> None:
        self.took_s = 0.0
        self._rest = rest
        self._free_s = free_s
        self._ended_at = 0.0

    @property
    def wait_s(self) -> float:
        """Seconds until it may be done again; 0: now."""
        if self.took_s <= self._free_s:
            return 0.0
        return max(0.0, self._ended_at + self._rest * self.took_s - time.monotonic())

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Do the work inside."""
        started = time.monotonic()
        yield
        self._ended_at = time.monotonic()
        self.took_s = self._ended_at - started
