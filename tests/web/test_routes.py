"""The routes beside Streamlit: what a browser gets for an address."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from galcore.catalog.store import read_catalog, write_catalog
from galcore.web.addresses import stamp_address
from galcore.web.registry import serve_workspaces, served
from galcore.web.routes import Picture, StampCache, StampRequest, galcore_routes


@pytest.fixture
def folder(copy_sky: Callable[[str], Path]) -> Path:
    return copy_sky("sky")


@pytest.fixture
def client(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("GALCORE_SECRET", "for this test")
    serve_workspaces([folder])
    with TestClient(Starlette(routes=galcore_routes())) as client:
        yield client
    serve_workspaces(None)


def _address(galaxy_id: str | None = None, **changes: object) -> str:
    workspace = served().get("sky")
    galaxy_id = galaxy_id or workspace.catalog["galaxy_id"].iloc[0]
    options = {"size_px": 96, "version": workspace.catalog_hash} | changes
    return stamp_address("sky", galaxy_id, **options)  # type: ignore[arg-type]


def test_a_stamp_is_a_picture_that_the_browser_keeps_for_a_year(client: TestClient) -> None:
    answer = client.get(_address())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.format == "JPEG"
        assert max(picture.size) <= 96
    assert client.get(_address()).content == answer.content


def test_a_large_stamp_tells_the_size_of_its_pixels(client: TestClient) -> None:
    headers = client.get(_address(size_px=512)).headers
    assert int(headers["x-galcore-width-px"]) == 64
    assert "x-galcore-width-px" not in client.get(_address(size_px=96)).headers


def test_an_address_that_is_not_ours_is_refused(client: TestClient) -> None:
    token = _address().replace("stamps/", "stamps/A", 1)
    assert client.get(token).status_code == 403
    assert client.get("/stamps/anything").status_code == 403


def test_an_unknown_galaxy_or_workspace_is_not_found(client: TestClient) -> None:
    assert client.get(_address("no such galaxy")).status_code == 404
    assert client.get(stamp_address("elsewhere", "g", version="1")).status_code == 404


def test_a_picture_of_an_older_catalogue_is_not_kept(client: TestClient) -> None:
    answer = client.get(_address(version="of long ago"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_stretch_is_a_placeholder_not_a_crash(client: TestClient) -> None:
    assert client.get(_address(stretch="sideways")).headers["x-galcore-broken"] == "1"


def test_a_broken_file_gives_a_placeholder_until_it_is_mended(client: TestClient, folder: Path) -> None:
    catalog = read_catalog(folder)
    catalog.loc[0, "source"] = "images/gone.fits"
    write_catalog(catalog, folder)
    answer = client.get(_address(catalog["galaxy_id"].iloc[0]))
    assert answer.status_code == 200
    assert answer.headers["x-galcore-broken"] == "1"
    assert "max-age=30" in answer.headers["cache-control"]
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size[0] >= 96


def test_health_says_what_is_served(client: TestClient) -> None:
    answer = client.get("/galcore/health")
    assert answer.json()["status"] == "ok"
    assert answer.json()["workspaces"] == 1


def test_the_cache_lets_the_longest_unused_go() -> None:
    cache = StampCache(max_bytes=25)
    requests = [StampRequest("w", str(number), 64, "survey", "v") for number in range(3)]
    cache.put(requests[0], Picture(b"0123456789"))
    cache.put(requests[1], Picture(b"0123456789"))
    cache.get(requests[0])
    cache.put(requests[2], Picture(b"0123456789"))
    assert [cache.get(request) is not None for request in requests] == [True, False, True]
