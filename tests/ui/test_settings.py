"""Settings: what owners change, what others see, and what somebody sees who may not write."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from galcore.labels.store import LabelStore
from galcore.people import Role, configure_access, person_in
from galcore.people.changes import change_newcomers, change_person
from galcore.people.roster import read_roster
from galcore.types import EventKind, LabelEvent
from galcore.ui.settings.appearance import key_list
from galcore.ui.settings.people_table import known_people, people_table
from galcore.web.registry import served
from galcore.workspace import Workspace
from tests.ui.conftest import SPIRALS

OpenPage = Callable[..., AppTest]


@pytest.fixture
def group(serve: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace without galaxies where Vera owns, Ana annotates and Vic looks on."""
    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path / "workspaces"))
    folder = tmp_path / "workspaces" / "sky"
    Workspace.create(folder, title="Sky")
    serve(folder)
    workspace = served().get("sky")
    workspace.labels.create_campaign(SPIRALS)
    for name, role in (("Vera", Role.OWNER), ("Ana", Role.ANNOTATOR), ("Vic", Role.VIEWER)):
        change_person(folder, name, by="Vera", role=role)
    yield workspace
    configure_access({})


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.subheader, *app.caption, *app.error, *app.warning, *app.info, *app.code]
    return "\n".join(str(part.value) for part in parts)


def button(app: AppTest, label: str):
    return next(each for each in app.button if each.label == label)


def label(store: LabelStore, annotator: str, galaxy_id: str) -> None:
    event = LabelEvent(f"{annotator}-{galaxy_id}", "spirals", galaxy_id, annotator, EventKind.LABEL, "spiral")
    store.append([event])


def test_an_owner_pauses_weighs_and_renames_a_person(group: Workspace, open_page: OpenPage) -> None:
    app = open_page("settings", "Vera")
    assert not app.exception
    app.selectbox(key="settings_person").set_value("Ana").run()
    app.text_input(key="settings_Ana_n").set_value("Ana B.")
    app.number_input(key="settings_Ana_weight").set_value(0.5)
    app.checkbox(key="settings_Ana_paused").set_value(True)
    button(app, "Save").click().run()
    assert not app.exception and not app.error
    ana = person_in(group.folder, "Ana")
    assert (ana.shown, ana.weight, ana.paused) == ("Ana B.", 0.5, True)


def test_a_weight_reaches_the_loop_that_runs_and_one_that_starts_later(
    sky: Workspace, tmp_path: Path
) -> None:
    sky.labels.create_campaign(SPIRALS)
    change_person(sky.folder, "Vera", by="Vera", role=Role.OWNER)
    change_person(sky.folder, "Ana", by="Vera", weight=0.5)
    loop = sky.loop("spirals")
    first, second = (str(each) for each in sky.catalog["galaxy_id"].iloc[:2])
    label(sky.labels, "Ana", first)
    label(sky.labels, "Vera", second)

    def worth(galaxy_id: str) -> float:
        loop.grids("Vera")
        (votes,) = loop._knowledge.state.ballots
        (worth,) = votes.worth[votes.rows == loop.galaxy_ids.tolist().index(galaxy_id)]
        return float(worth)

    assert (worth(first), worth(second)) == (0.5, 1.0)
    change_person(sky.folder, "Ana", by="Vera", weight=2.0)
    sky.loop("spirals")
    assert (worth(first), worth(second)) == (2.0, 1.0)


def test_the_last_owner_cannot_leave_the_workspace_without_one(group: Workspace, open_page: OpenPage) -> None:
    app = open_page("settings", "Vera")
    app.selectbox(key="settings_person").set_value("Vera").run()
    app.checkbox(key="settings_Vera_removed").set_value(True)
    button(app, "Save").click().run()
    assert "needs an owner" in texts(app)
    assert person_in(group.folder, "Vera").role is Role.OWNER


def test_an_owner_makes_and_withdraws_a_link(group: Workspace, open_page: OpenPage) -> None:
    app = open_page("settings", "Vera")
    button(app, "Make a link").click().run()
    assert not app.exception
    assert "invitation=" in texts(app) and "workspace=sky" in texts(app)
    button(app, "Withdraw").click().run()
    assert read_roster(group.folder).invitations == ()


@pytest.mark.parametrize("name", ["Ana", "Vic"])
def test_others_see_people_and_change_only_their_own_name(
    group: Workspace, open_page: OpenPage, name: str
) -> None:
    app = open_page("settings", name)
    assert not app.exception
    assert "Owners invite people." in texts(app)
    assert not app.selectbox
    app.text_input(key="settings_own_name").set_value("Another")
    button(app, "Save").click().run()
    assert person_in(group.folder, name).shown == "Another"


def test_figures_of_others_are_shown_where_the_campaign_says_so(group: Workspace) -> None:
    label(group.labels, "Ana", "1")
    label(group.labels, "Vic", "1")
    for shows, seen in ((False, [None, 1, None]), (True, [None, 1, 1])):
        campaign = dataclasses.replace(SPIRALS, shows_pace=shows)
        people = known_people(group, campaign, "Ana")
        table = people_table(group, campaign, "Ana", people, owns=False)
        told = [None if value != value else value for value in table["labels"]]
        assert told == seen
        assert "weight" not in table
    owners = people_table(group, SPIRALS, "Vera", known_people(group, SPIRALS, "Vera"), owns=True)
    assert owners["labels"].fillna(0).tolist() == [0, 1, 1]


def test_a_paused_person_sees_a_panel_instead_of_the_grid(group: Workspace, open_page: OpenPage) -> None:
    change_person(group.folder, "Ana", by="Vera", paused=True)
    app = open_page("grid", "Ana")
    assert not app.exception
    assert "You are paused" in texts(app)
    assert "kept in this browser" in texts(app)
    assert group.labels.grids("spirals", "Ana") == ()


def test_a_viewer_is_told_so_and_gets_no_grid(group: Workspace, open_page: OpenPage) -> None:
    app = open_page("grid", "Vic")
    assert "You look on here" in texts(app)
    assert group.labels.grids("spirals", "Vic") == ()


def test_a_removed_person_sees_one_panel_and_no_campaign(group: Workspace, open_page: OpenPage) -> None:
    change_person(group.folder, "Ana", by="Vera", removed=True)
    app = open_page("review", "Ana")
    assert not app.exception
    assert "is closed to you" in texts(app)
    assert "Spirals" not in " ".join(each.label for each in app.button)


def test_an_invitation_in_the_address_lets_in(group: Workspace, open_page: OpenPage) -> None:
    change_newcomers(group.folder, None, by="Vera")
    app = open_page("settings", "Bo")
    assert "is closed to you" in texts(app)
    app = open_page("settings", "Vera")
    button(app, "Make a link").click().run()
    link = next(code.value for code in app.code if "invitation=" in code.value)
    token = link.split("invitation=")[1].split("&")[0]
    app = open_page("settings", "Bo", invitation=token)
    assert "is closed to you" not in texts(app)
    assert person_in(group.folder, "Bo").role is Role.ANNOTATOR


def test_only_owners_import_and_prepare(group: Workspace, open_page: OpenPage) -> None:
    app = open_page("data", "Ana")
    assert not app.exception
    assert "Only owners" in texts(app)
    assert not {"Import", "Prepare"} & {each.label for each in app.button}


def test_a_hosted_server_takes_no_paths(
    group: Workspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALCORE_HOSTED", "1")
    app = open_page("data", "Vera")
    assert not app.exception
    assert "Folder, picture, FITS file or stack" not in [field.label for field in app.text_input]
    monkeypatch.setenv("GALCORE_HOSTED", "0")
    app = open_page("data", "Vera")
    assert "Folder, picture, FITS file or stack" in [field.label for field in app.text_input]


def test_the_keys_are_those_of_the_grid() -> None:
    keys = dict(key_list())
    assert "submit the grid" in keys["⏎"]
    assert "value" in keys["0 – 5"]
    assert len(keys) >= 15
