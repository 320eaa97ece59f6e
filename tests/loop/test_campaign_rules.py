"""Overlap, leases, lists, gold, re-asks and modes in the live loop."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from galcore.labels import LEASE_S, LabelStore
from galcore.loop.event_log import EventLog
from galcore.loop.learner import TrainingSet
from galcore.loop.session import CampaignLoop, GridAnswer, Submission
from galcore.loop.state import LoopState
from galcore.loop.target import class_of, learned_answers
from galcore.types import (
    GRADE_ANSWERS,
    INTEREST_ANSWERS,
    Campaign,
    EventKind,
    GalcoreError,
    GoldItem,
    Grid,
    LabelEvent,
    Reason,
    Shares,
)
from tests.clock import Clock

N = 60
IDS = np.array([f"galaxy {k:03d}" for k in range(N)])
VECTORS = np.random.default_rng(0).normal(size=(N, 12)).astype(np.float32)
CAMPAIGN = Campaign("c1", "Spirals", "?", ("spiral", "other"), grid_rows=2, grid_columns=4)
MakeLoop = Callable[..., CampaignLoop]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb", clock=clock) as opened:
        yield opened


@pytest.fixture
def make_loop(store: LabelStore) -> Iterator[MakeLoop]:
    made: list[CampaignLoop] = []

    def make(*, galaxy_ids: list[str] | None = None, **changes: object) -> CampaignLoop:
        campaign = store.create_campaign(replace(CAMPAIGN, **changes), galaxy_ids)  # type: ignore[arg-type]
        made.append(CampaignLoop(campaign, store, IDS, VECTORS))
        return made[-1]

    yield make
    for loop in made:
        loop.close()


def ids_of(*grids: Grid) -> list[str]:
    return [item.galaxy_id for grid in grids for item in grid.items]


def answers_to(grid: Grid, answer: str = "", question: str = "") -> Submission:
    said = tuple(
        GridAnswer(name, answer or ("spiral" if int(name[-1]) < 3 else "other"), str(uuid.uuid4()))
        for name in ids_of(grid)
    )
    return Submission(grid.grid_id, grid.annotator, said)


def annotate_all(loop: CampaignLoop, people: tuple[str, ...]) -> dict[str, list[Grid]]:
    """People take turns until nothing is left for any of them; the grids of each."""
    given: dict[str, list[Grid]] = {who: [] for who in people}
    busy = True
    while busy:
        busy = False
        for who in people:
            grid = loop.grids(who)[0]
            if grid.items:
                given[who].append(grid)
                loop.submit(answers_to(grid))
                busy = True
    return given


@pytest.mark.parametrize(("overlap", "people"), [(1, 3), (2, 3), (3, 3)])
def test_every_galaxy_is_answered_by_as_many_people_as_the_campaign_wants(
    make_loop: MakeLoop, store: LabelStore, overlap: int, people: int
) -> None:
    loop = make_loop(overlap=overlap)
    names = ("ada", "bob", "eve")[:people]
    given = annotate_all(loop, names)
    assert Counter(store.current("c1").galaxy_id) == dict.fromkeys(IDS.tolist(), overlap)
    for grids in given.values():
        shown = ids_of(*grids)
        assert len(shown) == len(set(shown))


def test_what_lies_in_front_of_one_person_is_not_shown_to_another(make_loop: MakeLoop) -> None:
    loop = make_loop()
    ada, bob = ids_of(*loop.grids("ada")), ids_of(*loop.grids("bob"))
    assert len(ada) == len(bob) == 16
    assert not set(ada) & set(bob)


def test_galaxies_of_a_person_who_left_go_to_others_and_come_back_as_far_as_they_can(
    make_loop: MakeLoop, store: LabelStore
) -> None:
    loop = make_loop()
    first, waiting = loop.grids("ada")
    loop.leave("ada")
    assert store.leased("c1", "ada") == frozenset()
    taken = ids_of(first)[:3]
    assert loop.queue(taken, "bob") == 3
    again, behind = loop.grids("ada")
    assert (again.grid_id, behind) == (first.grid_id, waiting)
    assert ids_of(again) == ids_of(first)[3:]


def test_what_is_asked_again_comes_first_on_the_next_grid_of_one_person_past_the_overlap(
    make_loop: MakeLoop, store: LabelStore
) -> None:
    loop = make_loop()
    first, _ = loop.grids("ada")
    loop.submit(answers_to(first))
    again = ids_of(first)[:3]
    assert loop.ask_again([*again, "somewhere else"], by="judge") == 3
    judged, bobs = ids_of(*loop.grids("judge")), ids_of(*loop.grids("bob"))
    assert not set(again) & set(judged) and bobs[:3] == again
    assert not set(again) & set(ids_of(*loop.grids("eve"))), "exactly one person"
    grid, _ = loop.grids("bob")
    assert [item.reason for item in grid.items][:3] == [Reason.QUEUED] * 3
    loop.submit(answers_to(grid))
    counts = Counter(store.current("c1").galaxy_id)
    assert {each for each, n in counts.items() if n > 1} == set(again)


def test_whoever_has_nothing_left_is_given_what_is_asked_again(
    make_loop: MakeLoop, store: LabelStore
) -> None:
    loop = make_loop()
    store.append(
        [LabelEvent(f"e{each}", "c1", each, "ada", EventKind.LABEL, "spiral") for each in IDS.tolist()]
    )
    assert not loop.grids("bob")[0].items
    loop.ask_again(IDS[:20].tolist(), by="judge")
    shown = ids_of(*loop.grids("bob"), *loop.grids("eve"))
    assert sorted(shown) == IDS[:20].tolist()


def test_a_person_who_is_away_too_long_loses_what_others_ask_for_and_their_late_answer_is_kept(
    make_loop: MakeLoop, store: LabelStore, clock: Clock
) -> None:
    loop = make_loop()
    first, _ = loop.grids("ada")
    clock.now_s = LEASE_S + 1
    assert loop.queue(ids_of(first)[:1], "bob") == 1
    result = loop.submit(answers_to(first))
    assert result.n_stored == len(first.items)
    late = store.current("c1").set_index("galaxy_id").loc[ids_of(first)[0]]
    assert late.reason == str(first.items[0].reason)


def test_undo_keeps_the_galaxies_for_the_person_who_had_a_second_thought(
    make_loop: MakeLoop, store: LabelStore
) -> None:
    loop = make_loop()
    first, _ = loop.grids("ada")
    loop.submit(answers_to(first))
    loop.undo("ada")
    assert set(ids_of(first)) <= store.leased("c1", "ada")
    assert loop.queue(ids_of(first), "bob") == 0
    assert loop.grids("ada")[0] == first


def test_only_the_galaxies_of_the_list_are_asked_about(make_loop: MakeLoop, store: LabelStore) -> None:
    loop = make_loop(galaxy_ids=IDS[10:20].tolist(), scoped=True)
    given = annotate_all(loop, ("ada",))
    assert sorted(ids_of(*given["ada"])) == IDS[10:20].tolist()
    assert loop.status("ada").n_galaxies == 10
    store.set_scope("c1", IDS[10:25].tolist())
    assert set(ids_of(*loop.grids("ada"))) == set(IDS[20:25].tolist())


def test_a_paused_campaign_gives_nothing_out_and_goes_on_where_it_stopped(
    make_loop: MakeLoop, store: LabelStore
) -> None:
    loop = make_loop()
    first, _ = loop.grids("ada")
    store.update_campaign(replace(loop.campaign, state="paused"))
    assert loop.grids("ada")[0].items == ()
    with pytest.raises(GalcoreError, match="kept aside"):
        loop.submit(answers_to(first))
    store.update_campaign(replace(loop.campaign, state="open"))
    assert len(store.current("c1")) == 8
    assert not set(ids_of(*loop.grids("ada"))) & set(ids_of(first))


def test_gold_and_re_asks_come_in_their_shares_are_stored_as_such_and_are_no_votes(
    make_loop: MakeLoop, store: LabelStore
) -> None:
    gold = tuple(GoldItem(name, "spiral") for name in IDS[:5])
    loop = make_loop(gold=gold, gold_share=0.125, reask_share=0.125)
    given = annotate_all(loop, ("ada",))["ada"]
    reasons = Counter(item.reason for grid in given for item in grid.items)
    assert reasons[Reason.GOLD] == 5
    assert reasons[Reason.REASK] >= 3
    history = store.history("c1")
    assert (history.reason == "gold").sum() == 5
    assert (history.reason == "reask").sum() == reasons[Reason.REASK]
    votes = store.current("c1")
    assert sorted(votes.galaxy_id) == IDS[5:].tolist()
    asked_again = history[history.reason == "reask"]
    assert asked_again.galaxy_id.is_unique
    assert not set(asked_again.galaxy_id) & set(IDS[:5])
    first_seen = history.drop_duplicates("galaxy_id").set_index("galaxy_id").seq
    assert (asked_again.seq - first_seen.loc[asked_again.galaxy_id].to_numpy() > 8).all()
    assert loop.status("ada").labels_mine == len(history)


def test_the_answer_given_before_does_not_show_when_a_galaxy_is_asked_again(
    make_loop: MakeLoop, store: LabelStore
) -> None:
    loop = make_loop(reask_share=0.25)
    for _ in range(5):
        grid = loop.grids("ada")[0]
        loop.submit(answers_to(grid))
    waiting = next(
        recorded
        for recorded in store.grids("c1", "ada", submitted=False)
        if any(item.reason is Reason.REASK for item in recorded.grid.items)
    )
    assert waiting.answers == {}


def test_without_a_model_every_galaxy_comes_in_random_order(make_loop: MakeLoop) -> None:
    loop = make_loop(learns=False, shares=Shares(1.0, 0.0, 0.0))
    for _ in range(4):
        grid = loop.grids("ada")[0]
        assert {item.reason for item in grid.items} == {Reason.RANDOM}
        loop.submit(answers_to(grid))
    assert loop.model_version == ""
    assert loop.probabilities() is None


@pytest.mark.parametrize(
    ("mode", "answers", "wanted", "other"),
    [
        ("interest", INTEREST_ANSWERS, [("", "3"), ("", "5")], [("", "0"), ("", "2")]),
        ("grades", GRADE_ANSWERS, [("", "A"), ("", "B")], [("", "C"), ("", "X")]),
        ("multilabel", ("bar", "ring"), [("bar", "yes")], [("bar", "no")]),
        ("binary", ("spiral", "other"), [("", "spiral")], [("", "other")]),
    ],
)
def test_each_mode_says_what_is_wanted(
    mode: str,
    answers: tuple[str, ...],
    wanted: list[tuple[str, str]],
    other: list[tuple[str, str]],
) -> None:
    campaign = replace(CAMPAIGN, mode=mode, answers=answers)  # type: ignore[arg-type]
    classes = class_of(campaign)
    assert [classes[pair] for pair in wanted] == [0] * len(wanted)
    assert [classes[pair] for pair in other] == [1] * len(other)
    assert len(learned_answers(campaign)) == 2


def test_a_campaign_of_interest_learns_who_is_interesting(make_loop: MakeLoop) -> None:
    loop = make_loop(mode="interest", answers=INTEREST_ANSWERS)
    grid = loop.grids("ada")[0]
    said = tuple(
        GridAnswer(name, str(place % 6), str(uuid.uuid4())) for place, name in enumerate(ids_of(grid))
    )
    result = loop.submit(Submission(grid.grid_id, "ada", said))
    assert result.model_version
    assert loop.probabilities()[1].shape == (N, 2)
    assert loop.status("ada").tally == (3, 5)


def test_events_read_in_pieces_tell_the_same_state_as_all_at_once(
    make_loop: MakeLoop, store: LabelStore
) -> None:
    loop = make_loop(overlap=2)
    row_of = {name: row for row, name in enumerate(IDS.tolist())}
    log = EventLog(row_of, loop.campaign)
    for who in ("ada", "bob", "ada", "eve"):
        loop.submit(answers_to(loop.grids(who)[0]))
        log.extend(store.history("c1", after_seq=log.last_seq))
        if who == "bob":
            loop.undo("bob")
            log.extend(store.news("c1", after_seq=log.last_seq))
    recent = EventLog(row_of, loop.campaign)
    recent.extend(store.news("c1", after_seq=0))
    assert (LoopState.from_log(recent).votes == LoopState.from_log(log).votes).all()
    pieces = LoopState.from_log(log)
    whole = LoopState.from_history(store.history("c1"), row_of, loop.campaign)
    assert pieces.votes.sum() == 24
    assert (pieces.votes == whole.votes).all()
    assert (pieces.first_seq == whole.first_seq).all()
    assert {who: n for who, n in pieces.labels_by.items() if n} == whole.labels_by


def test_a_vote_weighs_what_its_person_is_worth() -> None:
    row_of = {name: row for row, name in enumerate(IDS.tolist())}
    log = EventLog(row_of, CAMPAIGN)
    events = [
        LabelEvent(str(number), "c1", "galaxy 001", who, EventKind.LABEL, answer)
        for number, (who, answer) in enumerate([("ada", "spiral"), ("bob", "other"), ("eve", "other")])
    ]
    log.extend(history_of(events))
    plain, weighed = (
        TrainingSet.from_ballots(LoopState.from_log(log, weights).ballots[0])
        for weights in ((), ({"bob": 0.5, "eve": 0.0},))
    )
    assert (weighed.weights / plain.weights).tolist() == [1.0, 0.25]


def history_of(events: list[LabelEvent]):
    import pandas as pd

    rows = [
        {name: getattr(event, name) for name in event.__dataclass_fields__} | {"seq": seq, "undone": False}
        for seq, event in enumerate(events, start=1)
    ]
    return pd.DataFrame(rows).astype({"kind": str, "reason": str})
