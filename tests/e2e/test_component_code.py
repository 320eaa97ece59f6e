"""Browsers load the code of a component once, by its address, and ask again while it does not come."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, WebSocket

from tests.e2e.driver import GridDriver, Server

pytestmark = pytest.mark.e2e


def test_messages_carry_no_code_and_a_lost_script_is_asked_for_again(page: Page, server: Server) -> None:
    frames: list[bytes] = []
    asked: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: frames.append(frame if isinstance(frame, bytes) else b""))

    def lose_the_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) < 3:
            route.abort()
        else:
            route.continue_()

    page.on("websocket", listen)
    page.route("**/galcore/components/annotation_grid.*", lose_the_first)
    page.goto(f"{server.address}/grid?campaign=spirals")
    grid = GridDriver(page)
    grid.wait_for_grid()
    assert len(asked) == 3
    for _ in range(2):
        grid.submit()
    grid.wait_until_saved()
    assert len(asked) == 3
    assert any(b"annotation_grid." in frame for frame in frames)
    assert not any(b"AnnotationPage" in frame or b"gg-cell" in frame for frame in frames)
