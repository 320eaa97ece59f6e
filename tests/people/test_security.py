"""Refused: forged addresses, other people's names, writing viewers, markup, SQL, large files, odd paths."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from galcore.catalog.importer import import_path
from galcore.jobs.uploads import new_upload_folder, save_files
from galcore.people import NotAllowedError, Role, current_access, enter
from galcore.people.changes import change_newcomers, change_person
from galcore.people.tokens import IDENTITY_COOKIE, Identity, identity_token, ticket
from galcore.settings import ROOT
from galcore.simulate.write import write_survey
from galcore.types import Campaign, GalcoreError, Reason
from galcore.ui.components.common.outbox import apply_outbox
from galcore.ui.labelling import queue_chosen, store_answers
from galcore.ui.text import plain
from galcore.web.addresses import signed_token, stamp_address
from galcore.web.atlas_routes import atlas_routes
from galcore.web.identity_routes import ENTER_ROUTE, LEAVE_ROUTE, identity_routes
from galcore.web.registry import serve_workspaces, served
from galcore.web.restore.routes import restore_routes
from galcore.web.routes import galcore_routes
from galcore.web.uploaded_files import MAX_BYTES, read_upload
from galcore.workspace import Workspace

SPIRALS = Campaign("spirals", "Spirals", "Which of these are spirals?", ("spiral", "other"))
HOSTILE = [
    "'; DROP TABLE events; --",
    '" OR 1=1 --',
    "../../etc/passwd",
    "..\\..\\x",
    "<script>alert(1)</script>",
]


@pytest.fixture(scope="module")
def plain_sky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six simulated galaxies; no model has looked at them."""
    folder = tmp_path_factory.mktemp("plain") / "sky"
    Workspace.create(folder, title="Sky")
    written = write_survey(folder / "survey", 6, survey="SDSS", seed=5, size_px=48)
    import_path(written.folder / "images", folder)
    return folder


@pytest.fixture
def workspace(plain_sky: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of Vera (owner), Ana (annotator) and Vic (viewer)."""
    import shutil

    folder = Path(shutil.copytree(plain_sky, tmp_path / "workspaces" / "sky"))
    serve_workspaces([folder])
    opened = served().get("sky")
    opened.labels.create_campaign(SPIRALS)
    enter(folder, "Vera")
    for name, role in (("Vera", Role.OWNER), ("Ana", Role.ANNOTATOR), ("Vic", Role.VIEWER)):
        change_person(folder, name, by="Vera", role=role)
    yield opened
    serve_workspaces(None)


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    routes = [*galcore_routes(), *atlas_routes(), *restore_routes(), *identity_routes()]
    with TestClient(Starlette(routes=routes)) as client:
        yield client


def first_stamp(workspace: Workspace) -> str:
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[0])
    return stamp_address("sky", galaxy_id, size_px=64, version=workspace.catalog_hash)


def as_person(name: str) -> dict[str, str]:
    token = identity_token(Identity(name, "b"), current_access())
    return {"cookie": f"{IDENTITY_COOKIE}={token}"}


def flag(galaxy_id: str, **changes: Any) -> dict[str, Any]:
    entry = {
        "n": 1, "kind": "flag", "campaign_id": "spirals", "galaxy_id": galaxy_id,
        "event_id": uuid.uuid4().hex, "grid_id": "", "comment": "odd", "display": "survey",
    }  # fmt: skip
    return {"client": "tab", "items": [entry | changes]}


# --- routes ---------------------------------------------------------------------------------------------


def test_where_a_name_is_enough_a_signed_address_opens(client: TestClient, workspace: Workspace) -> None:
    assert client.get(first_stamp(workspace)).status_code == 200


def test_a_forged_address_opens_nothing(client: TestClient, workspace: Workspace) -> None:
    payload, _, signature = first_stamp(workspace).rpartition(".")
    for forged in (payload + ".", f"{payload}.{signature[::-1]}", f"{payload}x.{signature}", "/stamps/x.y"):
        assert client.get(forged).status_code == 403


def test_a_token_for_one_route_opens_no_other(client: TestClient, workspace: Workspace) -> None:
    token = first_stamp(workspace).removeprefix("stamps/")
    assert client.get(f"/atlas/geometry/{token}").status_code == 403
    assert client.get(f"/restorations/original/{token}").status_code == 403


@pytest.mark.parametrize(
    ("route", "fields", "rest"),
    [
        ("/atlas/geometry", ["geometry", ["sky", "m", "l"]], ""),
        ("/atlas/stamps", ["stamps", ["sky", "m", "l", "v"]], "/64/0"),
        ("/atlas/cards", ["cards", ["sky", "m", "l", "", []]], "/0"),
        ("/restorations/original", ["original", "k", "survey", 0], ""),
        ("/restorations/values", ["values", "k", 0], "/1/1"),
    ],
)
@pytest.mark.usefixtures("with_passphrase")
def test_no_route_answers_without_the_cookie(
    client: TestClient, route: str, fields: list[Any], rest: str
) -> None:
    address = f"{route}/{signed_token(fields)}{rest}"
    assert client.get(address).status_code == 401
    assert client.get(address, headers=as_person("Ana")).status_code == 404


@pytest.mark.usefixtures("with_passphrase")
def test_a_leaked_address_opens_nothing_to_strangers(client: TestClient, workspace: Workspace) -> None:
    address = first_stamp(workspace)
    assert client.get(address).status_code == 401
    assert client.get(address, headers={"cookie": f"{IDENTITY_COOKIE}=Vera"}).status_code == 401
    assert client.get(address, headers={"cookie": "galcore_name=Vera"}).status_code == 401
    assert client.get(address, headers=as_person("Vic")).status_code == 200


@pytest.mark.usefixtures("with_passphrase")
def test_removed_and_uninvited_people_get_no_pictures(client: TestClient, workspace: Workspace) -> None:
    change_person(workspace.folder, "Ana", by="Vera", removed=True)
    change_newcomers(workspace.folder, None, by="Vera")
    for name in ("Ana", "somebody else"):
        assert client.get(first_stamp(workspace), headers=as_person(name)).status_code == 403
    assert client.get(first_stamp(workspace), headers=as_person("Vic")).status_code == 200


@pytest.mark.usefixtures("with_passphrase")
def test_a_ticket_becomes_a_cookie_that_scripts_cannot_read(client: TestClient, workspace: Workspace) -> None:
    handed = ticket(Identity("Vic", "b"), current_access())
    answer = client.post(ENTER_ROUTE, headers={"x-galcore": handed})
    assert answer.status_code == 204
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "sesame" not in answer.headers["set-cookie"]
    assert client.get(first_stamp(workspace)).status_code == 200
    assert client.post(LEAVE_ROUTE).status_code == 403
    assert client.post(LEAVE_ROUTE, headers={"x-galcore": "leave"}).status_code == 204
    assert client.get(first_stamp(workspace)).status_code == 401


@pytest.mark.parametrize("handed", ["", "Vera", "a.b"])
def test_a_forged_ticket_is_refused(client: TestClient, handed: str) -> None:
    answer = client.post(ENTER_ROUTE, headers={"x-galcore": handed})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


WRITES = re.compile(
    r"labels\.append\(|\.(create|update)_campaign\(|cancel_job\(|\bsubmit\(|\.(correct|queue)\(|change_campaign\("
)
ASKS = re.compile(r"require_role\(|require_manager\(")
FILES = [*(ROOT / "galcore" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_writes_asks_for_the_role(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not WRITES.search(text) or ASKS.search(text), f"{path.name} writes and does not ask who may"


# --- writes ---------------------------------------------------------------------------------------------


def test_a_viewer_writes_nothing_and_the_browser_keeps_it(workspace: Workspace) -> None:
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[0])
    told = apply_outbox(flag(galaxy_id), workspace, "Vic")
    assert told.number == 0
    assert "role is viewer" in told.problem or "yours is viewer" in told.problem
    with pytest.raises(NotAllowedError):
        store_answers(workspace, SPIRALS, "Vic", [galaxy_id], "spiral", reason=Reason.SIMILAR)
    with pytest.raises(NotAllowedError):
        queue_chosen(workspace, SPIRALS, "Vic", [galaxy_id])
    assert len(workspace.labels.history("spirals")) == 0


def test_answers_of_a_paused_person_wait_and_are_stored_once_afterwards(workspace: Workspace) -> None:
    waiting = flag(str(workspace.catalog["galaxy_id"].iloc[0]))
    change_person(workspace.folder, "Ana", by="Vera", paused=True)
    told = apply_outbox(waiting, workspace, "Ana")
    assert told.number == 0
    assert "kept in your browser" in told.problem and "paused" in told.problem
    change_person(workspace.folder, "Ana", by="Vera", paused=False)
    assert apply_outbox(waiting, workspace, "Ana").number == 1
    assert apply_outbox(waiting, workspace, "Ana").number == 1
    assert len(workspace.labels.history("spirals")) == 1


def test_the_browser_cannot_say_whose_answer_it_is(workspace: Workspace) -> None:
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[0])
    apply_outbox(flag(galaxy_id, annotator="Vera", user="Vera"), workspace, "Ana")
    assert workspace.labels.history("spirals")["annotator"].tolist() == ["Ana"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(workspace: Workspace, text: str) -> None:
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[0])
    apply_outbox(flag(galaxy_id, comment=text), workspace, "Ana")
    kept = workspace.labels.history("spirals")
    assert kept["comment"].tolist() == [text]
    assert not re.search(r"(?<!\\)[<*_`\[]", plain(text))
    assert [each.campaign_id for each in workspace.labels.campaigns()] == ["spirals"]
    with pytest.raises(GalcoreError, match="There is no campaign"):
        workspace.labels.votes(text)
    assert workspace.labels.seen("spirals", text) == set()


@pytest.mark.parametrize("galaxy_id", HOSTILE)
def test_a_path_in_an_id_leads_nowhere(client: TestClient, workspace: Workspace, galaxy_id: str) -> None:
    address = stamp_address("sky", galaxy_id, size_px=64, version=workspace.catalog_hash)
    assert client.get(address).status_code == 404
    elsewhere = stamp_address(galaxy_id, "1", size_px=64, version="v")
    assert client.get(elsewhere).status_code == 404
    with pytest.raises(GalcoreError):
        workspace.loop(galaxy_id)


def test_an_upload_that_is_too_large_is_not_read() -> None:
    def fail(_path: Path) -> None:
        raise AssertionError("it was read")

    with pytest.raises(GalcoreError, match="larger than 64 MB"):
        read_upload("a.png", bytes(MAX_BYTES + 1), fail, purpose="be searched with")


@pytest.mark.parametrize("name", ["../../evil.fits", "/etc/evil.fits", "..\\evil.fits"])
def test_an_upload_stays_in_its_folder(workspace: Workspace, name: str) -> None:
    folder = new_upload_folder(workspace.folder)
    (path,) = save_files(folder, [(name, io.BytesIO(b"data"))])
    assert path.parent == folder


def test_a_hostile_name_is_shown_as_text_and_kept_as_one_line(
    with_people: Callable[..., Path], folder: Path
) -> None:
    with_people(Vera=Role.OWNER)
    shown = change_person(
        folder, "Vera", by="Vera", display_name="<img src=x onerror=alert(1)>\n\u202eAna"
    ).shown
    assert "\n" not in shown and "\u202e" not in shown
    assert not re.search(r"(?<!\\)<", plain(shown))
