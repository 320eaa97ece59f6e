"""Home and grid: empty, without a name, with one person, with an error."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from galcore.workspace import Workspace
from tests.ui.conftest import SPIRALS

OpenPage = Callable[..., AppTest]


def _texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.subheader, *app.caption, *app.error, *app.warning, *app.code]
    return "\n".join(str(part.value) for part in parts)


def _labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_home_without_a_workspace_says_how_to_get_one(
    serve: Callable[..., None], open_page: OpenPage
) -> None:
    serve()
    app = open_page("home")
    assert not app.exception
    assert "python -m galcore demo" in _texts(app)


def test_home_shows_what_it_is_before_asking_for_a_name(sky_served: Workspace, open_page: OpenPage) -> None:
    app = open_page("home")
    assert not app.exception
    assert "Annotate now" in _labels(app)
    assert app.text_input[0].label == "Your name"
    assert "Campaigns" not in _texts(app)


def test_home_shows_campaigns_with_their_progress(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(SPIRALS)
    app = open_page("home", "Vera")
    assert not app.exception
    assert "Which of these are spirals?" in _texts(app).replace("\\", "")
    assert "0 of 48 galaxies answered" in _texts(app)


def test_grid_asks_for_a_name_and_does_nothing_else(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(SPIRALS)
    app = open_page("grid")
    assert not app.exception
    assert [field.label for field in app.text_input] == ["Your name"]
    assert sky_served.labels.grids("spirals", "Vera") == ()


def test_an_empty_name_is_not_a_name(sky_served: Workspace, open_page: OpenPage) -> None:
    app = open_page("grid")
    app.text_input[0].set_value(" \u200f\n ")
    next(button for button in app.button if button.label == "Begin").click().run()
    assert "Type a name first" in _texts(app)


def test_grid_without_a_campaign_offers_to_make_one(sky_served: Workspace, open_page: OpenPage) -> None:
    app = open_page("grid", "Vera")
    assert not app.exception
    assert "New campaign" in _labels(app)
    assert "Ask a question first" in _texts(app)


def test_grid_composes_a_grid_for_the_person(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(SPIRALS)
    app = open_page("grid", "Vera")
    assert not app.exception
    assert not app.error
    assert len(sky_served.labels.grids("spirals", "Vera")) == 2


def test_grid_of_a_closed_campaign_is_not_an_error(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(SPIRALS)
    sky_served.labels.update_campaign(dataclasses.replace(SPIRALS, state="closed"))
    app = open_page("grid", "Vera", campaign="spirals")
    assert not app.exception
    assert not app.error


def test_a_broken_label_file_is_one_sentence_not_a_traceback(
    copy_sky: Callable[[str], Path], serve: Callable[..., None], open_page: OpenPage
) -> None:
    folder = copy_sky("sky")
    (folder / "labels.duckdb").write_bytes(b"this is no database" * 100)
    serve(folder)
    app = open_page("grid", "Vera")
    assert not app.exception
    assert "labels.duckdb" in app.error[0].value


def test_a_name_with_markup_is_shown_as_text(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(
        dataclasses.replace(SPIRALS, question="<script>alert(1)</script> **bold** " + "x" * 200)
    )
    app = open_page("home", "<b>Ana</b> :red[x] " + "y" * 180)
    assert not app.exception
    assert "\\<script\\>" in _texts(app)
    assert "**bold**" not in _texts(app)


def test_the_selection_queue_comes_first(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(SPIRALS)
    wanted = tuple(sky_served.catalog["galaxy_id"].iloc[[3, 7]])
    app = AppTest.from_file(str(Path("galcore/ui/shell.py").resolve()), default_timeout=30)
    app.session_state["galcore.user"] = "Vera"
    app.session_state["galcore.selection.sky"] = wanted
    app.run()
    app.query_params["queue"] = "selection"
    app.switch_page("../../pages/grid.py").run()
    assert not app.exception
    first = sky_served.loop("spirals").grids("Vera")[0]
    assert tuple(item.galaxy_id for item in first.items) == wanted
