import pytest

from galcore.consensus.decisions import standing_decisions
from galcore.export.votes import decisions, vote_rows
from galcore.labels import LabelStore
from galcore.review.decision import adjudication, decided_answers, last_ruling, reopening, undo_of
from galcore.types import Campaign, EventKind, LabelEvent


@pytest.fixture
def store(tmp_path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(Campaign("c", "Bars", "Barred?", ("bar", "none")))
        opened.create_campaign(Campaign("m", "Several", "What is there?", ("bar", "ring"), "multilabel"))
        for person, answer in (("a", "bar"), ("b", "none")):
            opened.append([LabelEvent(f"vote-{person}", "c", "g", person, EventKind.LABEL, answer)])
        yield opened


def decided(store):
    return decided_answers(store.history("c"))


def test_the_last_decision_counts_whoever_made_it_and_the_history_keeps_all(store):
    store.append([adjudication("c", "g", "judge", answer="none")])
    store.append([adjudication("c", "g", "second", answer="bar", comment="seen in the i band")])
    assert decided(store) == {"g": "bar"}
    history = store.history("c")
    assert history["answer"].tolist() == ["bar", "none", "none", "bar"]
    assert standing_decisions(history)["annotator"].tolist() == ["second"]


def test_undoing_a_decision_brings_the_one_before_back(store):
    store.append([adjudication("c", "g", "judge", answer="none")])
    later = adjudication("c", "g", "second", answer="bar")
    store.append([later, undo_of(later)])
    assert decided(store) == {"g": "none"}


def test_somebody_else_reopens_a_decision_and_may_take_that_back(store):
    store.append([adjudication("c", "g", "judge", answer="none")])
    store.append([reopening("c", "g", "second", comment="look at the residual")])
    assert decided(store) == {}
    assert decisions(vote_rows(store.history("c"))) == {}  # exports agree
    ruling = last_ruling(store.history("c"), "second")
    assert ruling is not None and ruling.kind is EventKind.FLAG
    store.append([undo_of(ruling)])
    assert decided(store) == {"g": "none"}
    assert decisions(vote_rows(store.history("c"))) == {("g", ""): "none"}
    store.append([reopening("c", "g", "second"), adjudication("c", "g", "second", answer="bar")])
    assert decided(store) == {"g": "bar"}


def test_the_last_ruling_of_a_person_is_what_they_undo_next(store):
    assert last_ruling(store.history("c"), "judge") is None
    first, second = (adjudication("c", galaxy, "judge", answer="bar") for galaxy in ("g", "h"))
    store.append([first, second])
    found = last_ruling(store.history("c"), "judge")
    assert found is not None and found.event_id == second.event_id
    store.append([undo_of(found)])
    before = last_ruling(store.history("c"), "judge")
    assert before is not None and before.event_id == first.event_id


def test_each_question_is_decided_by_itself(store):
    store.append([adjudication("m", "g", "judge", answer="yes", question="bar")])
    store.append([adjudication("m", "g", "judge", answer="no", question="ring")])
    history = store.history("m")
    assert decided_answers(history, "bar") == {"g": "yes"}
    assert decided_answers(history, "ring") == {"g": "no"}
    store.append([reopening("m", "g", "judge", question="ring")])
    assert decided_answers(store.history("m"), "bar") == {"g": "yes"}
    assert decided_answers(store.history("m"), "ring") == {}


def test_the_vote_of_somebody_who_decides_stays_a_vote(store):
    store.append([adjudication("c", "g", "a", answer="none")])
    rows = vote_rows(store.history("c"))
    assert sorted(zip(rows["annotator"], rows["answer"], rows["reason"], strict=True)) == [
        ("a", "bar", "queued"),
        ("a", "none", "adjudication"),
        ("b", "none", "queued"),
    ]
