"""A server with a passphrase: an owner pauses the annotator in mid-work, and nothing is lost."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from galcore.people import Role
from galcore.people.changes import change_person
from galcore.workspace import Workspace
from tests.e2e.conftest import SPIRALS
from tests.e2e.driver import GridDriver, Server, open_profile

pytestmark = pytest.mark.e2e
PHRASE = "open sesame"
SLOW_MS = 60_000


@pytest.fixture
def guarded(
    copy_sky: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """A server that asks for the passphrase."""
    monkeypatch.setenv("GALCORE_PASSPHRASE", PHRASE)
    folder = copy_sky("sky")
    workspace = Workspace.open(folder)
    workspace.labels.create_campaign(SPIRALS)
    workspace.close()
    with Server(folder.parent, tmp_path / "server.log") as server:
        yield server


@pytest.fixture
def profiles(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    opened: list[BrowserContext] = []

    def fresh() -> BrowserContext:
        opened.append(open_profile(browser))
        return opened[-1]

    yield fresh
    for profile in opened:
        profile.close()


def come_in(profile: BrowserContext, server: Server, name: str, page_name: str) -> Page:
    page = profile.new_page()
    page.goto(f"{server.address}/{page_name}?campaign=spirals")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Passphrase of the group").fill(PHRASE)
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".st-key-galcore_bar")).to_be_visible(timeout=SLOW_MS)
    return page


def status_of(address: str) -> int:
    try:
        return int(urllib.request.urlopen(address, timeout=30).status)
    except urllib.error.HTTPError as error:
        return error.code


def test_an_owner_pauses_the_annotator_in_mid_work_and_nothing_is_lost(
    guarded: Server, profiles: Callable[[], BrowserContext]
) -> None:
    folder = guarded.workspaces_dir / "sky"
    come_in(profiles(), guarded, "Vera", "settings")
    page = come_in(profiles(), guarded, "Ana", "grid")
    grid = GridDriver(page)
    grid.wait_for_grid()
    picture = urljoin(guarded.address, str(page.locator(".gg-cell img").first.get_attribute("src")))
    assert page.evaluate("address => fetch(address).then(answer => answer.status)", picture) == 200
    assert status_of(picture) == 401
    assert "galcore_identity" not in page.evaluate("document.cookie")

    first = grid.submit()
    grid.wait_until_saved()
    change_person(folder, "Ana", by="Vera", paused=True)
    second = grid.ids()
    grid.press("Enter")
    expect(page.get_by_text("You are paused")).to_be_visible(timeout=SLOW_MS)
    change_person(folder, "Ana", by="Vera", paused=False)
    grid.cells.first.wait_for(timeout=SLOW_MS)
    grid.wait_until_saved()

    change_person(folder, "Ana", by="Vera", role=Role.VIEWER)
    expect(page.get_by_text("You look on here")).to_be_visible(timeout=SLOW_MS)
    history = guarded.read(lambda workspace: workspace.labels.history("spirals"))
    assert sorted(history["galaxy_id"]) == sorted([*first, *second])
    assert set(history["annotator"]) == {"Ana"}


def test_another_browser_does_not_get_a_taken_name(
    guarded: Server, profiles: Callable[[], BrowserContext]
) -> None:
    come_in(profiles(), guarded, "Vera", "settings")
    stranger = profiles()
    stranger.add_cookies([{"name": "galcore_identity", "value": "Vera", "url": guarded.address}])
    page = stranger.new_page()
    page.goto(f"{guarded.address}/settings")
    page.get_by_label("Your name").fill("Vera")
    page.get_by_label("Passphrase of the group").fill(PHRASE)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("belongs to another browser")).to_be_visible(timeout=SLOW_MS)
