"""A page that is left gives its galaxies back; another tab or a stranger keeps them where they are."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from galcore.people.access import current_access
from galcore.people.tokens import IDENTITY_COOKIE, Identity, identity_token
from galcore.types import Campaign, Grid
from galcore.web.hands_routes import HANDS_ROUTE, hands_routes
from galcore.web.open_pages import (
    CLOSED_S,
    LATE_S,
    SIGN_S,
    TURNED_S,
    OpenPage,
    OpenPages,
    open_pages,
    settle,
)
from galcore.web.registry import serve_workspaces, served
from galcore.workspace import Workspace
from tests.clock import Clock

VERA = OpenPage("sky", "spirals", "Vera", "tab 1")
OTHER_TAB = OpenPage("sky", "spirals", "Vera", "tab 2")


@pytest.fixture
def workspace(sky: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A served workspace in which Vera is at work, on a server of which no other test opened a page."""
    monkeypatch.setattr("galcore.web.open_pages._pages", OpenPages())
    sky.close()
    serve_workspaces([sky.folder])
    opened = served().get("sky")
    opened.labels.create_campaign(Campaign("spirals", "Spirals", "?", ("spiral", "other")))
    opened.labels.touch("spirals", "Vera")
    yield opened
    serve_workspaces(None)


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=hands_routes()))


def _leave(client: TestClient, page: OpenPage, how: str = "closed") -> int:
    return client.post(f"{HANDS_ROUTE}?{how}", headers={"X-Galcore": page.token}).status_code


def _is_here(workspace: Workspace) -> bool:
    return "Vera" in workspace.labels.present("spirals")


def test_the_last_page_of_a_person_counts_and_forgotten_ones_do_not() -> None:
    clock = Clock()
    pages = OpenPages(clock)
    for page in (VERA, OTHER_TAB, OpenPage("sky", "spirals", "Ana", "tab 1")):
        pages.sign(page)
    assert not pages.leave(VERA)
    assert pages.leave(OTHER_TAB)
    pages.sign(OTHER_TAB)
    clock.now_s += SIGN_S + 1
    assert pages.leave(VERA)


def test_a_person_leaves_with_the_last_tab(workspace: Workspace, client: TestClient) -> None:
    open_pages().sign(VERA)
    open_pages().sign(OTHER_TAB)
    assert _leave(client, VERA) == 204
    assert _is_here(workspace)
    assert _leave(client, OTHER_TAB, "turned") == 204
    assert not _is_here(workspace)


def test_a_run_that_its_page_did_not_wait_for_is_no_sign_of_it() -> None:
    clock = Clock()
    pages = OpenPages(clock)
    assert pages.sign(VERA, began=pages.now()) is None
    began = pages.now()
    clock.now_s += 3
    pages.leave(VERA, within_s=7)
    assert pages.sign(VERA, began=began) == 7  # it was at work when the page was left
    assert pages.leave(VERA, within_s=7)  # and has not opened it again
    clock.now_s += LATE_S
    assert pages.sign(VERA, began=pages.now()) == TURNED_S  # asked for before, or a return
    clock.now_s += 1
    assert pages.sign(VERA, began=pages.now()) is None


def test_a_late_run_of_one_tab_takes_nothing_from_another() -> None:
    clock = Clock()
    pages = OpenPages(clock)
    began = pages.now()
    pages.sign(OTHER_TAB)
    pages.leave(VERA)
    assert pages.sign(VERA, began=began) == math.inf


def test_galaxies_given_to_a_page_that_has_left_are_given_back(
    workspace: Workspace, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tab closes while the server chooses its grid: others have the galaxies seconds later."""
    labels, clock = workspace.labels, Clock()
    loop = workspace.loop("spirals")
    monkeypatch.setattr(labels._book, "_clock", clock)
    at_work, closed = threading.Event(), threading.Event()
    give = labels.give_grid

    def give_slowly(grid: Grid) -> Grid:
        at_work.set()
        assert closed.wait(30)
        return give(grid)

    monkeypatch.setattr(labels, "give_grid", give_slowly)

    def run_of_the_page() -> None:
        began = open_pages().now()
        try:
            assert loop.grids("Vera")[0].items
        finally:
            settle(VERA, labels, began=began)

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(run_of_the_page)
        assert at_work.wait(30)
        assert _leave(client, VERA) == 204
        closed.set()
        run.result(30)
    taken = labels.leased("spirals", "Vera")
    assert taken and not _is_here(workspace)
    assert not labels.lease("spirals", "Ana", taken)
    clock.now_s += CLOSED_S + 0.1
    assert set(labels.lease("spirals", "Ana", taken)) == set(taken)


def test_without_a_token_of_this_server_nobody_leaves(workspace: Workspace, client: TestClient) -> None:
    assert client.post(HANDS_ROUTE).status_code == 403
    assert client.post(HANDS_ROUTE, headers={"X-Galcore": VERA.token + "x"}).status_code == 403
    assert client.get(HANDS_ROUTE, headers={"X-Galcore": VERA.token}).status_code == 405
    assert _is_here(workspace)


def test_where_names_are_proven_the_cookie_must_be_of_the_same_person(
    workspace: Workspace, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALCORE_PASSPHRASE", "open sesame")
    monkeypatch.setenv("GALCORE_OWNER", "Ana")
    assert _leave(client, VERA) == 401
    client.cookies.set(IDENTITY_COOKIE, identity_token(Identity("Ana", "browser"), current_access()))
    assert _leave(client, VERA) == 403
    assert _is_here(workspace)
    assert _leave(client, OpenPage("sky", "spirals", "Ana", "tab 1")) == 204
