"""One by one as people use it: a decision tree by keys, the way back, a reload, a server that dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from galcore.questions import built_in_trees, fixed_answers
from galcore.types import Campaign
from galcore.workspace import Workspace
from tests.e2e.driver import GridDriver, Server

pytestmark = pytest.mark.e2e
GZD5 = built_in_trees()["gzd5"]
CAMPAIGNS = (
    Campaign(
        "zoo", "Zoo", "What is it?", fixed_answers("tree", GZD5) or (), "tree", tree=GZD5, grid_rows=2,
        grid_columns=2,
    ),
    Campaign("several", "Several", "What does it show?", ("bar", "ring", "tail"), "multilabel"),
    Campaign("grades", "Grades", "Is it a lens?", ("A", "B", "C", "X"), "grades"),
    Campaign("interest", "Interest", "How interesting?", ("0", "1", "2", "3", "4", "5"), "interest"),
)  # fmt: skip


class SingleDriver:
    """Does what a person does on the page."""

    def __init__(self, page: Page, server: Server, campaign: str = "zoo") -> None:
        self.page = page
        self.galaxy = page.locator(".gs-id")
        self.asked = page.locator(".gs-asked")
        self.steps = page.locator(".gs-step")
        self.answers = page.locator(".gs-answer")
        self.picture = page.locator(".gs-picture")
        self.saved = page.locator(".gg-saved")
        self.notice = page.locator(".gg-notice")
        page.goto(f"{server.address}/single?campaign={campaign}")
        self.wait_for_galaxy()

    def wait_for_galaxy(self) -> None:
        expect(self.answers.first).to_be_visible(timeout=30_000)

    def id(self) -> str:
        return str(self.galaxy.text_content())

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def finish(self, *keys: str) -> str:
        """Press the keys that end a galaxy; the galaxy that was answered."""
        done = self.id()
        self.press(*keys)
        expect(self.galaxy).not_to_have_text(done)
        return done

    def wait_until_saved(self) -> None:
        expect(self.saved).to_have_text("saved ✓", timeout=30_000)


@pytest.fixture
def server(copy_sky: Callable[[str], Path], tmp_path: Path) -> Iterator[Server]:
    """A running server over one prepared workspace with a campaign of each kind that is answered here."""
    folder = copy_sky("sky")
    workspace = Workspace.open(folder)
    for campaign in CAMPAIGNS:
        workspace.labels.create_campaign(campaign)
    workspace.close()
    with Server(folder.parent, tmp_path / "server.log") as server:
        yield server


def _history(campaign: str = "zoo") -> Callable[[Workspace], pd.DataFrame]:
    return lambda workspace: workspace.labels.history(campaign)


def _said(events: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Galaxy, question and answer in order of arrival; for an undo the answer that it takes back."""
    by_id = {row.event_id: row for row in events.itertuples()}
    said = []
    for row in events.itertuples():
        meant = by_id[row.undoes] if row.kind == "undo" else row
        sign = "-" if row.kind == "undo" else "+"
        said.append((sign, row.galaxy_id, meant.question, meant.answer))
    return said


def test_three_galaxies_of_the_tree_by_keys_with_a_way_back_and_a_reload(page: Page, server: Server) -> None:
    single = SingleDriver(page, server)
    expect(single.asked).to_have_text("Smooth and rounded, or with features or a disk?")
    first = single.finish("3")

    single.press("1")
    expect(single.asked).to_have_text("How round is it?")
    expect(single.steps).to_have_count(1)
    second = single.finish("2", "1")
    single.press("Backspace")
    expect(single.galaxy).to_have_text(second)
    expect(single.asked).to_have_text("Is it merging, or disturbed?")
    expect(single.steps).to_have_count(2)
    assert single.finish("4") == second

    third = single.id()
    single.press("2", "2")
    expect(single.asked).to_have_text("Is there a bar through the centre?")
    single.wait_until_saved()
    page.reload()
    single.wait_for_galaxy()
    expect(single.galaxy).to_have_text(third)
    expect(single.asked).to_have_text("Is there a bar through the centre?")
    expect(single.steps).to_have_count(2)

    single.press("3", "2", "3")
    expect(single.asked).to_have_text("Is it merging, or disturbed?")
    single.steps.nth(2).click()
    expect(single.asked).to_have_text("Is there a bar through the centre?")
    assert single.finish("1", "2", "5", "1") == third
    single.wait_until_saved()

    events = server.read(_history())
    assert events["event_id"].is_unique
    assert _said(events) == [
        ("+", first, "smooth-or-featured", "artifact"),
        ("+", second, "smooth-or-featured", "smooth"),
        ("+", second, "how-rounded", "in-between"),
        ("+", second, "merging", "none"),
        ("-", second, "merging", "none"),
        ("+", second, "merging", "merger"),
        ("+", third, "smooth-or-featured", "featured-or-disk"),
        ("+", third, "disk-edge-on", "no"),
        ("+", third, "bar", "no"),
        ("+", third, "has-spiral-arms", "no"),
        ("+", third, "bulge-size", "moderate"),
        ("-", third, "bar", "no"),
        ("-", third, "has-spiral-arms", "no"),
        ("-", third, "bulge-size", "moderate"),
        ("+", third, "bar", "strong"),
        ("+", third, "has-spiral-arms", "no"),
        ("+", third, "bulge-size", "none"),
        ("+", third, "merging", "none"),
    ]
    assert set(events.loc[events["kind"] == "label", "reason"]) <= {"cluster", "random", "top", "margin"}
    assert set(events.loc[events["kind"] == "label", "display"]) == {"survey"}


def test_a_galaxy_begun_in_another_browser_comes_first(page: Page, browser: Browser, server: Server) -> None:
    single = SingleDriver(page, server)
    begun = single.id()
    single.press("2", "1")
    single.wait_until_saved()
    elsewhere = browser.new_context(viewport={"width": 1280, "height": 900})
    elsewhere.add_cookies([{"name": "galcore_name", "value": "Vera", "url": server.address}])
    other = SingleDriver(elsewhere.new_page(), server)
    expect(other.galaxy).to_have_text(begun)
    expect(other.asked).to_have_text("What shape has the bulge in the centre?")
    other.finish("2", "1")
    other.wait_until_saved()
    elsewhere.close()
    assert len(server.read(_history())) == 4


def test_space_skips_and_backspace_returns(page: Page, server: Server) -> None:
    single = SingleDriver(page, server)
    skipped = single.finish("Space")
    single.press("Backspace")
    expect(single.galaxy).to_have_text(skipped)
    expect(single.notice).to_contain_text("Back at the galaxy you skipped")
    assert single.finish("3") == skipped
    single.wait_until_saved()
    events = server.read(_history())
    assert list(events["kind"]) == ["skip", "undo", "label"]
    assert events["undoes"].iloc[1] == events["event_id"].iloc[0]


def test_several_at_once_are_ticked_and_the_rest_is_no(page: Page, server: Server) -> None:
    single = SingleDriver(page, server, "several")
    single.press("1", "3", "3", "2", "Backspace", "3")
    expect(page.locator(".gs-ticked")).to_have_count(2)
    galaxy = single.finish("Enter")
    single.wait_until_saved()
    single.press("Backspace")
    expect(single.galaxy).to_have_text(galaxy)
    expect(page.locator(".gs-ticked")).to_have_count(2)
    single.press("1")
    single.finish("Enter")
    single.wait_until_saved()
    current = server.read(lambda workspace: workspace.labels.current("several"))
    said = {row.question: (row.answer, row.explicit) for row in current.itertuples()}
    assert said == {"bar": ("no", False), "ring": ("no", False), "tail": ("yes", True)}


def test_letters_are_grades_and_not_colours(page: Page, server: Server) -> None:
    single = SingleDriver(page, server, "grades")
    for key in ("b", "x", "c", "2"):
        single.finish(key)
    single.wait_until_saved()
    events = server.read(_history("grades"))
    assert list(events["answer"]) == ["B", "X", "C", "B"]
    assert set(events["display"]) == {"survey"}


def test_the_scale_of_interest_begins_at_zero(page: Page, server: Server) -> None:
    single = SingleDriver(page, server, "interest")
    galaxy = single.id()
    single.press("6")
    expect(single.galaxy).to_have_text(galaxy)
    single.finish("0")
    single.press("ArrowDown", "ArrowDown")
    single.finish("Enter")
    single.wait_until_saved()
    assert list(server.read(_history("interest"))["answer"]) == ["0", "1"]


def test_on_the_grid_the_same_keys_give_the_same_answers(page: Page, server: Server) -> None:
    grid = GridDriver(page)
    keys = {"interest": ("6", "0", "5", "3"), "grades": ("a", "x", "2")}
    legends = {"interest": ["0", "1", "2", "3", "4", "5", "␣"], "grades": ["A", "B", "C", "X", "␣"]}
    for campaign in keys:
        page.goto(f"{server.address}/grid?campaign={campaign}")
        grid.wait_for_grid()
        assert page.locator(".gg-chip kbd").all_text_contents() == legends[campaign]
        for key in keys[campaign]:
            grid.press("ArrowRight", key)
        expect(grid.marked).to_have_count(3)
        grid.press("Shift+A")
        expect(grid.marked).to_have_count(16)
        grid.press("Backspace", "?")
        expect(page.locator(".gg-keys dd").first).to_contain_text(campaign)
        grid.press("?")
        grid.submit()
        grid.wait_until_saved()
    stored = server.read(lambda sky: {name: set(sky.labels.history(name)["answer"]) for name in keys})
    assert stored == {"interest": {"0", "5", "3", ""}, "grades": {"A", "X", "B", ""}}


def test_stretch_colour_and_invert_change_the_picture_and_are_stored(page: Page, server: Server) -> None:
    single = SingleDriver(page, server)
    survey = single.picture.get_attribute("src")
    single.press("s", "b", "i")
    expect(single.picture).not_to_have_attribute("src", str(survey))
    looks = str(single.picture.evaluate("image => getComputedStyle(image).filter"))
    assert "gs-channel-R" in looks and "invert" in looks
    single.finish("3")
    single.wait_until_saved()
    assert set(server.read(_history())["display"]) == {"image, inverted, R"}


def test_one_colour_alone_is_grey(page: Page, server: Server) -> None:
    single = SingleDriver(page, server)
    expect(page.locator(".gs-loading")).to_have_count(0)
    single.press("b", "b")
    shot = single.picture.screenshot()
    spread = page.evaluate(
        """async (bytes) => {
            const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            canvas.drawImage(bitmap, 0, 0);
            const [width, height] = [bitmap.width / 2, bitmap.height / 2];
            const middle = canvas.getImageData(width / 2, height / 2, width, height);
            let spread = 0;
            for (let at = 0; at < middle.data.length; at += 4) {
                const rgb = middle.data.subarray(at, at + 3);
                spread = Math.max(spread, Math.max(...rgb) - Math.min(...rgb));
            }
            return spread;
        }""",
        list(shot),
    )
    assert spread <= 2


def test_no_key_acts_while_somebody_types(page: Page, server: Server) -> None:
    single = SingleDriver(page, server)
    galaxy = single.id()
    single.press("f")
    page.keyboard.type("1 2 3 b s m g h ? z")
    single.press("Control+Enter")
    expect(page.locator(".gs-flagged")).to_be_visible()
    expect(single.galaxy).to_have_text(galaxy)
    single.press("h", "1")
    expect(page.locator(".gg-guide")).to_contain_text("What is it?")
    expect(single.steps).to_have_count(0)
    single.press("Escape")
    single.wait_until_saved()
    events = server.read(_history())
    assert list(zip(events["kind"], events["comment"], strict=True)) == [("flag", "1 2 3 b s m g h ? z")]


def test_a_killed_server_loses_and_doubles_nothing(page: Page, server: Server) -> None:
    single = SingleDriver(page, server)
    galaxies = [single.finish("3")]
    single.wait_until_saved()
    server.kill()
    galaxies.append(single.finish("3"))
    half = single.id()
    single.press("1")
    expect(single.saved).to_contain_text("offline · 2 answers waiting", timeout=30_000)
    server.start()
    single.wait_until_saved()
    expect(single.galaxy).to_have_text(half)
    galaxies.append(single.finish("1", "1"))
    single.wait_until_saved()
    events = server.read(_history())
    assert events["event_id"].is_unique
    assert list(events["galaxy_id"]) == [*galaxies[:2], half, half, half]


def test_answers_survive_a_reload_while_the_server_is_down(page: Page, server: Server) -> None:
    single = SingleDriver(page, server)
    done = single.finish("3")
    half = single.id()
    server.kill()
    single.press("1")
    expect(single.steps).to_have_count(1)
    server.start()
    page.goto(f"{server.address}/single?campaign=zoo")
    single.wait_for_galaxy()
    expect(single.galaxy).to_have_text(half)
    expect(single.steps).to_have_count(1)
    single.wait_until_saved()
    events = server.read(_history())
    assert sorted(events["galaxy_id"]) == sorted([done, half])


def test_a_picture_that_does_not_arrive_is_asked_for_again(page: Page, server: Server) -> None:
    page.route("**/stamps/**", lambda route: route.abort())
    single = SingleDriver(page, server)
    expect(page.locator(".gs-missing")).to_contain_text("has not arrived")
    page.unroute("**/stamps/**")
    expect(page.locator(".gs-missing")).to_be_hidden(timeout=20_000)
    expect(page.locator(".gs-loading")).to_have_count(0)
    single.finish("3")


def test_scale_magnifier_keys_and_pages_are_at_hand(page: Page, server: Server) -> None:
    single = SingleDriver(page, server)
    galaxy = single.id()
    scale = page.locator(".gg-scale")
    expect(scale).to_be_visible()
    before = scale.text_content()
    single.press("z")
    expect(page.locator(".gs-magnified")).to_be_visible()
    expect(scale).not_to_have_text(str(before))
    single.press("Escape", "?")
    expect(page.locator(".gg-keys")).to_contain_text("skip the galaxy")
    single.press("?", "g")
    page.wait_for_url("**/galaxy**", timeout=30_000)
    expect(page.get_by_text(galaxy).first).to_be_visible(timeout=30_000)


def test_all_of_a_question_is_in_view_on_a_laptop_and_a_finger_answers_on_a_tablet(
    page: Page, browser: Browser, server: Server
) -> None:
    single = SingleDriver(page, server)
    for part in (single.picture, single.answers.last, page.locator(".gs-skip")):
        box = part.bounding_box()
        assert box and box["y"] + box["height"] <= 900
    tablet = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True)
    tablet.add_cookies([{"name": "galcore_name", "value": "Tapio", "url": server.address}])
    touched = SingleDriver(tablet.new_page(), server)
    touched.answers.nth(0).tap()
    expect(touched.asked).to_have_text("How round is it?")
    touched.page.locator(".gs-back").tap()
    expect(touched.steps).to_have_count(0)
    tablet.close()
