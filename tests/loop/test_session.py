"""The live loop on a real label store, with simulated embeddings."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import numpy as np
import pytest

from galcore.labels.store import LabelStore
from galcore.loop.session import CampaignLoop, GridAnswer, Submission
from galcore.types import Campaign, EventKind, GalcoreError, Grid, Reason, Shares

N = 240


def blobs(n: int = N, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ids, vectors and truth of two overlapping clouds in 16 dimensions, a quarter of them positive."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.25
    vectors = rng.normal(size=(n, 16)) + 2.5 * truth[:, None] * (np.arange(16) < 4)
    return np.array([f"galaxy {k:05d}" for k in range(n)]), vectors.astype(np.float32), truth


def campaign(**changes: object) -> Campaign:
    settings = {"campaign_id": "c1", "name": "Spirals", "question": "Is it a spiral?"}
    settings |= {"answers": ("spiral", "other"), "grid_rows": 3, "grid_columns": 3} | changes
    return Campaign(**settings)


@pytest.fixture
def store(tmp_path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(campaign())
        yield opened


@pytest.fixture
def loop(store) -> Iterator[CampaignLoop]:
    ids, vectors, _ = blobs()
    running = CampaignLoop(campaign(), store, ids, vectors)
    yield running
    running.close()


TRUTH = dict(zip(blobs()[0].tolist(), blobs()[2].tolist(), strict=True))


def answers_to(grid: Grid, annotator: str = "ada") -> Submission:
    """Clicks on the spirals; the rest is implied."""
    return Submission(
        grid.grid_id,
        annotator,
        tuple(
            GridAnswer(
                item.galaxy_id,
                "spiral" if TRUTH[item.galaxy_id] else "other",
                str(uuid.uuid4()),
                explicit=TRUTH[item.galaxy_id],
            )
            for item in grid.items
        ),
        display="survey",
    )


def ids_of(grid: Grid) -> list[str]:
    return [item.galaxy_id for item in grid.items]


def test_two_grids_lie_ready_and_stay_the_same_until_one_is_submitted(loop):
    first, waiting = loop.grids("ada")
    assert len(first.items) == len(waiting.items) == 9
    assert not set(ids_of(first)) & set(ids_of(waiting))
    assert loop.grids("ada") == (first, waiting)


def test_the_waiting_grid_moves_up_and_the_new_one_comes_from_the_new_model(loop):
    first, waiting = loop.grids("ada")
    result = loop.submit(answers_to(first))
    assert result.grid == waiting
    assert result.n_stored == 9
    assert result.waiting.model_version == result.model_version != ""
    reasons = {item.reason for item in result.waiting.items}
    assert {Reason.TOP, Reason.MARGIN, Reason.RANDOM} <= reasons
    assert all(0 <= item.score <= 1 for item in result.waiting.items)


def test_submitting_a_grid_twice_stores_it_once_and_flips_once(loop, store):
    submission = answers_to(loop.grids("ada")[0])
    once, again = loop.submit(submission), loop.submit(submission)
    assert (once.n_stored, again.n_stored) == (9, 0)
    assert again.acknowledged == once.acknowledged
    assert (again.grid, again.waiting) == (once.grid, once.waiting)
    assert len(store.current("c1")) == 9


def test_every_stored_answer_says_why_the_galaxy_was_shown(loop, store):
    grid = loop.grids("ada")[0]
    for _ in range(3):
        grid = loop.submit(answers_to(grid)).grid
    loop.submit(answers_to(grid))
    last = store.current("c1").tail(9).set_index("galaxy_id")
    for item in grid.items:
        row = last.loc[item.galaxy_id]
        assert (row["reason"], row["grid_id"]) == (str(item.reason), grid.grid_id)
        assert row["score"] == pytest.approx(item.score)
        assert row["explicit"] == TRUTH[item.galaxy_id]


def test_nothing_is_shown_twice_to_a_person_until_all_is_seen_and_then_the_grid_is_empty(loop):
    seen: list[str] = []
    grid = loop.grids("ada")[0]
    while grid.items:
        seen += ids_of(grid)
        grid = loop.submit(answers_to(grid)).grid
    assert len(seen) == len(set(seen)) == N


def test_a_reload_or_a_restart_offers_the_same_grids_again(loop, store):
    loop.submit(answers_to(loop.grids("ada")[0]))
    before = loop.grids("ada")
    ids, vectors, _ = blobs()
    restarted = CampaignLoop(campaign(), store, ids, vectors)
    try:
        assert restarted.grids("ada") == before
        assert restarted.model_version == loop.model_version
        assert restarted.status("ada").round == 3
    finally:
        restarted.close()


def test_two_people_get_different_galaxies_while_there_are_enough(loop):
    ada, bob = loop.grids("ada"), loop.grids("bob")
    shown = [name for grid in (*ada, *bob) for name in ids_of(grid)]
    assert len(shown) == len(set(shown))


@pytest.mark.concurrency
def test_people_submitting_at_once_lose_nothing(loop, store):
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            grid = loop.grids(name)[0]
            for _ in range(6):
                grid = loop.submit(answers_to(grid, name)).grid
        except BaseException as error:  # a thread's failure has to reach the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ada", "bob", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(store.current("c1")) == 3 * 6 * 9
    status = loop.status("ada")
    assert (status.labels_mine, status.labels_all) == (54, 162)


def test_undo_takes_back_the_last_grid_and_offers_it_again(loop, store):
    first, second = loop.grids("ada")
    loop.submit(answers_to(first))
    loop.submit(answers_to(second))
    undone = loop.undo("ada")
    assert undone.grid_id == second.grid_id
    assert set(undone.galaxy_ids) == set(ids_of(second))
    assert loop.grids("ada")[0] == second
    assert loop.undo("ada").grid_id == first.grid_id
    assert loop.undo("ada").galaxy_ids == ()
    assert len(store.current("c1")) == 0
    loop.submit(answers_to(loop.grids("ada")[0]))
    assert len(store.current("c1")) == 9


def test_undo_takes_back_only_the_correction_when_that_came_last(loop, store):
    first = loop.grids("ada")[0]
    loop.submit(answers_to(first))
    target = ids_of(first)[0]
    other = "other" if TRUTH[target] else "spiral"
    change = GridAnswer(target, other, str(uuid.uuid4()))
    assert loop.correct(Submission(first.grid_id, "ada", (change,))) == 1
    assert store.current("c1").set_index("galaxy_id").loc[target, "answer"] == other
    assert loop.undo("ada").galaxy_ids == (target,)
    assert store.current("c1").set_index("galaxy_id").loc[target, "answer"] != other
    assert len(store.current("c1")) == 9


def test_an_answer_can_be_taken_back_in_a_reopened_grid(loop, store):
    first = loop.grids("ada")[0]
    loop.submit(answers_to(first))
    back = GridAnswer(ids_of(first)[0], "", str(uuid.uuid4()), kind=EventKind.UNDO)
    assert loop.correct(Submission(first.grid_id, "ada", (back,))) == 1
    assert len(store.current("c1")) == 8


def test_queued_galaxies_come_next_also_after_a_restart(loop, store):
    loop.grids("ada")
    wanted = [f"galaxy {k:05d}" for k in range(200, 212)]
    n_shown = loop.queue(wanted, "ada")
    first, second = loop.grids("ada")
    assert n_shown == len({*ids_of(first), *ids_of(second)} & set(wanted))
    assert {item.reason for item in first.items} == {Reason.QUEUED}
    assert loop.queue(wanted, "ada") == 0
    ids, vectors, _ = blobs()
    restarted = CampaignLoop(campaign(), store, ids, vectors)
    assert restarted.grids("ada") == (first, second)
    restarted.close()
    with pytest.raises(GalcoreError, match="no embedding"):
        loop.queue(["somewhere else"], "ada")


def test_without_embeddings_grids_are_random_and_the_model_comes_later(store):
    ids, vectors, _ = blobs()
    running = CampaignLoop(campaign(), store, ids, None)
    grid = running.grids("ada")[0]
    assert {item.reason for item in grid.items} == {Reason.RANDOM}
    assert not running.status("ada").ready
    running.submit(answers_to(grid))
    assert running.probabilities() is None
    running.set_vectors(ids, vectors)
    result = running.submit(answers_to(running.grids("ada")[0]))
    assert result.model_version
    galaxy_ids, probabilities = running.probabilities()
    assert probabilities.shape == (len(galaxy_ids), 2)
    running.close()


def test_one_galaxy_is_enough(store):
    running = CampaignLoop(campaign(), store, np.array(["galaxy 00001"]), np.ones((1, 16), np.float32))
    first, waiting = running.grids("ada")
    assert ids_of(first) == ["galaxy 00001"]
    assert waiting.items == ()
    assert running.submit(answers_to(first)).grid.items == ()
    assert running.status("ada").labels_mine == 1
    running.close()


def test_a_fit_that_takes_long_is_left_to_the_worker(loop, monkeypatch):
    monkeypatch.setattr("galcore.loop.trainer.FIT_BUDGET_S", -1.0)
    grid = loop.grids("ada")[0]
    loop.submit(answers_to(grid))
    for _ in range(200):
        if loop.model_version:
            break
        threading.Event().wait(0.02)
    assert loop.model_version


def test_several_answers_are_learned_and_balanced(store):
    ids, vectors, truth = blobs()
    kinds = ("spiral", "elliptical", "merger")
    several = campaign(campaign_id="c2", name="Kinds", answers=kinds, mode="multiclass")
    store.create_campaign(several)
    running = CampaignLoop(several, store, ids, vectors)
    grid = running.grids("ada")[0]
    row_of = {name: row for row, name in enumerate(ids.tolist())}
    for _ in range(5):
        chosen = tuple(
            GridAnswer(name, kinds[int(truth[row_of[name]]) + (row_of[name] % 9 == 0)], str(uuid.uuid4()))
            for name in ids_of(grid)
        )
        grid = running.submit(Submission(grid.grid_id, "ada", chosen)).grid
    assert running.probabilities()[1].sum(axis=1) == pytest.approx(1.0, abs=1e-4)
    assert len(running.status("ada").tally) == 3
    running.close()


def test_the_status_says_nothing_of_quality_before_there_is_enough_and_gives_intervals_after(store):
    ids, vectors, truth = blobs()
    running = CampaignLoop(campaign(shares=Shares(0.4, 0.2, 0.4)), store, ids, vectors)
    early = running.status("ada")
    assert early.curve == ()
    assert early.prevalence is None
    assert early.remaining is None
    grid = running.grids("ada")[0]
    for _ in range(16):
        grid = running.submit(answers_to(grid)).grid
    status = running.status("ada")
    assert status.prevalence.low <= truth.mean() <= status.prevalence.high
    assert status.remaining.low <= truth.sum() - status.positives <= status.remaining.high
    assert status.curve[-1].auroc.low <= status.curve[-1].auroc.value <= status.curve[-1].auroc.high
    assert status.curve[-1].auroc.value > 0.8
    running.close()


def test_an_empty_name_is_refused(loop):
    with pytest.raises(GalcoreError, match="name"):
        loop.grids(" ")
