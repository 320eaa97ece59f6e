"""A small crowd on a real server that is killed once: every answer arrives, once, as it was given."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from galcore.labels import LabelStore
from galcore.load.answers import Answers
from galcore.load.crowd import LoadPlan, Sample
from galcore.load.measure import load_result, measure_load
from galcore.load.outcome import compare_with_store, rss_growth
from galcore.load.sky import CAMPAIGN, make_sky
from galcore.types import EventKind, LabelEvent
from galcore.workspace import Workspace


@pytest.mark.concurrency
def test_people_on_a_server_that_is_killed_lose_nothing() -> None:
    plan = LoadPlan(annotators=4, seconds=10, pace_s=0.8, kills=1)
    outcome = measure_load(plan, n_galaxies=1500)
    kept = outcome.kept
    assert (kept.lost, kept.missing, kept.doubled, kept.changed, kept.overfull) == (0, 0, 0, 0, 0)
    assert outcome.problems == ()
    assert outcome.grids >= 12
    assert outcome.labels == 16 * outcome.grids
    assert len(outcome.ack_ms) == outcome.grids
    assert kept.models > 1, "the model has to learn meanwhile"
    result = load_result(outcome, command="-")
    assert all(measure.met for measure in result.results if measure.met is not None)


def test_what_is_lost_doubled_or_changed_is_counted(tmp_path: Path) -> None:
    wanted = make_sky(tmp_path / "load", 300, rows=1, columns=3)
    said = Answers(CAMPAIGN, wanted)
    for number in range(3):
        items = [{"id": f"simulated-{3 * number + place:07d}"} for place in range(3)]
        said.submit({"grid_id": f"grid {number}", "items": items}, 0.0, frozenset())
    said.hear({"ack": {"client": said.client, "n": 2}, "grids": []}, 1.0)
    first, second, third = ([*grid.events.items()] for grid in said.sent)
    workspace = Workspace.open(tmp_path / "load")
    try:
        store = workspace.labels
        store.append([label(*entry) for entry in first])
        galaxy_id, (_, answer) = first[0]
        store.append([label(galaxy_id, ("another event", answer))])  # doubled
        galaxy_id, (event_id, answer) = second[0]
        store.append([label(galaxy_id, (event_id, "no" if answer == "yes" else "yes"))])  # changed; two lost
        kept = compare_with_store(workspace, CAMPAIGN, [said])
    finally:
        workspace.close()
    assert len(third) == 3  # sent, never acknowledged: missing, but nobody was told that it is safe
    assert dataclasses.astuple(kept)[:5] == (2, 5, 1, 1, 0)


def label(galaxy_id: str, said: tuple[str, str]) -> LabelEvent:
    return LabelEvent(said[0], CAMPAIGN, galaxy_id, "ada", EventKind.LABEL, said[1])


def test_the_outbox_keeps_what_is_not_acknowledged_and_is_deaf_to_other_tabs() -> None:
    said = Answers(CAMPAIGN, {"a"})
    for number in (1, 2):
        said.submit(
            {"grid_id": f"grid {number}", "items": [{"id": "a"}, {"id": "b"}]}, 0.0, frozenset({"old"})
        )
    said.hear({"ack": {"client": "another tab", "n": 2}, "grids": []}, 1.0)
    assert said.waiting == 2
    said.hear({"ack": {"client": said.client, "n": 1}, "grids": [{"grid_id": "old"}]}, 2.0)
    assert said.waiting == 1
    assert (said.sent[0].acknowledged_at, said.sent[0].next_at) == (2.0, None)
    said.hear({"ack": {"client": said.client, "n": 1}, "grids": [{"grid_id": "new"}]}, 3.0)
    assert said.sent[0].next_at == 3.0
    state = said.state()
    assert state is not None
    assert [item["n"] for item in state["outbox"]["items"]] == [2]
    assert [each["answer"] for each in state["outbox"]["items"][0]["answers"]] == ["yes", "no"]


def test_growth_of_memory_is_told_per_label_and_leaves_the_start_out() -> None:
    samples = [
        Sample(at, 500 + (100 if at < 60 else 0) + at, 0.0, 0.0, 10 * at, 0) for at in range(0, 100, 5)
    ]
    assert rss_growth(samples, labels_per_grid=16) == pytest.approx(1e4 / 160, abs=0.1)
    assert rss_growth(samples[:3], labels_per_grid=16) is None


def test_a_simulated_sky_opens_with_its_model_and_pictures(tmp_path: Path) -> None:
    wanted = make_sky(tmp_path / "load", 300)
    workspace = Workspace.open(tmp_path / "load")
    try:
        galaxy_ids, vectors = workspace.embeddings().galaxy_ids, workspace.embeddings().vectors()
        assert vectors.shape == (300, 512)
        assert 40 < len(wanted) < 120
        assert wanted <= set(galaxy_ids.tolist())
        assert workspace.images.render(str(galaxy_ids[0]), size_px=64)
        assert isinstance(workspace.labels, LabelStore)
    finally:
        workspace.close()
