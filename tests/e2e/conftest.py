"""A real server over a small workspace and a real browser; without a browser all is skipped, loudly."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from galcore.types import Campaign
from galcore.workspace import Workspace
from tests.browser import find_browser
from tests.e2e.driver import BROWSER_FLAGS, GridDriver, Server, open_grid, open_profile

SPIRALS = Campaign(
    "spirals",
    "Spirals",
    "Which of these are spirals?",
    ("spiral", "other"),
    grid_rows=2,
    grid_columns=2,
    overlap=2,  # two people at once meet more than the 48 galaxies there are
)
KINDS = Campaign(
    "kinds",
    "Kinds",
    "What kind is each?",
    ("round", "disc", "odd"),
    mode="multiclass",
    grid_rows=2,
    grid_columns=3,
)
ALONE = Campaign("alone", "Alone", "Which are round?", ("round", "other"), grid_rows=5, grid_columns=5)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if not path:
        message = "NO BROWSER: end-to-end tests cannot run (apt-get install chromium, or set GALCORE_BROWSER)"
        warnings.warn(pytest.PytestWarning(message), stacklevel=1)
        pytest.skip(message)
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def server(copy_sky: Callable[[str], Path], tmp_path: Path) -> Iterator[Server]:
    """A running server over one prepared workspace: binary, several classes, and one that two grids fill."""
    folder = copy_sky("sky")
    workspace = Workspace.open(folder)
    for campaign in (ALONE, KINDS, SPIRALS):
        workspace.labels.create_campaign(campaign)
    workspace.close()
    with Server(folder.parent, tmp_path / "server.log") as server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A window of somebody who has given a name; an error in the page's scripts fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "galcore_name", "value": "Vera", "url": server.address}])
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield page
    context.close()
    assert failures == []


@pytest.fixture
def person(browser: Browser, server: Server) -> Iterator[Callable[..., GridDriver]]:
    """Opens the grid as somebody, in a browser profile of their own."""
    contexts: list[BrowserContext] = []

    def open_as(name: str, *, campaign: str = "spirals") -> GridDriver:
        contexts.append(open_profile(browser))
        return open_grid(contexts[-1], server, name, campaign)

    yield open_as
    for context in contexts:
        context.close()
