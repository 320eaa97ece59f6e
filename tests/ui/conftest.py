"""The pages in Streamlit's own test bench: everything but the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from galcore.settings import ROOT
from galcore.types import Campaign
from galcore.web.registry import serve_workspaces, served
from galcore.workspace import Workspace

SPIRALS = Campaign("spirals", "Spirals", "Which of these are spirals?", ("spiral", "other"))


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Serves the workspaces in these folders, until the test is over; nobody has a name yet."""
    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path / "workspaces"))
    monkeypatch.setenv("GALCORE_SECRET", "for this test")

    def start(*folders: Path) -> None:
        serve_workspaces(list(folders))

    yield start
    serve_workspaces([])


@pytest.fixture
def sky_served(copy_sky: Callable[[str], Path], serve: Callable[..., None]) -> Workspace:
    """One prepared workspace, served, without campaigns."""
    serve(copy_sky("sky"))
    return served().get("sky")


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Opens a page through the shell, as somebody or as nobody."""

    def open_as(page: str, name: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "galcore" / "ui" / "shell.py"), default_timeout=30)
        if name:
            app.session_state["galcore.user"] = name
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        app.switch_page(f"../../pages/{page}.py")
        return app.run()

    return open_as
