import pytest

from galcore.labels import LabelStore
from galcore.review.disagreement import adjudication, disputes
from galcore.types import Campaign, EventKind, LabelEvent


def event(galaxy, person, answer, kind=EventKind.LABEL, **fields):
    return LabelEvent(f"{galaxy}-{person}-{kind}", "c", galaxy, person, kind, answer, **fields)


@pytest.fixture
def store(tmp_path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(Campaign("c", "Bars", "Barred?", ("bar", "none")))
        yield opened


def found(store, **options):
    return disputes(store.current("c"), store.history("c"), **options)


def test_galaxies_with_differing_answers_come_strongest_first(store):
    store.append([event("even", "a", "bar"), event("even", "b", "none")])
    store.append([event("odd", "a", "bar"), event("odd", "b", "bar"), event("odd", "c", "none")])
    store.append([event("same", "a", "bar"), event("same", "b", "bar"), event("alone", "a", "none")])
    first, second = found(store)
    assert (first.galaxy_id, second.galaxy_id) == ("even", "odd")
    assert first.entropy == pytest.approx(1.0)
    assert second.votes == (("bar", 2), ("none", 1))


def test_comments_are_shown_without_names(store):
    store.append([event("g", "a", "bar", comment="dust lane?"), event("g", "b", "none")])
    store.append([event("g", "c", "", EventKind.FLAG, comment="<b>two</b> nuclei")])
    assert found(store)[0].comments == ("dust lane?", "<b>two</b> nuclei")


def test_a_decision_ends_the_dispute_and_an_undo_reopens_it(store):
    store.append([event("g", "a", "bar"), event("g", "b", "none")])
    decision = adjudication("c", "g", "judge", answer="none")
    store.append([decision])
    assert found(store) == ()
    assert found(store, with_decided=True)[0].decided == "none"
    store.append([event("g", "judge", "", EventKind.UNDO, undoes=decision.event_id)])
    assert len(found(store)) == 1


def test_nobody_disagrees_where_nothing_was_said(store):
    assert found(store) == ()
