"""The gate before every route; attacks on a whole server are in tests/e2e/test_security.py."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from galcore.web.gate import Gate, page_policy
from galcore.web.provider_routes import CALLBACK_ROUTE, LOGIN_ROUTE, WAY_COOKIE, ProviderRoutes, way_in


async def _page(_request: object) -> HTMLResponse:
    return HTMLResponse("a page")


async def _redirect(_request: object) -> HTMLResponse:
    return HTMLResponse(status_code=302, headers={"Location": "/"})


async def _socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


@pytest.fixture
def app() -> Starlette:
    routes = [
        Route("/", _page),
        Route("/galcore/metrics", _page),
        Route(LOGIN_ROUTE, _redirect),
        Route(CALLBACK_ROUTE, _redirect),
        WebSocketRoute("/stream", _socket),
    ]
    gate = Middleware(Gate, listens_on=lambda: "localhost")
    return Starlette(routes=routes, middleware=[gate, Middleware(ProviderRoutes)])


@pytest.mark.parametrize("name", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "sky.localhost"])
def test_a_server_of_one_machine_answers_under_its_names(app: Starlette, name: str) -> None:
    assert TestClient(app, base_url=f"http://{name}").get("/").status_code == 200


@pytest.mark.parametrize("name", ["rebound.evil.example:8501", "localhost.evil.example", "192.0.2.7"])
def test_under_another_name_it_tells_what_to_set_until_it_is_meant_for_others(
    app: Starlette, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(app, base_url=f"http://{name}")
    refused = client.get("/")
    assert refused.status_code == 403
    assert "GALCORE_HOSTED" in refused.text
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"ws://{name}/stream"):
        pass
    monkeypatch.setenv("GALCORE_HOSTED", "1")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("listens_on", ["0.0.0.0", "", None])
def test_a_server_told_to_listen_to_others_answers_to_any_name(listens_on: str | None) -> None:
    gate = Middleware(Gate, listens_on=lambda: listens_on)
    app = Starlette(routes=[Route("/", _page)], middleware=[gate])
    assert TestClient(app, base_url="http://sky.example.org").get("/").status_code == 200


@pytest.mark.parametrize(("place", "status"), [("127.0.0.1", 200), ("10.1.2.3", 200), ("8.8.8.8", 404)])
def test_metrics_are_told_to_those_near(app: Starlette, place: str, status: int) -> None:
    client = TestClient(app, base_url="http://localhost", client=(place, 1))
    assert client.get("/galcore/metrics").status_code == status
    assert client.get("/galcore/metrics", headers={"X-Forwarded-For": "8.8.8.8"}).status_code == 404


def test_sites_that_are_named_may_show_the_dashboard_in_a_frame(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALCORE_FRAMES", "https://huggingface.co")
    policy = TestClient(app, base_url="http://localhost").get("/").headers["content-security-policy"]
    assert "frame-ancestors 'self' https://huggingface.co" in policy
    assert "evil" not in page_policy("a; script-src evil")  # a name that is none does not get into it


def test_whoever_followed_a_link_goes_on_there_after_signing_in(app: Starlette) -> None:
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    client.get(LOGIN_ROUTE, headers={"Referer": "http://localhost/grid?join=code"})
    assert client.get(CALLBACK_ROUTE).headers["location"] == "/grid?join=code"
    assert client.get(CALLBACK_ROUTE).headers["location"] == "/"  # once


@pytest.mark.parametrize(
    "referrer",
    [
        "https://evil.example/?join=x",
        "http://localhost//evil.example/",
        "http://localhost/\\evil.example",
        "",
    ],
)
def test_nobody_is_led_to_another_site_after_signing_in(app: Starlette, referrer: str) -> None:
    client = TestClient(app, base_url="http://localhost", follow_redirects=False)
    client.get(LOGIN_ROUTE, headers={"Referer": referrer})
    client.cookies.set(WAY_COOKIE, "//evil.example")
    assert client.get(CALLBACK_ROUTE).headers["location"] == "/"
    assert way_in(referrer, "localhost") == ""
