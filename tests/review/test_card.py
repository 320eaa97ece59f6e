import pytest

from galcore.labels import LabelStore
from galcore.questions import questions_of
from galcore.review.card import make_card
from galcore.review.decision import adjudication, reopening
from galcore.review.queue import Case, Why, make_queue
from galcore.review.thread import message
from galcore.types import Campaign, EventKind, LabelEvent, Reason

BARS = Campaign("c", "Bars", "Barred?", ("bar", "none"))


@pytest.fixture
def store(tmp_path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(BARS)
        opened.append(
            [
                LabelEvent(
                    "e1", "c", "g", "ada", EventKind.LABEL, "bar", False, Reason.MARGIN, 0.4, "m1",
                    display="faint", comment="dust",
                ),
                LabelEvent("e2", "c", "g", "ben", EventKind.LABEL, "none", reason=Reason.RANDOM),
                LabelEvent("e3", "c", "g", "ben", EventKind.UNDO, undoes="e2"),
                LabelEvent("e4", "c", "g", "ben", EventKind.LABEL, "none"),
                LabelEvent("e5", "c", "g", "eva", EventKind.SKIP),
            ]
        )  # fmt: skip
        yield opened


def card(store, **options):
    queue = make_queue(BARS, store.history("c"))
    (question,) = questions_of(BARS)
    return make_card(Case("g"), question, queue, store.history("c", "g"), store.thread("c", "g"), **options)


def test_the_card_tells_votes_with_their_provenance(store):
    found = card(store)
    assert [(tally.answer, tally.n_people) for tally in found.tally] == [("bar", 1), ("none", 1)]
    assert found.n_people == 2 and found.why == (Why.PEOPLE,) and found.ruling is None
    first, second = found.votes.to_dict("records")
    assert (first["who"], first["given"], first["why shown"]) == ("ada", "implied", "margin")
    assert (first["score then"], first["model then"], first["stretch"]) == (0.4, "m1", "faint")
    assert second["answer"] == "none" and second["given"] == "explicit"
    assert found.votes["skill"].between(0, 1).all()


def test_the_card_lives_with_what_is_said_after_the_queue_was_made(store):
    queue = make_queue(BARS, store.history("c"))
    store.append([LabelEvent("e9", "c", "g", "eva", EventKind.LABEL, "bar")])
    store.append([adjudication("c", "g", "judge", answer="bar", comment="clear")])
    found = make_card(
        Case("g"), questions_of(BARS)[0], queue, store.history("c", "g"), store.thread("c", "g")
    )
    assert [tally.n_people for tally in found.tally] == [2, 1]
    assert found.ruling is not None
    assert (found.ruling.answer, found.ruling.annotator, found.ruling.comment) == ("bar", "judge", "clear")


def test_the_history_has_everything_that_happened_under_the_names_one_may_read(store):
    store.append([adjudication("c", "g", "judge", answer="bar"), reopening("c", "g", "ada")])
    store.append_thread([message("c", "g", "ben", "secret of ben")])
    found = card(store, naming=lambda name: f"<{name[0]}>")
    assert found.timeline["what"].tolist()[::-1] == [
        "answered bar", "answered none", "took back none", "answered none", "skipped", "decided bar",
        "reopened", "wrote",
    ]  # fmt: skip
    assert set(found.timeline["who"]) == {"<a>", "<b>", "<e>", "<j>"}
    assert found.timeline["taken back"].sum() == 1
    assert "secret" not in found.timeline.to_string()
    assert [each.text for each in found.messages] == ["dust", "reopened", "secret of ben"]


def test_a_galaxy_outside_the_queue_has_a_card_too(store):
    queue = make_queue(BARS, store.history("c"))
    found = make_card(
        Case("new"), questions_of(BARS)[0], queue, store.history("c", "new"), store.thread("c", "new")
    )
    assert found.n_people == 0 and found.tally[0].consensus is None and found.votes.empty
    assert found.timeline.empty and found.messages == ()
