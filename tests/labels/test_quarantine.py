"""A label file is looked over, and what is wrong in it set aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from galcore.labels import LabelStore
from galcore.labels.quarantine import (
    check_copy,
    check_labels,
    check_workspace_labels,
    quarantine_labels,
    return_quarantined,
)
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent

SPIRALS = Campaign("c1", "Spirals", "?", ("spiral", "other"))


def event(name: str, galaxy: str = "g1", *, kind=EventKind.LABEL, answer="spiral", **more) -> LabelEvent:
    return LabelEvent(name, "c1", galaxy, "ada", kind, answer if kind is EventKind.LABEL else "", **more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "labels.duckdb"
    with LabelStore.open(file) as store:
        store.create_campaign(SPIRALS)
        store.append([event("e1"), event("e2", "g2"), event("u2", "g2", kind=EventKind.UNDO, undoes="e2")])
    return file


def spoil(path: Path, sql: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)


SPOILT = {
    "duplicate": "INSERT INTO label_events SELECT * REPLACE (seq + 100 AS seq) FROM label_events "
    "WHERE event_id = 'e1'",
    "incomplete": "UPDATE label_events SET galaxy_id = ' ' WHERE event_id = 'e1'",
    "unknown word": "UPDATE label_events SET reason = 'because' WHERE event_id = 'e1'",
    "unknown campaign": "UPDATE label_events SET campaign_id = 'gone' WHERE event_id = 'e1'",
    "orphan undo": "UPDATE label_events SET undoes = 'nothing' WHERE event_id = 'u2'",
    "future": "UPDATE label_events SET created_at = now() + INTERVAL 2 DAY WHERE event_id = 'e1'",
    "not allowed": "UPDATE label_events SET answer = 'banana' WHERE event_id = 'e1'",
}


def test_a_healthy_file_has_no_problems_and_stays_as_it_is(path):
    before = path.read_bytes()
    found = check_labels(path)
    assert found.healthy and found.n_events == 3
    assert path.read_bytes() == before
    assert quarantine_labels(path).set_aside == ()


@pytest.mark.parametrize("kind", SPOILT)
def test_each_fault_is_named_set_aside_and_can_be_brought_back(path, kind):
    spoil(path, SPOILT[kind])
    (problem,) = check_labels(path).problems
    assert (problem.kind, problem.n_events) == (kind, 1)
    (file,) = quarantine_labels(path).set_aside
    assert pd.read_parquet(file)["problem"].tolist() == [kind]
    assert check_labels(path).healthy
    with LabelStore.open(path) as store:  # the rest is as it was, and takes labels
        assert store.append([event("e9", "g9")]) == 1
    assert return_quarantined(path, file) == 1
    with pytest.raises(GalcoreError, match="back already"):
        return_quarantined(path, next(file.parent.glob("*.returned.parquet")))
    assert [each.kind for each in check_labels(path).problems] == [kind]


def test_an_undo_whose_event_is_set_aside_follows_it(path):
    spoil(path, "UPDATE label_events SET answer = 'banana' WHERE event_id = 'e2'")
    done = quarantine_labels(path)
    assert [problem.kind for problem in done.problems] == ["not allowed"]
    kinds = [pd.read_parquet(file)["problem"].tolist() for file in done.set_aside]
    assert kinds == [["not allowed"], ["orphan undo"]]
    assert check_labels(path).healthy


def test_answers_to_several_questions_are_allowed_by_question(tmp_path):
    from galcore.labels.quarantine import allowed_answers

    several = Campaign("c2", "Features", "?", ("bar", "ring"), "multilabel")
    assert ("bar", "yes") in allowed_answers(several) and ("", "bar") not in allowed_answers(several)


def test_a_file_without_our_tables_is_moved_aside_whole(tmp_path):
    path = tmp_path / "labels.duckdb"
    spoil(path, "CREATE TABLE other (x INTEGER)")
    assert not check_labels(path).readable
    (aside,) = quarantine_labels(path).set_aside
    assert aside.exists() and not path.exists()


def test_a_file_that_is_open_elsewhere_is_not_touched_but_its_snapshot_is_looked_at(path, tmp_path):
    snapshot = tmp_path / "labels.snapshot"
    with LabelStore.open(path) as store:
        store.snapshot(snapshot)
        with pytest.raises(GalcoreError, match="in use"):
            quarantine_labels(path)
        found = check_workspace_labels(tmp_path / "labels.duckdb", snapshot=snapshot)
        assert found is not None and found.healthy and found.n_events == 3
    assert check_copy(snapshot).healthy


def test_a_workspace_without_labels_has_nothing_to_check(tmp_path):
    assert check_workspace_labels(tmp_path / "labels.duckdb", snapshot=tmp_path / "labels.snapshot") is None


def test_an_imported_label_keeps_its_time(path):
    moment = datetime.now(UTC) - timedelta(days=400)
    with LabelStore.open(path) as store:
        store.append([event("old", "g5", created_at=moment)])
        row = store.history("c1", "g5").iloc[0]
    assert row["created_at"].to_pydatetime() == moment
