"""Tables kept as long as nothing new was said, so that a page that is drawn again costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable

import pandas as pd


class FrameCache:
    """The newest table per name, thread-safe; whoever asks gets a copy of their own.

    Two threads that ask for the same new table at once may both read it; nobody waits for another.

    >>> cache = FrameCache(size=8)
    >>> cache.get("votes", key=1, read=lambda: pd.DataFrame({"n": [1]})).n.tolist()
    [1]
    >>> cache.get("votes", key=1, read=lambda: pd.DataFrame({"n": [2]})).n.tolist()
    [1]
    >>> cache.get("votes", key=2, read=lambda: pd.DataFrame({"n": [2]})).n.tolist()
    [2]
    """

    def __init__(self, *, size: int) -> None:
        self._size = size
        self._door = threading.Lock()
        self._frames: dict[Hashable, tuple[Hashable, pd.DataFrame]] = {}

    def get(self, name: Hashable, *, key: Hashable, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The table kept under ``name`` if it was read under the same ``key``, else what ``read`` returns.

        ``key`` must be taken before the call, so that a table read while something changes is kept under
        the older key and read again next time.
        """
        with self._door:
            kept = self._frames.get(name)
        if kept is None or kept[0] != key:
            kept = (key, read())
            with self._door:
                self._frames.pop(name, None)
                self._frames[name] = kept
                while len(self._frames) > self._size:
                    del self._frames[next(iter(self._frames))]
        return kept[1].copy()
