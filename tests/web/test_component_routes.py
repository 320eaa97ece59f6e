"""The code of a component is loaded by its hash, and kept."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.testclient import TestClient

from galcore.web.component_routes import COMPONENT_ROUTE, component_routes, publish_module


def test_code_is_served_as_it_is_under_an_address_of_its_own() -> None:
    client = TestClient(Starlette(routes=component_routes()))
    address = publish_module("stars", "export default () => '★';")
    answer = client.get(address)
    assert answer.text == "export default () => '★';"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert publish_module("stars", "export default () => '☆';") != address
    assert client.get(f"{address}?2").status_code == 200


def test_what_was_not_published_is_not_there() -> None:
    client = TestClient(Starlette(routes=component_routes()))
    for file in ("stars.js", "..%2f..%2fapp.py", ""):
        answer = client.get(f"{COMPONENT_ROUTE}/{file}")
        assert answer.status_code == 404
        assert "immutable" not in answer.headers.get("cache-control", "")
