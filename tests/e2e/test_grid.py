"""The grid as people use it: keys, clicks, reloads, two at once, a server that dies."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from galcore.workspace import Workspace
from tests.e2e.driver import GridDriver, Server, come_as, open_profile

pytestmark = pytest.mark.e2e
OpenAs = Callable[..., GridDriver]


def _events(workspace: Workspace) -> pd.DataFrame:
    return workspace.labels.history("spirals")


def _answers(workspace: Workspace) -> dict[tuple[str, str], str]:
    current = workspace.labels.current("spirals")
    return {(row.annotator, row.galaxy_id): row.answer for row in current.itertuples()}


def test_clicks_and_keys_become_labels_with_their_reason(person: OpenAs, server: Server) -> None:
    grid = person("Vera")
    first = grid.ids()
    grid.cells.nth(0).click()
    grid.press("ArrowRight", "2", "ArrowRight", "Space")
    expect(grid.marked).to_have_count(3)
    grid.submit()
    grid.wait_until_saved()
    events = server.read(_events)
    said = {row.galaxy_id: (row.kind, row.answer, row.explicit) for row in events.itertuples()}
    assert said == {
        first[0]: ("label", "spiral", True),
        first[1]: ("label", "other", True),
        first[2]: ("skip", "", True),
        first[3]: ("label", "other", False),
    }
    assert set(events["display"]) == {"survey"}
    assert set(events["reason"]) <= {"cluster", "random", "top", "margin"}


def test_no_key_acts_while_somebody_types(person: OpenAs, server: Server) -> None:
    grid = person("Vera")
    before = grid.ids()
    grid.cells.nth(1).click()
    grid.press("f")
    grid.page.keyboard.type("1 a s m g h ? i z")
    grid.press("Control+Enter")
    expect(grid.page.locator(".gg-is-flagged")).to_have_count(1)
    assert grid.ids() == before
    expect(grid.marked).to_have_count(1)
    grid.wait_until_saved()
    flags = server.read(_events)
    assert list(flags["kind"]) == ["flag"]
    assert list(flags["comment"]) == ["1 a s m g h ? i z"]


def test_undo_takes_back_a_mark_first_and_then_the_last_grid(person: OpenAs, server: Server) -> None:
    grid = person("Vera")
    grid.cells.nth(0).click()
    submitted = grid.submit()
    grid.wait_until_saved()
    grid.cells.nth(1).click()
    grid.press("Backspace")
    expect(grid.marked).to_have_count(0)
    grid.press("Backspace")
    expect(grid.notice).to_contain_text("taken back")
    assert grid.ids() == submitted
    grid.press("Backspace")
    grid.cells.nth(3).click()
    grid.submit()
    grid.wait_until_saved()
    answers = server.read(_answers)
    assert len(answers) == 4
    assert answers["Vera", submitted[3]] == "spiral"


def test_a_submission_can_be_reopened_and_corrected(person: OpenAs, server: Server) -> None:
    grid = person("Vera")
    grid.cells.nth(0).click()
    submitted = grid.submit()
    grid.wait_until_saved()
    waiting = grid.ids()
    grid.page.locator(".gg-mosaic").first.click()
    expect(grid.notice).to_contain_text("Correcting")
    expect(grid.marked).to_have_count(1)
    grid.cells.nth(0).click()
    grid.cells.nth(2).click()
    grid.press("Enter")
    expect(grid.cells.first).to_have_attribute("data-id", waiting[0])
    grid.wait_until_saved()
    answers = server.read(_answers)
    assert answers["Vera", submitted[0]] == "other"
    assert answers["Vera", submitted[2]] == "spiral"
    assert len(answers) == 4


def test_digits_paint_several_classes(person: OpenAs, server: Server) -> None:
    grid = person("Vera", campaign="kinds")
    ids = grid.ids()
    grid.press("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "2")
    expect(grid.marked).to_have_count(3)
    grid.press("Escape", "3")
    grid.cells.nth(4).click()
    counts = grid.page.locator(".gg-chip-count").all_inner_texts()
    assert counts == ["0", "3", "1", "0"]
    grid.submit()
    grid.wait_until_saved()
    events = server.read(lambda workspace: workspace.labels.history("kinds"))
    said = {row.galaxy_id: row.answer for row in events.itertuples()}
    assert [said[each] for each in ids] == ["disc", "disc", "disc", "", "odd", ""]


def test_dragging_and_ranges_mark_several(person: OpenAs) -> None:
    grid = person("Vera")
    grid.cells.nth(0).hover()
    grid.page.mouse.down()
    grid.cells.nth(1).hover()
    grid.page.mouse.up()
    expect(grid.marked).to_have_count(2)
    grid.press("Backspace")
    expect(grid.marked).to_have_count(0)
    grid.cells.nth(1).click()
    grid.cells.nth(3).click(modifiers=["Shift"])
    expect(grid.marked).to_have_count(3)
    grid.press("a", "a")
    expect(grid.marked).to_have_count(0)
    grid.page.get_by_role("button", name="Spirals", exact=False).first.click()
    expect(grid.page.get_by_text("one question asked", exact=False)).to_be_visible()
    grid.press("a")
    expect(grid.marked).to_have_count(0)
    grid.press("Escape")
    expect(grid.page.get_by_text("one question asked", exact=False)).to_be_hidden()
    grid.press("a")
    expect(grid.marked).to_have_count(4)


def test_two_people_with_eight_quick_grids_each_lose_nothing(person: OpenAs, server: Server) -> None:
    two = [person("Ana"), person("Bo")]
    sent: dict[str, list[str]] = {"Ana": [], "Bo": []}
    for turn in range(8):
        for name, grid in zip(sent, two, strict=True):
            if turn % 2:
                grid.press("1")
            sent[name] += grid.submit()
    for grid in two:
        grid.wait_until_saved()
    events = server.read(_events)
    assert events["event_id"].is_unique
    for name, galaxies in sent.items():
        stored = events[events["annotator"] == name]["galaxy_id"]
        assert sorted(stored) == sorted(galaxies)
        assert len(set(galaxies)) == 32


def test_a_reload_keeps_name_grid_and_marks(person: OpenAs) -> None:
    grid = person("Ünal \u05d0\u05d1")
    grid.submit()
    grid.wait_until_saved()
    grid.cells.nth(1).click()
    grid.cells.nth(2).click()
    before = grid.ids()
    grid.page.reload()
    grid.wait_for_grid()
    expect(grid.marked).to_have_count(2)
    assert grid.ids() == before
    expect(grid.page.get_by_text("\u05d0\u05d1").first).to_be_visible()


def test_a_killed_server_loses_and_doubles_nothing(person: OpenAs, server: Server) -> None:
    grid = person("Vera")
    grid.cells.nth(0).click()
    acknowledged = grid.submit()
    grid.wait_until_saved()
    server.kill()
    grid.cells.nth(1).click()
    unsent = grid.ids()
    grid.press("Enter")
    expect(grid.saved).to_contain_text("4 answers waiting")
    expect(grid.saved).to_contain_text("offline")
    server.start()
    grid.wait_until_saved()
    events = server.read(_events)
    assert events["event_id"].is_unique
    assert sorted(events["galaxy_id"]) == sorted(acknowledged + unsent)


def test_answers_survive_a_reload_while_the_server_is_down(person: OpenAs, server: Server) -> None:
    grid = person("Vera")
    unsent = grid.ids()
    server.kill()
    grid.press("Enter")
    expect(grid.saved).to_contain_text("4 answers waiting")
    server.start()
    grid.page.goto(f"{server.address}/grid?campaign=spirals")
    grid.wait_for_grid()
    expect(grid.page.locator(".gg-counts")).to_contain_text("you 4")
    events = server.read(_events)
    assert sorted(events["galaxy_id"]) == sorted(unsent)


def test_who_closes_the_page_gives_its_galaxies_to_the_next(
    person: OpenAs, browser: Browser, server: Server
) -> None:
    ana = person("Ana", campaign="alone")
    held = ana.ids()
    ana.page.reload()
    ana.wait_for_grid()
    assert ana.ids() == held
    profile = open_profile(browser)
    bo = GridDriver(come_as(profile, server, "Bo", "alone"))
    expect(bo.page.locator(".gg-empty")).to_contain_text("in front of somebody else", timeout=30_000)
    ana.page.close(run_before_unload=True)
    expect(bo.cells.first).to_be_visible(timeout=60_000)
    assert set(held) & set(bo.ids())
    profile.close()


def test_markup_in_a_name_is_text(person: OpenAs) -> None:
    name = "<img src=x onerror=\"document.title='owned'\"> **b** [l](javascript:1)"
    grid = person(name)
    grid.submit()
    grid.wait_until_saved()
    assert "owned" not in grid.page.title()
    assert grid.page.locator("img[src=x]").count() == 0
    expect(grid.page.get_by_text("<img src=x", exact=False).first).to_be_visible()


def test_the_magnifier_shows_a_scale_and_the_guide_opens(person: OpenAs) -> None:
    grid = person("Vera")
    grid.cells.nth(0).click()
    grid.press("z")
    expect(grid.page.locator(".gg-scale")).to_be_visible()
    grid.press("z")
    grid.press("h")
    expect(grid.page.locator(".gg-guide")).to_contain_text("Which of these are spirals?")
    grid.press("Escape", "?")
    expect(grid.page.locator(".gg-keys")).to_contain_text("magnify")


def test_stretch_and_invert_change_the_picture_and_are_stored(person: OpenAs, server: Server) -> None:
    grid = person("Vera")
    picture = grid.cells.first.locator("img")
    survey = picture.get_attribute("src")
    grid.press("s", "i")
    expect(picture).not_to_have_attribute("src", str(survey))
    expect(picture).to_have_class("gg-picture gg-inverted")
    grid.submit()
    grid.wait_until_saved()
    assert set(server.read(_events)["display"]) == {"image, inverted"}


def test_stopping_the_server_is_graceful(server: Server) -> None:
    assert server.stop() in (0, 130)
    assert "Traceback" not in server.log.read_text(errors="replace")
