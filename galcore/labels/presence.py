"""Who is here: kept in memory, since it is of no use after a minute."""

from __future__ import annotations

import threading
import time


class Presence:
    """The last sign of each person in each campaign; thread-safe."""

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._seen_at: dict[tuple[str, str], float] = {}

    def appear(self, campaign_id: str, annotator: str) -> None:
        """A sign of a person."""
        with self._door:
            self._seen_at[campaign_id, annotator] = time.monotonic()

    def depart(self, campaign_id: str, annotator: str) -> None:
        """A person goes."""
        with self._door:
            self._seen_at.pop((campaign_id, annotator), None)

    def within(self, campaign_id: str, seconds: float) -> tuple[str, ...]:
        """People who gave a sign in the last seconds, by name."""
        since = time.monotonic() - seconds
        with self._door:
            here = [who for (where, who), at in self._seen_at.items() if where == campaign_id and at >= since]
        return tuple(sorted(here))
