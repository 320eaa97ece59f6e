"""What end-to-end tests and a benchmark drive: a real server, and what a person does on the grid page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from galcore.load.server import DashboardServer
from galcore.workspace import Workspace

BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
]


class Server(DashboardServer):
    """`python -m galcore serve` over a folder of workspaces, on a port of its own."""

    def __init__(self, workspaces_dir: Path, log: Path) -> None:
        super().__init__(workspaces_dir, log, {"OMP_NUM_THREADS": "1"})

    def __enter__(self) -> Server:
        self.start()
        return self

    def read(self, question: Callable[[Workspace], Any]) -> Any:
        """Stop the server and ask the label store itself."""
        self.stop()
        workspace = Workspace.open(self.workspaces_dir / "sky")
        try:
            return question(workspace)
        finally:
            workspace.close()


class GridDriver:
    """Does what a person does on the grid page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cells = page.locator(".gg-cell")
        self.marked = page.locator(".gg-marked")
        self.saved = page.locator(".gg-saved")
        self.notice = page.locator(".gg-notice")

    def wait_for_grid(self) -> None:
        expect(self.cells.first).to_be_visible(timeout=30_000)

    def ids(self) -> list[str]:
        return list(self.cells.evaluate_all("cells => cells.map(cell => cell.dataset.id)"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def submit(self) -> list[str]:
        """Submit with the key and wait until another grid is there; the galaxies that were submitted."""
        before = self.ids()
        self.press("Enter")
        expect(self.cells.first).not_to_have_attribute("data-id", before[0])
        return before

    def wait_until_saved(self) -> None:
        expect(self.saved).to_have_text("saved ✓", timeout=30_000)


def open_profile(browser: Browser) -> BrowserContext:
    """A browser profile of somebody's own, on a screen of usual size."""
    return browser.new_context(viewport={"width": 1280, "height": 800})


def come_as(profile: BrowserContext, server: Server, name: str, campaign: str) -> Page:
    """The grid page of a campaign, opened by a person of this name."""
    page = profile.new_page()
    page.goto(f"{server.address}/grid?campaign={campaign}")
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Begin").click()
    return page


def open_grid(profile: BrowserContext, server: Server, name: str, campaign: str) -> GridDriver:
    """The grid page of a campaign as a person of this name, with its first grid in view."""
    driver = GridDriver(come_as(profile, server, name, campaign))
    driver.wait_for_grid()
    return driver
