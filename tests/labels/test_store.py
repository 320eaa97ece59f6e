"""What a user of the label store relies on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from galcore.labels import LabelStore
from galcore.types import Campaign, EventKind, GalcoreError, Grid, LabelEvent, Reason, ShownItem

CAMPAIGN = Campaign("c1", "Spirals", "Which of these are spirals?", ("spiral", "other"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(CAMPAIGN)
        yield opened


def event(galaxy_id: str = "g1", answer: str = "spiral", **fields: object) -> LabelEvent:
    values = {"annotator": "ada", "kind": EventKind.LABEL, **fields}
    return LabelEvent(str(uuid.uuid4()), "c1", galaxy_id, answer=answer, **values)  # type: ignore[arg-type]


def answers_of(store: LabelStore) -> dict[tuple[str, str], str]:
    frame = store.current("c1")
    return {(row.galaxy_id, row.annotator): row.answer for row in frame.itertuples()}


def test_an_appended_label_comes_back_with_everything_known_about_it(store: LabelStore) -> None:
    sent = event(
        reason=Reason.MARGIN, score=0.25, model_version="m3", grid_id="grid", round=2, display="zscale"
    )
    assert store.append([sent]) == 1
    row = store.history("c1").iloc[0]
    assert (row.event_id, row.reason, row.score, row.model_version) == (sent.event_id, "margin", 0.25, "m3")
    assert (row.grid_id, row["round"], row.display, row.campaign_version) == ("grid", 2, "zscale", 1)
    assert str(row.created_at.tz) == "UTC"


def test_sending_the_same_event_twice_stores_it_once(store: LabelStore) -> None:
    sent = event()
    assert store.append([sent, sent]) == 1
    assert store.append([sent]) == 0
    assert len(store.history("c1")) == 1


def test_the_last_answer_counts_and_an_undo_brings_back_the_one_before(store: LabelStore) -> None:
    first, second = event(answer="spiral"), event(answer="other")
    store.append([first, second])
    assert answers_of(store) == {("g1", "ada"): "other"}
    store.append([event(kind=EventKind.UNDO, answer="", undoes=second.event_id)])
    assert answers_of(store) == {("g1", "ada"): "spiral"}
    store.append([event(kind=EventKind.UNDO, answer="", undoes=first.event_id)])
    assert answers_of(store) == {}
    assert store.seen("c1", "ada") == set()
    store.append([event(answer="other")])
    assert answers_of(store) == {("g1", "ada"): "other"}


def test_nobody_can_undo_what_another_person_said(store: LabelStore) -> None:
    said = event()
    store.append([said, event(annotator="bob", kind=EventKind.UNDO, answer="", undoes=said.event_id)])
    assert answers_of(store) == {("g1", "ada"): "spiral"}


def test_a_skip_and_a_flag_are_seen_but_are_no_answers(store: LabelStore) -> None:
    store.append(
        [event("g1", "", kind=EventKind.SKIP), event("g2", "", kind=EventKind.FLAG, comment="tail?")]
    )
    assert answers_of(store) == {}
    assert store.seen("c1", "ada") == {"g1", "g2"}
    assert store.seen("c1", "bob") == set()


def test_votes_count_answers_per_galaxy_and_leave_a_tie_open(store: LabelStore) -> None:
    store.append(
        [
            event("g1", "spiral", annotator="ada"),
            event("g1", "spiral", annotator="bob", explicit=False),
            event("g1", "other", annotator="eve"),
            event("g2", "spiral", annotator="ada"),
            event("g2", "other", annotator="bob"),
        ]
    )
    votes = store.votes("c1").set_index("galaxy_id")
    assert votes.loc["g1", ["votes_spiral", "votes_other", "explicit_spiral", "n_annotators"]].tolist() == [
        2,
        1,
        1,
        3,
    ]
    assert votes.loc["g1", "majority"] == "spiral"
    assert votes.loc["g1", "agreement"] == pytest.approx(2 / 3)
    assert (votes.loc["g2", "majority"], votes.loc["g2", "agreement"]) == ("", 0.5)


def test_an_empty_campaign_has_empty_tables_with_all_columns(store: LabelStore) -> None:
    assert store.current("c1").empty
    assert {"galaxy_id", "votes_spiral", "votes_other", "majority"} <= set(store.votes("c1").columns)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (event(answer="lens"), "no answer of campaign"),
        (event(answer=""), "without an answer"),
        (event(galaxy_id=" "), "galaxy_id"),
        (event(kind=EventKind.UNDO, answer=""), "undoes"),
        (event(comment="x" * 10_001), "10001 characters"),
        (event(annotator="x" * 201), "annotator"),
        (event(comment="\ud800"), "Unicode"),
        (LabelEvent("e", "nowhere", "g1", "ada", EventKind.LABEL, "spiral"), "no campaign"),
    ],
)
def test_a_wrong_event_is_refused_with_its_whole_submission(
    store: LabelStore, broken: LabelEvent, says: str
) -> None:
    with pytest.raises(GalcoreError, match=says):
        store.append([event("g9"), broken])
    assert store.history("c1").empty
    assert store.append([event("g9")]) == 1


def test_a_closed_campaign_takes_no_labels(store: LabelStore) -> None:
    store.update_campaign(Campaign("c1", "Spirals", "?", ("spiral", "other"), state="closed"))
    with pytest.raises(GalcoreError, match="closed"):
        store.append([event()])


def test_changed_settings_are_a_new_version_that_labels_remember(store: LabelStore) -> None:
    store.append([event("g1")])
    store.update_campaign(Campaign("c1", "Spirals", "Arms?", ("spiral", "other", "lens"), mode="multiclass"))
    store.append([event("g2", "lens")])
    assert store.campaign("c1").question == "Arms?"
    assert store.history("c1").campaign_version.tolist() == [1, 2]
    with pytest.raises(GalcoreError, match="has to stay"):
        store.update_campaign(Campaign("c1", "Spirals", "Arms?", ("spiral", "other")))


@pytest.mark.parametrize(
    ("campaign", "says"),
    [
        (Campaign("c2", " ", "?", ("a", "b")), "name"),
        (Campaign("c2", "x" * 201, "?", ("a", "b")), "name"),
        (Campaign("c2", "Two", "?", ("a", "a ")), "different"),
        (Campaign("c2", "Two", "?", ("a", "")), "different"),
        (Campaign("c2", "Two", "?", ("a", "b", "c")), "binary"),
        (Campaign("c2", "spirals", "?", ("a", "b")), "already"),
        (Campaign("c1", "Two", "?", ("a", "b")), "already"),
    ],
)
def test_a_wrong_campaign_is_refused_in_words(store: LabelStore, campaign: Campaign, says: str) -> None:
    with pytest.raises(GalcoreError, match=says):
        store.create_campaign(campaign)
    assert [campaign.name for campaign in store.campaigns()] == ["Spirals"]


def test_a_submitted_grid_can_be_reopened_with_its_answers(store: LabelStore) -> None:
    items = (
        ShownItem("g1", Reason.TOP, 0.9),
        ShownItem("g2", Reason.RANDOM),
        ShownItem("g3", Reason.MARGIN, 0.5),
    )
    store.record_grid(Grid("grid-1", "c1", "ada", 1, items, "m1"))
    store.record_grid(Grid("grid-1", "c1", "ada", 1, items, "m1"))
    store.record_grid(Grid("grid-2", "c1", "ada", 2, items[:1], "m2"))
    said = event("g1", grid_id="grid-1")
    store.append([said, event("g2", "", kind=EventKind.SKIP, grid_id="grid-1")])
    (done,) = store.grids("c1", "ada", submitted=True)
    assert done.grid.items == items
    assert (done.answers, done.event_ids, set(done.skipped)) == (
        {"g1": "spiral"},
        {"g1": said.event_id},
        {"g2"},
    )
    assert done.submitted_at is not None and done.submitted_at >= done.shown_at
    assert [waiting.grid.grid_id for waiting in store.grids("c1", "ada", submitted=False)] == ["grid-2"]
    assert [grid.grid.grid_id for grid in store.grids("c1", "ada")] == ["grid-2", "grid-1"]
    assert store.grids("c1", "bob") == ()


def test_a_second_opening_in_one_process_is_refused(store: LabelStore) -> None:
    with pytest.raises(GalcoreError, match="open already"):
        LabelStore.open(store.path)


def test_everything_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    path = tmp_path / "labels.duckdb"
    with LabelStore.open(path) as store:
        store.create_campaign(CAMPAIGN)
        store.append([event("g1")])
        before = store.version
        store.append([event("g2")])
        assert store.version > before
    with pytest.raises(GalcoreError, match="closed"):
        store.append([event("g3")])
    with LabelStore.open(path) as store:
        store.append([event("g3")])
        assert store.history("c1").seq.is_monotonic_increasing
        assert store.history("c1").galaxy_id.tolist() == ["g1", "g2", "g3"]
        assert store.campaign("c1").created_at is not None


def test_people_who_touched_the_campaign_are_present_for_a_while(store: LabelStore) -> None:
    store.touch("c1", "bob")
    store.touch("c1", "ada")
    store.touch("c2", "eve")
    assert store.present("c1") == ("ada", "bob")
    assert store.present("c1", within_s=-1) == ()


def test_a_reader_can_ask_only_for_what_is_new(store: LabelStore) -> None:
    assert store.last_seq("c1") == 0
    store.append([event("g1"), event("g2")])
    read = store.last_seq("c1")
    assert read == store.history("c1").seq.max()
    store.record_grid(Grid("grid-1", "c1", "ada", 1, (), ""))
    assert store.last_seq("c1") == read
    store.append([event("g3")])
    assert store.history("c1", after_seq=read).galaxy_id.tolist() == ["g3"]


def test_a_person_is_told_their_counts_and_pace(store: LabelStore) -> None:
    store.record_grid(Grid("grid-1", "c1", "ada", 1, (ShownItem("g1", Reason.TOP),), ""))
    undone = event("g3", grid_id="grid-1")
    store.append([event("g1", grid_id="grid-1"), event("g2", explicit=False, grid_id="grid-1"), undone])
    store.append(
        [event("g4", "", kind=EventKind.SKIP), event("g3", "", kind=EventKind.UNDO, undoes=undone.event_id)]
    )
    store.append([event("g1", "other", annotator="bob")])
    people = store.people("c1").set_index("annotator")
    assert people.index.tolist() == ["ada", "bob"]
    counts = ["n_answers", "n_explicit", "n_skipped", "n_undone", "n_grids"]
    assert people.loc["ada", counts].tolist() == [2, 1, 1, 1, 1]
    assert people.loc["bob", counts].tolist() == [1, 1, 0, 0, 0]
    assert people.loc["ada", "labels_per_hour"] > 0
    assert people.loc["ada", "first_at"] < people.loc["ada", "last_at"]


def test_hostile_text_is_kept_as_text(store: LabelStore) -> None:
    nasty = "'; DROP TABLE label_events; -- <script>\u202e\x00\N{RINGED PLANET}"
    store.append([event(nasty, annotator=nasty, comment=nasty)])
    assert store.current("c1").annotator.tolist() == [nasty]
    assert store.history("c1", nasty).comment.tolist() == [nasty]
    assert store.seen("c1", nasty) == {nasty}


def test_a_grid_whose_answers_were_all_undone_waits_again(store: LabelStore) -> None:
    store.record_grid(Grid("grid-1", "c1", "ada", 1, (ShownItem("g1", Reason.TOP),), ""))
    said = event("g1", grid_id="grid-1")
    store.append([said])
    store.append([event("g1", "", kind=EventKind.UNDO, undoes=said.event_id, grid_id="grid-1")])
    (waiting,) = store.grids("c1", "ada", submitted=False)
    assert (waiting.grid.grid_id, waiting.answers, waiting.submitted_at) == ("grid-1", {}, None)


def test_a_table_that_a_reader_changed_is_whole_for_the_next_reader(store: LabelStore) -> None:
    store.append([event("g1")])
    mine = store.current("c1")
    mine["answer"] = "changed"
    mine.loc[0, "galaxy_id"] = "changed"
    assert answers_of(store) == {("g1", "ada"): "spiral"}
    store.votes("c1")
    store.update_campaign(Campaign("c1", "Spirals", "?", ("spiral", "other", "arc"), mode="multiclass"))
    assert "votes_arc" in store.votes("c1").columns
