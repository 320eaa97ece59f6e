import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from galcore.web.gate import Gate
from galcore.web.routes import HEALTH_ROUTE, galcore_routes


def ask(listens_on: str | None, host: str) -> int:
    gate = Middleware(Gate, listens_on=lambda: listens_on)
    client = TestClient(Starlette(routes=galcore_routes(), middleware=[gate]), base_url=f"http://{host}")
    return client.get(HEALTH_ROUTE).status_code


@pytest.mark.parametrize("listens_on", ["localhost", "127.0.0.1"])
def test_a_server_for_its_own_machine_answers_to_no_other_name(listens_on: str) -> None:
    assert ask(listens_on, "localhost:8501") == 200
    assert ask(listens_on, "sky.example.org") == 403


@pytest.mark.parametrize("listens_on", ["0.0.0.0", "", None])
def test_a_server_told_to_listen_to_others_answers_to_any_name(listens_on: str | None) -> None:
    assert ask(listens_on, "sky.example.org") == 200
