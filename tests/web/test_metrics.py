"""Metrics: numbers that move, and nothing about a person."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from galcore.types import Campaign, EventKind, LabelEvent
from galcore.web.metrics import METRICS_ROUTE, metrics_routes, submit_seconds, timed_submit
from galcore.web.registry import serve_workspaces, served

BARS = Campaign("bars", "Secret survey", "Barred?", ("bar", "no bar"), created_by="Vera Rubin")


@pytest.fixture
def client(copy_sky: Callable[[str], Path]) -> Iterator[TestClient]:
    serve_workspaces([copy_sky("sky")])
    with TestClient(Starlette(routes=metrics_routes())) as client:
        yield client
    serve_workspaces(None)


def _numbers(client: TestClient) -> dict[str, float]:
    lines = client.get(METRICS_ROUTE).text.splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def test_asking_for_metrics_opens_no_workspace(client: TestClient) -> None:
    assert _numbers(client)["galcore_workspaces_open"] == 0
    assert served().open_now() == ()


def test_metrics_count_labels_people_and_open_campaigns(client: TestClient) -> None:
    workspace = served().get("sky")
    workspace.labels.create_campaign(BARS)
    ids = workspace.catalog["galaxy_id"].astype(str)
    workspace.labels.append(
        [
            LabelEvent(str(uuid.uuid4()), "bars", each, "Vera Rubin", EventKind.LABEL, "bar")
            for each in ids[:3]
        ]
    )
    workspace.labels.touch("bars", "Vera Rubin")
    numbers = _numbers(client)
    assert numbers["galcore_labels"] == 3
    assert numbers["galcore_people_here"] == 1
    assert numbers["galcore_campaigns_open"] == 1
    assert numbers["galcore_writes_waiting"] == 0
    text = client.get(METRICS_ROUTE).text
    assert "Vera" not in text
    assert "Secret" not in text


def test_submissions_are_timed_and_failed_ones_are_not(client: TestClient) -> None:
    before = _numbers(client)["galcore_submit_seconds_count"]
    with timed_submit():
        pass
    with pytest.raises(OSError, match="full"), timed_submit():
        raise OSError("disk full")
    after = _numbers(client)
    assert after["galcore_submit_seconds_count"] == before + 1
    assert after['galcore_submit_seconds_bucket{le="+Inf"}'] == before + 1
    assert submit_seconds.lines()[1] == "# TYPE galcore_submit_seconds histogram"
