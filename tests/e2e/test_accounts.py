"""Signing in with an account: a real provider, the whole way there and back, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from galcore.people import Role
from galcore.people.changes import change_newcomers, change_person
from galcore.people.roster import read_roster
from galcore.types import Campaign
from galcore.workspace import Workspace
from tests.e2e.driver import GridDriver, Server, open_profile
from tests.e2e.provider import Provider

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000
VERA, ANA = "vera@obs.example", "ana@obs.example"
BARS = Campaign(
    "bars",
    "Bars",
    "Which are barred?",
    ("bar", "none"),
    grid_rows=2,
    grid_columns=2,
    join_code="join-the-bars",
)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def server(
    copy_sky: Callable[[str], Path], tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """A server whose secrets name the provider; Vera owns, and only invited people come in."""
    folder = copy_sky("sky")
    workspace = Workspace.open(folder)
    workspace.labels.create_campaign(BARS)
    workspace.close()
    change_person(folder, VERA, by=VERA, role=Role.OWNER)
    change_person(folder, ANA, by=VERA, role=Role.ANNOTATOR)
    change_newcomers(folder, None, by=VERA)
    server = Server(folder.parent, tmp_path / "server.log")
    secrets = tmp_path / "home" / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir(parents=True)
    secrets.write_text(provider.secrets_toml(f"{server.address}/oauth2callback"), encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with server:
        yield server


@pytest.fixture
def profile(browser: Browser) -> Iterator[BrowserContext]:
    profile = open_profile(browser)
    yield profile
    profile.close()


def sign_in(page: Page, name: str) -> None:
    page.get_by_role("button", name="Sign in").click(timeout=SLOW_MS)
    page.get_by_role("link", name=name).click(timeout=SLOW_MS)


def test_an_account_opens_what_its_person_may_and_nothing_else(
    server: Server, provider: Provider, profile: BrowserContext
) -> None:
    page = profile.new_page()
    page.goto(f"{server.address}/?join=join-the-bars")
    sign_in(page, "ana")
    grid = GridDriver(page)
    grid.wait_for_grid()  # the link led on into the campaign
    assert "/grid" in page.url
    submitted = grid.submit()
    grid.wait_until_saved()
    names = {each["name"]: each for each in profile.cookies()}
    assert names["galcore_identity"]["httpOnly"]
    assert "galcore_way" not in names

    page.get_by_role("button", name=ANA).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=SLOW_MS)
    assert provider.logouts == 1
    assert "galcore_identity" not in {each["name"] for each in profile.cookies()}

    sign_in(page, "mallory")  # an address that nobody verified is no name
    expect(page.get_by_text("is closed to you")).to_be_visible(timeout=SLOW_MS)
    assert page.get_by_text("Bars").count() == 0

    assert [person.name for person in read_roster(server.workspaces_dir / "sky").people] == [VERA, ANA]
    history = server.read(lambda workspace: workspace.labels.history("bars"))
    assert sorted(history["galaxy_id"]) == sorted(submitted)
    assert set(history["annotator"]) == {ANA}
