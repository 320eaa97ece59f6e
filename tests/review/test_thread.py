import pytest

from galcore.labels import LabelStore
from galcore.review.decision import adjudication
from galcore.review.thread import (
    conversation,
    count_unread,
    edit,
    message,
    read_messages,
    withdrawal,
)
from galcore.types import Campaign, EventKind, LabelEvent

BARS = Campaign("c", "Bars", "Barred?", ("bar", "none"))


@pytest.fixture
def store(tmp_path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(BARS)
        yield opened


def label(event_id, person, answer="bar", kind=EventKind.LABEL, **fields):
    return LabelEvent(event_id, "c", "g", person, kind, answer, **fields)


def told(store):
    return conversation(store.history("c", "g"), store.thread("c", "g"))


def test_everything_that_was_said_is_one_conversation_in_order_of_time(store):
    store.append([label("e1", "ada", comment="dust lane?")])
    store.append_thread([message("c", "g", "ben", " I see a bar ")])
    store.append([label("e2", "eva", "", EventKind.FLAG, comment="two nuclei")])
    store.append([adjudication("c", "g", "eva", answer="bar", comment="agreed on the call")])
    assert [(each.annotator, each.text, each.given) for each in told(store)] == [
        ("ada", "dust lane?", "with an answer"),
        ("ben", "I see a bar", ""),
        ("eva", "two nuclei", "as a flag"),
        ("eva", "agreed on the call", "with a decision"),
    ]


def test_a_comment_goes_with_the_answer_that_was_taken_back(store):
    store.append([label("e1", "ada", comment="dust lane?")])
    store.append([label("u1", "ada", "", EventKind.UNDO, undoes="e1")])
    assert told(store) == ()


def test_a_message_is_edited_and_withdrawn_by_its_writer(store):
    store.append_thread([message("c", "g", "ada", "bar", event_id="m1")])
    (written,) = read_messages(store.thread("c", "g"))
    store.append_thread([edit("c", written, "no bar")])
    (edited,) = read_messages(store.thread("c", "g"))
    assert (edited.text, edited.message_id) == ("no bar", "m1") and edited.edited_at is not None
    store.append_thread([withdrawal("c", edited)])
    assert read_messages(store.thread("c", "g"))[0].withdrawn


def test_unread_is_what_others_said_after_the_own_word(store):
    for who in ("ada", "ben", "eva"):
        store.append_thread([message("c", "g", who, "?")])
    assert [count_unread(told(store), who) for who in ("ada", "ben", "eva", "new")] == [2, 1, 0, 3]
    store.append_thread([withdrawal("c", told(store)[-1])])
    assert count_unread(told(store), "ben") == 0
