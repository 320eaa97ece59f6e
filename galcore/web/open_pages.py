"""Which annotation pages are open in browsers: closing one of two tabs is not leaving."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

from galcore.signatures import read_token, signed_token

SIGN_S = 90.0  # browsers run the timers of a hidden tab once a minute
_PURPOSE = "open page"


@dataclass(frozen=True, slots=True)
class OpenPage:
    """One annotation page in one browser tab.

    Attributes:
        page_id: Tells the tabs of one person apart.
    """

    workspace: str
    campaign_id: str
    annotator: str
    page_id: str

    @property
    def token(self) -> str:
        """By this the browser says which page it leaves."""
        return signed_token([_PURPOSE, *astuple(self)])


def read_page_token(token: str) -> OpenPage | None:
    """The page that a token of this server names, or None.

    >>> page = OpenPage("demo", "spirals", "Vera", "a")
    >>> read_page_token(page.token) == page
    True
    """
    fields = read_token(token)
    if not isinstance(fields, list) or len(fields) != 5 or fields[0] != _PURPOSE:
        return None
    return OpenPage(*fields[1:])


class OpenPages:
    """Signs of open pages; safe from several threads.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._signs: dict[OpenPage, float] = {}
        self._lock = threading.Lock()

    def sign(self, page: OpenPage) -> None:
        """The page is open now."""
        with self._lock:
            self._signs[page] = self._clock()

    def leave(self, page: OpenPage) -> bool:
        """The page is gone; whether its person has no other one open in the campaign."""
        since = self._clock() - SIGN_S
        with self._lock:
            self._signs.pop(page, None)
            self._signs = {each: at for each, at in self._signs.items() if at >= since}
            return not any(_same_hands(each, page) for each in self._signs)


def _same_hands(one: OpenPage, other: OpenPage) -> bool:
    return astuple(one)[:3] == astuple(other)[:3]


_pages = OpenPages()


def open_pages() -> OpenPages:
    """Those of this server process."""
    return _pages
