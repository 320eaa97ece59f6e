"""Discussions of galaxies in the label store: append-only, one's own alone, and through every copy."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galcore.labels import CampaignNotOpenError, LabelStore, SnapshotLabels, restore_backup
from galcore.review.thread import read_messages
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent, ThreadEvent, ThreadKind

BARS = Campaign("c1", "Bars", "?", ("bar", "none"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(BARS)
        yield opened


def said(event_id: str, who: str = "ada", text: str = "dust lane?", **fields) -> ThreadEvent:
    return ThreadEvent(event_id, "c1", fields.pop("galaxy", "g1"), who, ThreadKind.WRITE, text, **fields)


def changed(of: str, who: str = "ada", text: str = "a dust lane.", kind=ThreadKind.EDIT) -> ThreadEvent:
    return ThreadEvent(
        str(uuid.uuid4()), "c1", "g1", who, kind, "" if kind is ThreadKind.WITHDRAW else text, of
    )


def test_messages_come_in_the_order_they_were_written_and_only_once(store):
    assert store.append_thread([said("m1"), said("m2", "ben", "no, a bar")]) == 2
    assert store.append_thread([said("m1", text="sent again"), said("m3", galaxy="g2")]) == 1
    assert store.thread("c1", "g1")["text"].tolist() == ["dust lane?", "no, a bar"]
    assert store.thread("c1")["event_id"].tolist() == ["m1", "m2", "m3"]
    assert store.thread("c1")["created_at"].dt.tz is not None


def test_an_edit_and_a_withdrawal_are_rows_of_their_own(store):
    store.append_thread([said("m1"), said("m2", "ben", "no")])
    store.append_thread([changed("m1"), changed("m2", "ben", kind=ThreadKind.WITHDRAW)])
    first, second = read_messages(store.thread("c1", "g1"))
    assert (first.text, first.edited_at is None, first.withdrawn) == ("a dust lane.", False, False)
    assert (second.text, second.withdrawn) == ("", True)
    assert store.thread("c1")["text"].tolist()[:2] == ["dust lane?", "no"]  # nothing was overwritten


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (changed("m1", "ben"), "Only the person who wrote"),
        (changed("nothing"), "not there"),
        (said("m9", text="   "), "empty"),
        (said("m9", text="x" * 10_001), "10001 characters"),
        (said("m9", text="\ud800"), "Unicode"),
        (said("m9", who=" "), "annotator"),
        (replace(changed("m1"), message_id=""), "message_id"),
        (replace(changed("m1"), galaxy_id="g2"), "Only the person who wrote"),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(store, event, words):
    store.append_thread([said("m1")])
    with pytest.raises(GalcoreError, match=words):
        store.append_thread([event])
    assert len(store.thread("c1")) == 1


def test_a_withdrawn_message_is_not_changed_any_more(store):
    store.append_thread([said("m1"), changed("m1", kind=ThreadKind.WITHDRAW)])
    with pytest.raises(GalcoreError, match="withdrawn"):
        store.append_thread([changed("m1")])


@pytest.mark.parametrize(("state", "taken"), [("open", 1), ("paused", 1), ("closed", 0), ("draft", 0)])
def test_a_closed_campaign_is_read_and_not_written(store, state, taken):
    store.update_campaign(replace(BARS, state=state))
    if taken:
        assert store.append_thread([said("m1")]) == 1
    else:
        with pytest.raises(CampaignNotOpenError):
            store.append_thread([said("m1")])
    assert len(store.thread("c1")) == taken


def test_a_message_leaves_labels_and_their_caches_alone(store):
    store.append([LabelEvent("e1", "c1", "g1", "ada", EventKind.LABEL, "bar")])
    before = store.last_seq("c1")
    store.append_thread([said("m1", "ben")])
    assert store.last_seq("c1") == before
    assert store.seen("c1", "ben") == set() and len(store.history("c1")) == 1
    store.append([LabelEvent("e2", "c1", "g1", "ben", EventKind.LABEL, "bar")])
    assert store.history("c1")["seq"].iloc[-1] > store.thread("c1")["seq"].iloc[-1]  # one order for all


def test_who_only_talks_belongs_to_the_campaign_too(store):
    store.append_thread([said("m1", "ben")])
    store.append([LabelEvent("e1", "c1", "g1", "ada", EventKind.LABEL, "bar")])
    store.append([LabelEvent("e2", "c1", "g1", "ben", EventKind.LABEL, "bar")])
    assert store.annotators("c1") == ("ben", "ada")


def test_discussions_go_through_a_restart_a_snapshot_and_a_backup(tmp_path):
    path = tmp_path / "labels.duckdb"
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC) + timedelta(hours=1)
    with LabelStore.open(path) as store:
        store.create_campaign(BARS)
        store.append_thread([said("m1", created_at=moment), changed("m1", text="“ä” <b>")])
        told = store.thread("c1")
        store.snapshot(tmp_path / "copy")
        backup = store.backup(tmp_path / "backups")
    assert told["created_at"].iloc[0] == moment
    restore_backup(backup, tmp_path / "restored.duckdb")
    with LabelStore.open(path) as again, LabelStore.open(tmp_path / "restored.duckdb") as restored:
        for copy in (again, restored, SnapshotLabels(tmp_path / "copy")):
            pd.testing.assert_frame_equal(copy.thread("c1"), told)
        again.append_thread([said("m2")])
        assert again.thread("c1")["seq"].is_monotonic_increasing


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(list(ThreadKind)), st.sampled_from(["ada", "ben"]), st.integers(0, 5),
        st.text(max_size=5),
    ),
    max_size=15,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_whatever_is_sent_the_messages_equal_a_replay_by_hand(store, actions):
    galaxy = str(uuid.uuid4())
    texts: dict[str, str | None] = {}  # None: withdrawn
    writers: dict[str, str] = {}
    for number, (kind, who, which, text) in enumerate(actions):
        own_id, named = f"{galaxy}-{number}", f"{galaxy}-{which}"
        event = ThreadEvent(own_id, "c1", galaxy, who, kind, text, "" if kind == "write" else named)
        mine = writers.get(named) == who and texts.get(named) is not None
        allowed = (kind == "withdraw" or bool(text.strip())) and (kind == "write" or mine)
        try:
            store.append_thread([event])
        except GalcoreError:
            assert not allowed
            continue
        assert allowed
        target = own_id if kind == "write" else named
        writers.setdefault(target, who)
        texts[target] = None if kind == "withdraw" else text
    found = read_messages(store.thread("c1", galaxy))
    assert {each.message_id: None if each.withdrawn else each.text for each in found} == texts
    assert {each.message_id: each.annotator for each in found} == writers
