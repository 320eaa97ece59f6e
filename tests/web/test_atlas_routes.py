"""What the browser fetches for the map."""

import uuid

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from galcore.types import Campaign, EventKind, LabelEvent
from galcore.web.addresses import signed_token, stamp_address
from galcore.web.atlas_routes import atlas_addresses, atlas_routes
from galcore.web.registry import serve_workspaces, served
from galcore.web.routes import galcore_routes


@pytest.fixture
def workspace(copy_sky):
    folder = copy_sky("sky")
    serve_workspaces([folder])
    yield served().get("sky")
    serve_workspaces(None)


@pytest.fixture
def client():
    with TestClient(Starlette(routes=[*galcore_routes(), *atlas_routes()])) as client:
        yield client


def addresses_of(workspace, **options):
    return atlas_addresses(workspace, workspace.atlas(), model="galcore-tiny", **options)


def test_geometry_arrives_as_all_x_then_all_y_and_may_be_kept(workspace, client):
    answer = client.get(addresses_of(workspace).geometry)
    x, y = np.frombuffer(answer.content, dtype="<f4").reshape(2, -1)
    np.testing.assert_array_equal(np.stack([x, y], axis=1), workspace.atlas().xy)
    assert "immutable" in answer.headers["cache-control"]


def test_a_row_gives_the_picture_of_its_galaxy(workspace, client):
    by_row = client.get(f"{addresses_of(workspace).stamps}64/5")
    by_id = client.get(
        stamp_address("sky", workspace.atlas().galaxy_ids[5], size_px=64, version=workspace.catalog_hash)
    )
    assert by_row.headers["content-type"] == "image/jpeg"
    assert by_row.content == by_id.content


@pytest.mark.parametrize("tail", ["64/99999", "63/0", "2048/0"])
def test_other_rows_and_sizes_are_not_there(workspace, client, tail):
    assert client.get(addresses_of(workspace).stamps + tail).status_code == 404


def test_a_token_of_one_route_opens_no_other(workspace, client):
    addresses = addresses_of(workspace)
    geometry = addresses.geometry.rsplit("/", 1)[1]
    stamps = addresses.stamps.split("/")[2]
    assert client.get(f"/atlas/stamps/{geometry}/64/0").status_code == 403
    assert client.get(f"/atlas/geometry/{stamps}").status_code == 403
    assert client.get(f"/stamps/{stamps}").status_code == 403
    assert client.get(f"/atlas/cards/{geometry}/0").status_code == 403


def test_a_forged_address_is_refused(workspace, client):
    token = addresses_of(workspace).geometry.rsplit("/", 1)[1]
    assert client.get(f"/atlas/geometry/{token[:-2]}xx").status_code == 403
    assert client.get("/atlas/geometry/nonsense").status_code == 403


def test_an_old_layout_is_told_to_reload(workspace, client):
    token = signed_token(["geometry", ["sky", "galcore-tiny", "another-layout"]])
    answer = client.get(f"/atlas/geometry/{token}")
    assert answer.status_code == 404
    assert "reload" in answer.text


def test_a_workspace_that_is_not_served_is_not_found(workspace, client):
    token = signed_token(["geometry", ["elsewhere", "galcore-tiny", "x"]])
    assert client.get(f"/atlas/geometry/{token}").status_code == 404


def test_a_card_tells_id_values_label_and_score(workspace, client):
    ids = workspace.atlas().galaxy_ids
    workspace.labels.create_campaign(Campaign("c", "C", "Which?", ("yes", "no")))
    events = [
        LabelEvent(
            str(uuid.uuid4()), "c", ids[row], "Ana", EventKind.LABEL, answer="no" if row % 2 else "yes"
        )
        for row in range(12)
    ]
    workspace.labels.append(events)
    column = next(name for name in workspace.catalog.columns if name not in ("galaxy_id", "source"))
    cards = addresses_of(workspace, campaign_id="c", columns=(column, "no such column")).cards
    card = client.get(f"{cards}1").json()
    assert card["id"] == ids[1]
    assert card["label"] == "no"
    assert card["answer"] == "yes"
    assert 0 <= card["score"] <= 1
    assert [name for name, _ in card["values"]] == [column]
    assert client.get(f"{cards}30").json()["label"] == ""
    assert client.get(f"{cards}4000").status_code == 404
