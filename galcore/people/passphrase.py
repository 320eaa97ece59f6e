"""The shared passphrase: compared in constant time, and slower with every wrong attempt.

Two limits: by place, and over all places, since somebody may have many addresses. The second makes newcomers
wait while it lasts; whoever is in already is asked for no passphrase.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

_FREE_ATTEMPTS = 3
_LONGEST_WAIT_S = 60.0
_MOST_PLACES = 10_000
_MOST_A_MINUTE = 60
_NETWORK_BITS = 64  # of an IPv6 address: one customer has all the rest


class Attempts:
    """Wrong attempts by place (address of the browser): after three the wait doubles, up to a minute.

    Over all places 60 wrong ones a minute are compared; then everybody waits until the minute is over.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._last: deque[float] = deque(maxlen=_MOST_A_MINUTE)
        self._lock = threading.Lock()

    def try_phrase(self, said: str, wanted: str, *, place: str) -> tuple[bool, float]:
        """Whether a phrase is the right one, and the seconds to wait before the next attempt.

        While the wait lasts nothing is compared, so that the right phrase does not tell itself either.
        """
        place = _network(place)
        with self._lock:
            wrong, until = self._wrong.get(place, (0, 0.0))
            full = len(self._last) == _MOST_A_MINUTE
            wait = max(until, self._last[0] + 60.0 if full else 0.0) - self._clock()
            if wait > 0:
                return False, wait
            if is_same(said, wanted):
                self._wrong.pop(place, None)
                return True, 0.0
            wait = (
                min(2.0 ** (wrong + 1 - _FREE_ATTEMPTS), _LONGEST_WAIT_S) if wrong >= _FREE_ATTEMPTS else 0.0
            )
            self._last.append(self._clock())
            self._wrong[place] = (wrong + 1, self._clock() + wait)
            self._wrong.move_to_end(place)
            while len(self._wrong) > _MOST_PLACES:
                self._wrong.popitem(last=False)
            return False, wait


def _network(place: str) -> str:
    """The place, or the network that an IPv6 address lies in."""
    try:
        address = ip_address(place)
    except ValueError:
        return place
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, _NETWORK_BITS), strict=False))
    return place


def is_same(said: str, wanted: str) -> bool:
    """Whether two phrases are one, in a time that tells nothing of where they differ or how long they are.

    >>> is_same("open sesame", "open sesame"), is_same("", "")
    (True, False)
    """
    digests = [hashlib.sha256(text.strip().encode()).digest() for text in (said, wanted)]
    return hmac.compare_digest(*digests) and bool(wanted.strip())


attempts = Attempts()
