"""Drive the real dashboard over fresh demo workspaces and take the pictures that the documentation uses.

    make screenshots

Somebody called Ada answers a few grids from the truth table, so that the pages show a campaign under way, and
six simulated people answer another one, three of them each galaxy. Pictures are taken at 1280 pixels, those
of the annotation pages also on a tablet and a phone, into this folder, each a small file.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pandas as pd
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from docs.screenshots import people
from galcore.demo import SIMULATED, make_demo
from tests.browser import find_browser
from tests.e2e.driver import BROWSER_FLAGS, GridDriver, Server

FOLDER = Path(__file__).resolve().parent
DESK = "1280"
SIZES = {DESK: (1280, 800), "tablet": (820, 1180), "phone": (390, 844)}
LARGEST_BYTES = 300_000
ARRIVED = """() => !document.querySelector('[data-testid="stSkeleton"]')"""
GRIDS = 9
SETTLE_MS = 5000
CAMPAIGN = "demo-bars"


@dataclass(frozen=True, slots=True)
class View:
    """A page to photograph: its address and, where it needs a hand, what to do on it."""

    name: str
    address: str
    sizes: tuple[str, ...] = (DESK,)


VIEWS = (
    View("home", "/"),
    View("grid", f"/grid?workspace={SIMULATED}&campaign={CAMPAIGN}", tuple(SIZES)),
    View("single", f"/single?workspace={SIMULATED}&campaign={CAMPAIGN}", (DESK, "phone")),
    View("map", f"/map?workspace={SIMULATED}&campaign={CAMPAIGN}"),
    View("similar", f"/similar?workspace={SIMULATED}&campaign={CAMPAIGN}&galaxy=GALAXY"),
    View("galaxy", f"/galaxy?workspace={SIMULATED}&campaign={CAMPAIGN}&galaxy=GALAXY"),
    View("review", f"/review?workspace={SIMULATED}&campaign={CAMPAIGN}"),
    View("case", f"/review?workspace={SIMULATED}&campaign={people.CAMPAIGN.campaign_id}"),
    View("report", f"/report?workspace={SIMULATED}&campaign={people.CAMPAIGN.campaign_id}"),
    View("settings", f"/settings?workspace={SIMULATED}&campaign={people.CAMPAIGN.campaign_id}"),
    View("data", f"/data?workspace={SIMULATED}&campaign={CAMPAIGN}"),
    View("restore", f"/restore?workspace={SIMULATED}&campaign={CAMPAIGN}&galaxy=GALAXY"),
)


def open_page(browser: Browser, server: Server, size: tuple[int, int]) -> Page:
    """A browser of this size in which Ada is known; the small ones are touched."""
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, has_touch=size[0] < 1000)
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
        if size_name not in view.sizes:
            continue
        page.goto(server.address + view.address.replace("GALAXY", galaxy_id))
        page.wait_for_timeout(SETTLE_MS)
        if view.name == "grid":
            mark_some(GridDriver(page))
        if view.name == "restore":
            fill_in_an_arm(page)
        if view.name == "case":
            page.get_by_role("radio", name="Disagreements").click()
            page.wait_for_timeout(SETTLE_MS)
        page.wait_for_function(ARRIVED)
        path = FOLDER / f"{view.name}-{size_name}.webp"
        save_small(Image.open(BytesIO(page.screenshot())), path)
        print(f"{path.name}: {path.stat().st_size // 1000} kB", flush=True)


def save_small(picture: Image.Image, path: Path) -> None:
    """Save in the best quality that keeps the file small."""
    for quality in (92, 85, 75, 65):
        picture.convert("RGB").save(path, quality=quality, method=6)
        if path.stat().st_size <= LARGEST_BYTES:
            return


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
        people.answer_by_six(workspaces / SIMULATED)
        truth = pd.read_parquet(workspaces / SIMULATED / "catalog.parquet")
        barred = set(truth.loc[truth["barred"].astype(str) == "True", "galaxy_id"])
        spiral = str(
            truth.loc[(truth["kind"] == "spiral") & (truth["radius_arcsec"] > 8), "galaxy_id"].iloc[0]
        )
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        with Server(workspaces, Path(folder) / "server.log") as server:
            page = open_page(browser, server, SIZES[DESK])
            answer_from_truth(page, server, barred)
            for size_name, size in SIZES.items():
                take(open_page(browser, server, size), server, size_name, spiral)
        browser.close()


if __name__ == "__main__":
    main()
