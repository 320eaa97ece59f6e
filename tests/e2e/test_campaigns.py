"""A campaign made by clicking, and joined by link from another browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.driver import GridDriver, Server, open_profile

pytestmark = pytest.mark.e2e
MINUTE_S = 60


@pytest.fixture
def bare_server(copy_sky: Callable[[str], Path], tmp_path: Path) -> Iterator[Server]:
    """A server over a prepared workspace without campaigns."""
    with Server(copy_sky("sky").parent, tmp_path / "server.log") as server:
        yield server


@pytest.fixture
def owner(browser: Browser, bare_server: Server) -> Iterator[Page]:
    """A window of Vera, who makes the campaign; an error in the page's scripts fails the test."""
    context = open_profile(browser)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(bare_server.address)
    page.get_by_label("Your name").fill("Vera")
    page.get_by_role("button", name="Begin").click()
    yield page
    context.close()
    assert failures == []


def _open_form(page: Page) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="New campaign").click()
    expect(page.get_by_role("textbox", name="Question")).to_be_visible()


def test_a_campaign_is_made_in_under_a_minute_and_joined_by_link(
    owner: Page, browser: Browser, bare_server: Server
) -> None:
    expect(owner.get_by_test_id("stMain").get_by_role("button", name="New campaign")).to_be_visible(
        timeout=30_000
    )
    started = time.monotonic()
    _open_form(owner)
    owner.get_by_role("textbox", name="Question").fill("Which of these are barred?")
    owner.get_by_role("button", name="Create and begin").click()
    GridDriver(owner).wait_for_grid()
    assert time.monotonic() - started < MINUTE_S

    owner.goto(bare_server.address)
    owner.get_by_role("button", name="Invite").click()
    link = owner.get_by_label("Link to join")
    expect(link).to_have_value(re.compile(rf"^{bare_server.address}/\?join=[\w-]{{12}}$"))

    profile = open_profile(browser)
    guest = profile.new_page()
    guest.goto(link.input_value())
    expect(guest.get_by_text("You are invited to")).to_be_visible(timeout=30_000)
    guest.get_by_label("Your name").fill("Carlos")
    guest.get_by_role("button", name="Begin").click()
    GridDriver(guest).wait_for_grid()
    assert "/grid" in guest.url
    assert "join=" not in guest.url
    guest.goto(f"{bare_server.address}/?join=wrong")
    expect(guest.get_by_text("This link leads nowhere")).to_be_visible(timeout=30_000)
    profile.close()


def test_a_decision_tree_is_previewed_while_it_is_made(owner: Page) -> None:
    _open_form(owner)
    owner.get_by_role("textbox", name="Question").fill("Galaxy Zoo")
    owner.get_by_role("radio", name="decision tree").click()
    preview = owner.locator(".st-key-galcore_campaign_preview")
    expect(preview.get_by_text("Smooth and rounded")).to_be_visible()
    expect(preview.locator("img")).to_have_count(8)
    owner.get_by_role("button", name="Save as draft").click()
    card = owner.locator("[class*=st-key-galcore_card_]")
    expect(card.get_by_text("draft", exact=True)).to_be_visible()
    card.get_by_role("button", name="more_horiz").click()
    owner.get_by_role("button", name="Open it").click()
    expect(card.get_by_text("Be the first.")).to_be_visible()
