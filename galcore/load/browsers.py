"""A few real browsers beside the crowd: the page itself has to keep what was answered and find back."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from galcore.people.tokens import PLAIN_COOKIE
from galcore.types import GalcoreError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
_OPEN_MS = 60_000
_LOOK_MS = 200
_DRAIN_S = 90.0
# By locators, because the component lives in a shadow root.
_IDS = "cells => cells.map((cell) => cell.dataset.id)"
_SAVED = """labels => labels.some((label) => label.textContent === "saved ✓")
  && !Object.keys(localStorage).some((key) => key.startsWith("galcore.outbox."))"""


@dataclass(slots=True)
class BrowserTab:
    """What one browser submitted.

    Attributes:
        name: Who annotates in it.
        saved: Galaxies of grids that the page has called saved.
        on_the_way: Galaxies of grids that were submitted since.
    """

    name: str
    saved: list[str] = field(default_factory=list)
    on_the_way: list[str] = field(default_factory=list)


class Browsers:
    """Browsers that annotate on a thread of their own, each submits a grid every ``pace_s`` seconds.

    Args:
        address: Of the server.
        campaign_id: What they annotate.
        count: How many.
        pace_s: Seconds between two grids.
    """

    def __init__(self, address: str, campaign_id: str, count: int, *, pace_s: float) -> None:
        self.tabs = [BrowserTab(f"browser {number}") for number in range(count)]
        self._page_address = f"{address}/grid?campaign={quote(campaign_id)}"
        self._address = address
        self._pace_s = pace_s
        self._open = threading.Event()
        self._begin = threading.Event()
        self._end = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="browsers", daemon=True)

    def open(self) -> None:
        """Start them and wait until each shows a grid.

        Raises:
            GalcoreError: If there is no browser, or a page does not open.
        """
        self._thread.start()
        self._open.wait()
        self._raise()

    def annotate(self) -> None:
        """From now on, until :meth:`close`."""
        self._begin.set()

    def close(self) -> None:
        """Submit no more, wait until everything is saved, and close them.

        Raises:
            GalcoreError: If a browser failed.
        """
        self._end.set()
        self._begin.set()
        self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise GalcoreError(f"the browsers failed: {self._error}") from self._error

    def _run(self) -> None:
        try:
            from playwright.sync_api import sync_playwright

            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=_executable(), args=FLAGS)
                pages = [self._open_page(browser, tab) for tab in self.tabs]
                self._open.set()
                self._begin.wait()
                self._annotate(pages)
                browser.close()
        except Exception as error:  # told to whoever waits for this thread
            self._error = error
        finally:
            self._open.set()

    def _open_page(self, browser: Browser, tab: BrowserTab) -> Page:
        profile = browser.new_context(viewport={"width": 1280, "height": 800})
        profile.add_cookies([{"name": PLAIN_COOKIE, "value": quote(tab.name), "url": self._address}])
        page = profile.new_page()
        page.goto(self._page_address)
        page.locator(".gg-cell").first.wait_for(timeout=_OPEN_MS)
        return page

    def _annotate(self, pages: list[Page]) -> None:
        due = [time.monotonic() + self._pace_s * place / len(pages) for place in range(len(pages))]
        while not self._end.is_set():
            for place, (page, tab) in enumerate(zip(pages, self.tabs, strict=True)):
                shown = _look(page, tab)
                if time.monotonic() >= due[place] and shown:
                    page.keyboard.press("Enter")
                    tab.on_the_way += shown
                    due[place] = time.monotonic() + self._pace_s
            pages[0].wait_for_timeout(_LOOK_MS)
        give_up_at = time.monotonic() + _DRAIN_S
        while any(tab.on_the_way for tab in self.tabs) and time.monotonic() < give_up_at:
            for page, tab in zip(pages, self.tabs, strict=True):
                _look(page, tab)
            pages[0].wait_for_timeout(_LOOK_MS)


def _look(page: Page, tab: BrowserTab) -> list[str]:
    """Galaxies on show; notes what the page calls saved."""
    if page.locator(".gg-saved").evaluate_all(_SAVED):
        tab.saved += tab.on_the_way
        tab.on_the_way = []
    return list(page.locator(".gg-cell").evaluate_all(_IDS))


def _executable() -> str | None:
    """A Chromium on this machine; ``None``: Playwright's own. ``GALCORE_BROWSER`` wins."""
    return os.environ.get("GALCORE_BROWSER") or next(
        (path for name in NAMES if (path := shutil.which(name))), None
    )
