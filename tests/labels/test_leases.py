"""Who is given a galaxy: at most as many people as the campaign wants, whatever happens at once."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from galcore.labels import LEASE_S, CampaignNotOpenError, LabelStore, restore_backup
from galcore.types import Campaign, EventKind, GalcoreError, GoldItem, Grid, LabelEvent, Reason, ShownItem
from tests.clock import Clock

CAMPAIGN = Campaign("c1", "Spirals", "Which of these are spirals?", ("spiral", "other"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb", clock=clock) as opened:
        opened.create_campaign(CAMPAIGN)
        yield opened


def label(galaxy_id: str, annotator: str = "ada", answer: str = "spiral", **fields: object) -> LabelEvent:
    values = {"kind": EventKind.LABEL, **fields}
    return LabelEvent(str(uuid.uuid4()), "c1", galaxy_id, annotator, answer=answer, **values)  # type: ignore[arg-type]


def undo(event: LabelEvent) -> LabelEvent:
    return label(event.galaxy_id, event.annotator, "", kind=EventKind.UNDO, undoes=event.event_id)


def test_a_galaxy_in_somebodys_hands_is_not_given_to_another(store: LabelStore) -> None:
    assert store.lease("c1", "ada", ["g1", "g2"]) == ("g1", "g2")
    assert store.lease("c1", "bob", ["g1", "g3"]) == ("g3",)
    assert store.lease("c1", "ada", ["g1"]) == ("g1",)
    store.append([label("g1")])
    assert store.leased("c1", "ada") == {"g2"}
    assert store.lease("c1", "bob", ["g1"]) == ()
    assert store.lease("c1", "ada", ["g1"]) == ()


def test_votes_and_leases_together_fill_the_overlap(store: LabelStore) -> None:
    store.update_campaign(replace(CAMPAIGN, overlap=2))
    store.lease("c1", "ada", ["g1"])
    store.append([label("g1")])
    assert store.lease("c1", "bob", ["g1"]) == ("g1",)
    assert store.lease("c1", "eve", ["g1"]) == ()
    assert store.release("c1", "bob") == 1
    assert store.lease("c1", "eve", ["g1"]) == ("g1",)


def test_a_lease_ends_ten_minutes_after_the_last_sign_of_its_person(store: LabelStore, clock: Clock) -> None:
    store.lease("c1", "ada", ["g1"])
    clock.now_s = LEASE_S - 1
    store.touch("c1", "ada")
    clock.now_s += LEASE_S
    assert store.lease("c1", "bob", ["g1"]) == ()
    clock.now_s += 1
    assert store.loads("c1")[0] == {"g1": 0}
    assert store.lease("c1", "bob", ["g1"]) == ("g1",)
    assert store.leased("c1", "ada") == frozenset()


def test_who_leaves_gives_back_within_seconds_and_who_returns_keeps_all(
    store: LabelStore, clock: Clock
) -> None:
    store.lease("c1", "ada", ["g1", "g2"])
    store.depart("c1", "ada", within_s=10)
    clock.now_s = 9
    assert store.lease("c1", "bob", ["g1"]) == ()
    store.touch("c1", "ada")
    clock.now_s = 300
    assert store.lease("c1", "bob", ["g1"]) == ()
    store.depart("c1", "ada", within_s=10)
    store.appear("c1", "ada")
    clock.now_s = 311
    assert store.lease("c1", "bob", ["g1", "g2"]) == ("g1", "g2")


def test_an_answer_after_the_lease_went_to_another_is_kept_and_counts(
    store: LabelStore, clock: Clock
) -> None:
    store.lease("c1", "ada", ["g1"])
    clock.now_s = LEASE_S + 1
    store.lease("c1", "bob", ["g1"])
    assert store.append([label("g1", "ada")]) == 1
    assert store.append([label("g1", "bob")]) == 1
    assert store.votes("c1").n_annotators.tolist() == [2]
    assert store.loads("c1")[0] == {"g1": 2}
    assert store.lease("c1", "eve", ["g1"]) == ()


def test_an_answer_taken_back_stays_in_the_hands_of_its_person(store: LabelStore) -> None:
    said = label("g1")
    store.append([said, undo(said)])
    assert store.leased("c1", "ada") == {"g1"}
    assert store.lease("c1", "bob", ["g1"]) == ()
    store.append([label("g1", answer="", kind=EventKind.SKIP)])
    assert store.lease("c1", "bob", ["g1"]) == ("g1",)


def test_an_undo_that_arrives_before_its_label_takes_it_back_all_the_same(store: LabelStore) -> None:
    said = label("g1")
    store.append([undo(said)])
    store.append([said])
    store.append([undo(said)])
    assert store.loads("c1")[0].get("g1", 0) == 0
    assert store.lease("c1", "bob", ["g1"]) == ("g1",)


def test_gold_and_galaxies_asked_again_are_no_votes(store: LabelStore) -> None:
    store.append([label("g1"), label("g2", reason=Reason.GOLD)])
    store.append([label("g1", answer="other", reason=Reason.REASK)])
    assert store.current("c1").set_index("galaxy_id").answer.to_dict() == {"g1": "spiral"}
    assert store.votes("c1").galaxy_id.tolist() == ["g1"]
    assert store.loads("c1")[0] == {"g1": 1}
    assert store.seen("c1", "ada") == {"g1", "g2"}
    assert store.people("c1").n_answers.tolist() == [3]


def test_a_grid_is_stored_with_what_could_be_given(store: LabelStore) -> None:
    store.lease("c1", "bob", ["g1"])
    items = (ShownItem("g1", Reason.TOP), ShownItem("g2", Reason.TOP), ShownItem("g9", Reason.GOLD))
    given = store.give_grid(Grid("grid-1", "c1", "ada", 1, items, ""))
    assert given.items == items[1:]
    assert store.grids("c1", "ada")[0].grid == given
    assert store.give_grid(Grid("grid-2", "c1", "eve", 1, items, "")).items == ()
    assert store.grids("c1", "eve") == ()


def test_leases_are_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "labels.duckdb"
    with LabelStore.open(path) as store:
        store.create_campaign(CAMPAIGN)
        store.lease("c1", "ada", ["g1", "g2", "g3"])
        store.append([label("g1")])
        store.release("c1", "ada", ["g2"])
    with LabelStore.open(path) as store:
        assert store.leased("c1", "ada") == {"g3"}
        assert store.loads("c1")[0] == {"g1": 1, "g3": 1}
        assert store.lease("c1", "bob", ["g1", "g2", "g3"]) == ("g2",)


def test_a_write_that_fails_changes_no_lease(store: LabelStore) -> None:
    store.lease("c1", "ada", ["g1"])
    with pytest.raises(GalcoreError, match="no answer"):
        store.append([label("g1"), label("g2", answer="lens")])
    assert store.leased("c1", "ada") == {"g1"}
    assert store.lease("c1", "bob", ["g1"]) == ()


@pytest.mark.parametrize("state", ["draft", "paused", "closed"])
def test_only_an_open_campaign_takes_labels_and_gives_galaxies(store: LabelStore, state: str) -> None:
    store.update_campaign(replace(CAMPAIGN, state=state))  # type: ignore[arg-type]
    with pytest.raises(CampaignNotOpenError, match=state):
        store.append([label("g1")])
    with pytest.raises(CampaignNotOpenError, match=state):
        store.lease("c1", "ada", ["g1"])
    assert store.history("c1").empty
    assert store.late("c1").empty


def test_the_review_of_a_paused_campaign_goes_on(store: LabelStore) -> None:
    store.update_campaign(replace(CAMPAIGN, state="paused"))
    decided = label("g1", reason=Reason.ADJUDICATION)
    assert store.append([decided, label("g1", answer="", kind=EventKind.FLAG, comment="a ring?")]) == 2


def test_a_full_galaxy_that_is_asked_again_is_given_to_exactly_one_person_more(
    store: LabelStore, tmp_path: Path
) -> None:
    store.append([label("g1"), label("g2")])
    assert store.ask_again("c1", ["g1"], by="judge") == 1
    assert store.ask_again("c1", ["g1"], by="judge") == 0, "one more is to be asked already"
    assert store.asked_again("c1") == {"g1": (2, "judge")}
    store.close()
    with LabelStore.open(tmp_path / "labels.duckdb") as again:
        assert again.lease("c1", "judge", ["g1"]) == (), "saw the votes"
        assert again.lease("c1", "ada", ["g1"]) == (), "has answered it"
        assert again.lease("c1", "bob", ["g1", "g2"]) == ("g1",)
        assert again.lease("c1", "eve", ["g1"]) == () and again.asked_again("c1") == {}
        again.append([label("g1", "bob", answer="", kind=EventKind.SKIP)])
        assert again.lease("c1", "eve", ["g1"]) == ("g1",), "skipped: somebody else is asked"
        again.append([label("g1", "eve")])
        assert again.lease("c1", "zoe", ["g1"]) == () and again.asked_again("c1") == {}
        assert again.ask_again("c1", ["g1"], by="eve") == 1
        assert again.lease("c1", "zoe", ["g1"]) == ("g1",)
        restore_backup(again.backup(tmp_path / "backups"), tmp_path / "copy.duckdb")
    with LabelStore.open(tmp_path / "copy.duckdb") as copy:
        assert copy.asked_again("c1") == {"g1": (3, "eve")}, "in a copy nobody holds it"


def test_of_many_who_ask_at_once_one_is_given_what_is_asked_again(store: LabelStore) -> None:
    galaxies = [f"g{number}" for number in range(40)]
    store.append([label(each) for each in galaxies])
    store.ask_again("c1", galaxies[:20], by="judge")
    given: list[str] = []
    ready = threading.Barrier(12)

    def take(name: str) -> None:
        ready.wait()
        given.extend(store.lease("c1", name, galaxies))

    people = [threading.Thread(target=take, args=(f"person {number}",)) for number in range(12)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert Counter(given) == dict.fromkeys(galaxies[:20], 1)


def test_a_campaign_that_is_not_open_asks_nobody_again(store: LabelStore) -> None:
    store.append([label("g1")])
    store.update_campaign(replace(CAMPAIGN, state="paused"))
    with pytest.raises(CampaignNotOpenError):
        store.ask_again("c1", ["g1"], by="judge")
    assert store.asked_again("c1") == {}


def test_a_decision_takes_nobodys_place_and_taking_it_back_gives_nobody_the_galaxy(store: LabelStore) -> None:
    decided = label("g1", reason=Reason.ADJUDICATION)
    store.append([decided])
    assert store.current("c1").empty and store.decisions("c1") == {("g1", ""): decided.answer}
    assert store.lease("c1", "bob", ["g1"]) == ("g1",)
    store.release("c1", "bob")
    store.append([label("g1", answer="", kind=EventKind.UNDO, undoes=decided.event_id)])
    assert store.leased("c1", decided.annotator) == frozenset() and store.decisions("c1") == {}


def test_answers_that_come_too_late_are_kept_and_count_when_the_campaign_opens_again(
    store: LabelStore,
) -> None:
    store.give_grid(Grid("grid-1", "c1", "ada", 1, (ShownItem("g1", Reason.TOP),), ""))
    store.update_campaign(replace(CAMPAIGN, state="closed"))
    said = label("g1", grid_id="grid-1")
    for _ in range(2):
        with pytest.raises(CampaignNotOpenError, match="1 answers that came too late are kept aside"):
            store.append([said])
    assert store.late("c1").galaxy_id.tolist() == ["g1"]
    assert store.current("c1").empty
    store.update_campaign(replace(CAMPAIGN, state="open"))
    assert store.current("c1").event_id.tolist() == [said.event_id]
    assert store.late("c1").empty
    assert store.append([said]) == 0


def test_a_campaign_has_a_list_of_its_own_in_the_order_given(store: LabelStore) -> None:
    assert store.scope("c1") is None
    scoped = replace(CAMPAIGN, campaign_id="c2", name="Few", scoped=True)
    store.create_campaign(scoped, ["g3", "g1", "g3"])
    assert store.scope("c2") == ("g3", "g1")
    before = store.campaigns_changed
    assert store.set_scope("c2", ["g7"]) == 1
    assert store.scope("c2") == ("g7",)
    assert store.campaigns_changed > before


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"overlap": 0}, "0 people"),
        ({"state": "asleep"}, "state"),
        ({"gold_share": 0.4, "reask_share": 0.3}, "shares"),
        ({"gold": (GoldItem("g1", "lens"),)}, "gold galaxy 'g1'"),
    ],
)
def test_rules_that_cannot_be_are_refused_in_words(
    store: LabelStore, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(GalcoreError, match=says):
        store.update_campaign(replace(CAMPAIGN, **changes))  # type: ignore[arg-type]


def test_several_answers_at_once_are_votes_of_one_person(store: LabelStore) -> None:
    marks = replace(CAMPAIGN, campaign_id="c2", name="Marks", answers=("bar", "ring"), mode="multilabel")
    store.create_campaign(marks)
    events = [
        replace(label("g1", who, answer), campaign_id="c2", question=question)
        for who, question, answer in (
            ("ada", "bar", "yes"),
            ("ada", "ring", "no"),
            ("bob", "bar", "yes"),
            ("bob", "ring", "yes"),
        )
    ]
    store.append(events)
    row = store.votes("c2").iloc[0]
    assert (row.votes_bar, row.votes_ring, row.n_annotators, row.majority) == (2, 1, 2, "bar")
    assert len(store.current("c2")) == 4
    assert store.loads("c2")[0] == {"g1": 2}
    with pytest.raises(GalcoreError, match="does not ask"):
        store.append([replace(label("g1"), campaign_id="c2", question="arms")])


@pytest.mark.concurrency
@pytest.mark.parametrize("overlap", [1, 3])
def test_fifty_people_at_once_fill_the_overlap_exactly(store: LabelStore, overlap: int) -> None:
    store.update_campaign(replace(CAMPAIGN, overlap=overlap))
    galaxy_ids = [f"g{k}" for k in range(40)]
    start, failures = threading.Barrier(50), []

    def annotate(number: int) -> None:
        who = f"person {number}"
        order = np.random.default_rng(number).permutation(galaxy_ids).tolist()
        try:
            start.wait()
            for first in range(0, len(order), 10):
                given = store.lease("c1", who, order[first : first + 10])
                if given:
                    store.append([label(galaxy_id, who) for galaxy_id in given])
        except BaseException as error:  # a thread's failure has to reach the test
            failures.append(error)

    threads = [threading.Thread(target=annotate, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert Counter(store.current("c1").galaxy_id) == dict.fromkeys(galaxy_ids, overlap)
    assert store.votes("c1").n_annotators.tolist() == [overlap] * len(galaxy_ids)
    assert store.loads("c1")[0] == dict.fromkeys(galaxy_ids, overlap)
