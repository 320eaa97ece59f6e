"""Which annotation pages are open in browsers: closing one of two tabs is not leaving."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

from galcore.labels import LabelStore
from galcore.signatures import read_token, signed_token

SIGN_S = 90.0  # browsers run the timers of a hidden tab once a minute
CLOSED_S = 10.0  # a reload comes back within this and finds its grid as it was
TURNED_S = 60.0  # to look at a galaxy's own page, and return
LATE_S = 5.0  # a run that begins so soon after its page was left may have been asked for before
_KEPT_S = 600.0  # no run of a page takes longer
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


@dataclass(frozen=True, slots=True)
class _Leaving:
    at: float
    within_s: float


class OpenPages:
    """Signs of open pages; safe from several threads.

    A page may be left while the server is still at work for it. What that run then does is no sign of the
    page, so each sign says when its run began.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._signs: dict[OpenPage, float] = {}
        self._left: dict[OpenPage, _Leaving] = {}
        self._lock = threading.Lock()

    def now(self) -> float:
        """The time by which a run says when it began."""
        return self._clock()

    def sign(self, page: OpenPage, *, began: float | None = None) -> float | None:
        """The page was open when a run for it began; None: now.

        Returns:
            None if it is open. Else it was left meanwhile, which counts and not the sign: within so many
            seconds its person gives back what the run took; infinity while they have another page open.
        """
        with self._lock:
            left = self._left.get(page)
            if left is None or (began is not None and began > left.at + LATE_S):
                self._left.pop(page, None)
                self._signs[page] = self._clock()
                return None
            if not self._is_last(page):
                return math.inf
            return left.within_s if began is not None and began <= left.at else TURNED_S

    def leave(self, page: OpenPage, *, within_s: float = CLOSED_S) -> bool:
        """The page is gone; whether its person has no other one open in the campaign.

        Args:
            page: Which.
            within_s: So soon its person gives back what they hold, unless they return.
        """
        now = self._clock()
        with self._lock:
            self._signs.pop(page, None)
            self._left = {each: left for each, left in self._left.items() if left.at >= now - _KEPT_S}
            self._left[page] = _Leaving(now, within_s)
            return self._is_last(page)

    def _is_last(self, page: OpenPage) -> bool:
        since = self._clock() - SIGN_S
        self._signs = {each: at for each, at in self._signs.items() if at >= since}
        return not any(_same_hands(each, page) for each in self._signs)


def _same_hands(one: OpenPage, other: OpenPage) -> bool:
    return astuple(one)[:3] == astuple(other)[:3]


_pages = OpenPages()


def settle(page: OpenPage, labels: LabelStore, *, began: float) -> None:
    """Note that a page is open once a run for it took galaxies; give them back if it was left meanwhile.

    Args:
        page: Which.
        labels: Where its galaxies are leased.
        began: When the run began, by :meth:`OpenPages.now`.
    """
    within_s = open_pages().sign(page, began=began)
    if within_s is not None and math.isfinite(within_s):
        labels.depart(page.campaign_id, page.annotator, within_s=within_s)


def open_pages() -> OpenPages:
    """Those of this server process."""
    return _pages
