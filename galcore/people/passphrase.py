"""The shared passphrase: compared in constant time, and slower with every wrong attempt."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_FREE_ATTEMPTS = 3
_LONGEST_WAIT_S = 60.0
_MOST_PLACES = 10_000


class Attempts:
    """Wrong attempts by place (address of the browser): after three the wait doubles, up to a minute.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def try_phrase(self, said: str, wanted: str, *, place: str) -> tuple[bool, float]:
        """Whether a phrase is the right one, and the seconds to wait before the next attempt.

        While the wait lasts nothing is compared, so that the right phrase does not tell itself either.
        """
        with self._lock:
            wrong, until = self._wrong.get(place, (0, 0.0))
            wait = until - self._clock()
            if wait > 0:
                return False, wait
            if is_same(said, wanted):
                self._wrong.pop(place, None)
                return True, 0.0
            wait = (
                min(2.0 ** (wrong + 1 - _FREE_ATTEMPTS), _LONGEST_WAIT_S) if wrong >= _FREE_ATTEMPTS else 0.0
            )
            self._wrong[place] = (wrong + 1, self._clock() + wait)
            self._wrong.move_to_end(place)
            while len(self._wrong) > _MOST_PLACES:
                self._wrong.popitem(last=False)
            return False, wait


def is_same(said: str, wanted: str) -> bool:
    """Whether two phrases are one, in a time that tells nothing of where they differ or how long they are.

    >>> is_same("open sesame", "open sesame"), is_same("", "")
    (True, False)
    """
    digests = [hashlib.sha256(text.strip().encode()).digest() for text in (said, wanted)]
    return hmac.compare_digest(*digests) and bool(wanted.strip())


attempts = Attempts()
