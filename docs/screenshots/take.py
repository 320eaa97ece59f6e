"""Drive the real dashboard over fresh demo workspaces and take the pictures that the documentation uses.

    make screenshots

Somebody called Ada answers a few grids from the truth table, so that the pages show a campaign under way.
Pictures are taken at 1280 and 1920 pixels and on a tablet, into this folder.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright

from galcore.demo import SIMULATED, make_demo
from tests.browser import find_browser
from tests.e2e.driver import BROWSER_FLAGS, GridDriver, Server

FOLDER = Path(__file__).resolve().parent
SIZES = {"1280": (1280, 800), "1920": (1920, 1080), "tablet": (820, 1180)}
GRIDS = 9
SETTLE_MS = 5000
CAMPAIGN = "demo-bars"


@dataclass(frozen=True, slots=True)
class View:
    """A page to photograph: its address and, where it needs a hand, what to do on it."""

    name: str
    address: str


VIEWS = (
    View("home", "/"),
    View("grid", f"/grid?workspace={SIMULATED}&campaign={CAMPAIGN}"),
    View("map", f"/map?workspace={SIMULATED}&campaign={CAMPAIGN}"),
    View("similar", f"/similar?workspace={SIMULATED}&campaign={CAMPAIGN}&galaxy=GALAXY"),
    View("galaxy", f"/galaxy?workspace={SIMULATED}&campaign={CAMPAIGN}&galaxy=GALAXY"),
    View("review", f"/review?workspace={SIMULATED}&campaign={CAMPAIGN}"),
    View("data", f"/data?workspace={SIMULATED}&campaign={CAMPAIGN}"),
    View("restore", f"/restore?workspace={SIMULATED}&campaign={CAMPAIGN}&galaxy=GALAXY"),
)


def open_page(browser: Browser, server: Server, size: tuple[int, int]) -> Page:
    """A browser of this size in which Ada is known."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_cookies([{"name": "galcore_name", "value": "Ada", "url": server.address}])
    return context.new_page()


def answer_from_truth(page: Page, server: Server, barred: set[str]) -> None:
    """Submit grids as somebody who knows the truth would."""
    page.goto(server.address + VIEWS[1].address)
    grid = GridDriver(page)
    grid.wait_for_grid()
    for _ in range(GRIDS):
        for number, galaxy_id in enumerate(grid.ids()):
            if galaxy_id in barred:
                grid.cells.nth(number).click()
        grid.submit()
    grid.wait_until_saved()


def take(page: Page, server: Server, size_name: str, galaxy_id: str) -> None:
    """Every view at one size."""
    for view in VIEWS:
        page.goto(server.address + view.address.replace("GALAXY", galaxy_id))
        page.wait_for_timeout(SETTLE_MS)
        if view.name == "grid":
            mark_some(GridDriver(page))
        if view.name == "restore":
            fill_in_an_arm(page)
        page.screenshot(path=FOLDER / f"{view.name}-{size_name}.png")
        print(f"{view.name}-{size_name}.png", flush=True)


def mark_some(grid: GridDriver) -> None:
    """Mark two galaxies, so that a mark can be seen."""
    for number in (1, 4):
        grid.cells.nth(number).click()
    grid.page.wait_for_timeout(500)


def fill_in_an_arm(page: Page) -> None:
    """Paint over part of the galaxy and fill it in, beside the classical tool."""
    canvas = page.locator(".mc-canvas").bounding_box()
    assert canvas is not None
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    page.mouse.move(x + 0.1 * canvas["height"], y - 0.2 * canvas["height"])
    page.mouse.down()
    page.mouse.move(x + 0.2 * canvas["height"], y + 0.1 * canvas["height"], steps=8)
    page.mouse.up()
    page.locator(".mc-apply").click()
    page.locator(".rv-frame img").first.wait_for(timeout=60_000)
    page.wait_for_timeout(SETTLE_MS)


def main() -> None:
    """Make the demo, answer, take the pictures."""
    path = find_browser()
    if not path:
        sys.exit("no browser: apt-get install chromium, or set GALCORE_BROWSER")
    kept = os.environ.get("GALCORE_SCREENSHOTS_WORKSPACES", "")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        workspaces = Path(kept or folder)
        make_demo(workspaces)
        truth = pd.read_parquet(workspaces / SIMULATED / "catalog.parquet")
        barred = set(truth.loc[truth["barred"].astype(str) == "True", "galaxy_id"])
        spiral = str(
            truth.loc[(truth["kind"] == "spiral") & (truth["radius_arcsec"] > 8), "galaxy_id"].iloc[0]
        )
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        with Server(workspaces, Path(folder) / "server.log") as server:
            page = open_page(browser, server, SIZES["1280"])
            answer_from_truth(page, server, barred)
            for size_name, size in SIZES.items():
                take(open_page(browser, server, size), server, size_name, spiral)
        browser.close()


if __name__ == "__main__":
    main()
