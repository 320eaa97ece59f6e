"""Map and Similar in a real browser: hover, lasso, legend, pictures, search by upload."""

import math
import re

import pytest
from playwright.sync_api import expect

from galcore.workspace import Workspace

pytestmark = pytest.mark.e2e


class MapDriver:
    """Does what a person does on the map."""

    def __init__(self, page, server):
        self.page = page
        page.goto(f"{server.address}/map")
        self.root = page.locator(".atlas")
        self.canvas = page.locator("canvas.marks")
        expect(page.locator(".atlas .status")).to_have_text(re.compile("^48 of 48"), timeout=30_000)

    def centre(self):
        box = self.canvas.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["height"] / 2

    def draw_around_everything(self, modifier=None):
        x, y, reach = self.centre()
        self.page.locator("[data-tool=lasso]").click()
        if modifier:
            self.page.keyboard.down(modifier)
        self.page.mouse.move(x + reach * 0.97, y)
        self.page.mouse.down()
        for step in range(1, 40):
            angle = 2 * math.pi * step / 40
            self.page.mouse.move(x + 1.6 * reach * math.cos(angle), y + 0.99 * reach * math.sin(angle))
        self.page.mouse.up()
        if modifier:
            self.page.keyboard.up(modifier)

    def hover_a_point(self):
        """Wander over the map until the pointer is on a galaxy."""
        x, y, reach = self.centre()
        card = self.page.locator(".atlas .card")
        for row in range(-18, 19):
            for column in range(-18, 19):
                self.page.mouse.move(x + column * reach / 20, y + row * reach / 20)
                if card.is_visible():
                    return card
        raise AssertionError("no galaxy under the pointer anywhere")


def test_a_lasso_selects_and_escape_clears(page, server):
    driver = MapDriver(page, server)
    driver.draw_around_everything()
    expect(page.get_by_role("heading", name=re.compile(r"^\d+ galaxies selected$"))).to_be_visible()
    n_selected = int(
        page.get_by_role("heading", name=re.compile(r"^\d+ galaxies selected$")).inner_text().split()[0]
    )
    assert n_selected > 24
    expect(page.get_by_text(f"selection ({n_selected})")).to_be_visible()
    expect(page.locator(".gallery .tile")).to_have_count(24)
    driver.draw_around_everything("Alt")
    expect(page.get_by_text("Nothing selected")).to_be_visible()
    driver.draw_around_everything()
    expect(page.get_by_role("heading", name=f"{n_selected} galaxies selected")).to_be_visible()
    driver.canvas.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing selected")).to_be_visible()


def test_the_hover_card_shows_the_picture_the_id_and_two_values(page, server):
    card = MapDriver(page, server).hover_a_point()
    expect(card.locator(".id")).not_to_have_text("…")
    expect(card.locator("dt")).to_have_count(3)  # label and two values; a score comes with the first fit
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.card .picture')"
        "?.naturalWidth > 0)"
    )


def test_a_class_hidden_in_the_legend_is_neither_drawn_nor_selected(page, server):
    MapDriver(page, server)
    first = page.locator(".atlas .legend button.class").first
    count = int(first.locator(".number").inner_text().replace(",", ""))
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".atlas .status")).to_have_text(re.compile(f"^{48 - count} of 48"))


def test_zooming_in_turns_points_into_pictures(page, server):
    driver = MapDriver(page, server)
    driver.canvas.focus()
    for _ in range(4):
        page.keyboard.press("+")
    with page.expect_response(re.compile(r"/atlas/stamps/")):
        page.keyboard.press("p")
    expect(page.locator(".atlas .status")).to_contain_text("pictures")


def test_a_picture_from_outside_finds_its_galaxy(page, server):
    workspace = Workspace.open(server.workspaces_dir / "sky")
    galaxy_id, source = workspace.catalog[["galaxy_id", "source"]].iloc[9]
    page.goto(f"{server.address}/similar")
    page.locator("input[type=file]").set_input_files(workspace.folder / source)
    expect(page.locator(".gallery .tile").first).to_have_attribute("data-id", galaxy_id, timeout=60_000)


def test_a_hostile_file_is_told_by_name_and_the_page_goes_on(page, server, tmp_path):
    (tmp_path / "half.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 100)
    page.goto(f"{server.address}/similar")
    page.locator("input[type=file]").set_input_files(tmp_path / "half.png")
    expect(page.get_by_text("half.png:")).to_be_visible(timeout=30_000)
    expect(page.locator(".gallery .tile").first).to_be_visible()


def test_results_are_refined_selected_and_opened(page, server):
    galaxy_id = str(Workspace.open(server.workspaces_dir / "sky").catalog["galaxy_id"].iloc[0])
    page.goto(f"{server.address}/similar?galaxy={galaxy_id}")
    tiles = page.locator(".gallery .tile")
    expect(tiles.first).to_be_visible(timeout=30_000)
    page.locator(".gallery .tile button[data-action=unlike]").first.click()
    expect(page.locator(".st-key-similar_chips img")).to_have_count(2)
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    tiles.nth(0).locator("img").click()
    tiles.nth(1).locator("img").click()
    tiles.nth(2).locator("img").click()
    expect(page.get_by_text("selection (3)")).to_be_visible()
    opened = tiles.nth(4).get_attribute("data-id")
    tiles.nth(4).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/galaxy"))
    expect(page.get_by_role("heading", name=opened)).to_be_visible()
