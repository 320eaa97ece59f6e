"""Many people at once, killed processes, refused disks: no acknowledged label is lost and none is doubled."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from galcore.labels import LabelStore
from galcore.types import Campaign, EventKind, GalcoreError, Grid, LabelEvent, Reason, ShownItem

pytestmark = pytest.mark.concurrency

CAMPAIGN = Campaign("c1", "Spirals", "?", ("yes", "no"))
KILLED = Path(__file__).with_name("label_writers_to_kill.py")
FULL_DISK = Path(__file__).with_name("label_writer_on_a_full_disk.py")
SECOND = Path(__file__).with_name("second_label_process.py")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(CAMPAIGN)
        yield opened


def label(galaxy_id: str, annotator: str, answer: str = "yes") -> LabelEvent:
    return LabelEvent(str(uuid.uuid4()), "c1", galaxy_id, annotator, EventKind.LABEL, answer)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run ``work(number)`` in so many threads that start together; raises what any of them raised."""
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        work(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


def test_twenty_people_at_once_lose_and_double_nothing(store: LabelStore) -> None:
    def annotate(number: int) -> None:
        for grid in range(15):
            events = [label(f"g{grid}-{position}", f"person {number}") for position in range(4)]
            assert store.append(events) == 4

    in_threads(20, annotate)
    history = store.history("c1")
    assert len(history) == 20 * 15 * 4
    assert history.event_id.is_unique and history.seq.is_unique
    assert (store.votes("c1").n_annotators == 20).all()


def test_the_same_events_from_many_threads_are_stored_once(store: LabelStore) -> None:
    grids = [[label(f"g{grid}-{position}", "ada") for position in range(9)] for grid in range(10)]
    stored: list[int] = []

    def send(_: int) -> None:
        stored.extend(store.append(grid) for grid in grids)

    in_threads(8, send)
    assert sum(stored) == 90
    assert len(store.history("c1")) == 90


def test_reading_while_others_write_never_raises_and_never_goes_back(store: LabelStore) -> None:
    written = threading.Event()

    def work(number: int) -> None:
        if number < 3:
            for grid in range(20):
                store.record_grid(Grid(f"{number}-{grid}", "c1", f"p{number}", grid, (_shown(grid),), ""))
                store.append([label(f"g{grid}", f"p{number}")])
            written.set()
            return
        seen = 0
        while not written.is_set():
            count = len(store.current("c1"))
            assert count >= seen
            seen = count
            store.votes("c1")
            store.seen("c1", "p0")
            store.grids("c1", "p0", submitted=True)
            store.campaigns()

    in_threads(7, work)
    assert len(store.current("c1")) == 60


def _shown(number: int) -> ShownItem:
    return ShownItem(f"g{number}", Reason.TOP, 0.5)


def test_a_wrong_submission_does_not_spoil_those_committed_with_it(store: LabelStore) -> None:
    refused: list[GalcoreError] = []

    def send(number: int) -> None:
        for grid in range(20):
            if number % 4:
                assert store.append([label(f"g{grid}", f"p{number}")]) == 1
                continue
            try:
                store.append([label(f"g{grid}", f"p{number}"), label(f"g{grid}", f"p{number}", "quasar")])
            except GalcoreError as error:
                refused.append(error)

    in_threads(8, send)
    assert len(refused) == 2 * 20
    assert len(store.history("c1")) == 6 * 20


def test_closing_stores_everything_that_was_accepted(tmp_path: Path) -> None:
    path = tmp_path / "labels.duckdb"
    accepted: list[str] = []
    store = LabelStore.open(path)
    store.create_campaign(CAMPAIGN)

    def annotate(number: int) -> None:
        if number == 0:
            store.append([label("g", "closer")])
            store.close()
            return
        for grid in range(1000):
            event = label(f"g{grid}", f"p{number}")
            try:
                store.append([event])
            except GalcoreError:
                return
            accepted.append(event.event_id)

    in_threads(6, annotate)
    with LabelStore.open(path) as again:
        assert set(accepted) <= set(again.history("c1").event_id)


def run_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )


def test_a_second_process_is_told_who_holds_the_labels(store: LabelStore) -> None:
    answer = run_python(str(SECOND), str(store.path))
    assert "in use by process" in answer.stdout, answer.stderr
    assert "Stop that one" in answer.stdout


def test_no_acknowledged_label_is_lost_in_twenty_kills(tmp_path: Path) -> None:
    done = run_python(str(KILLED), str(tmp_path / "labels.duckdb"), "20")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["lost"], told["doubled"], told["torn"]) == ([], 0, [])
    assert told["acknowledged"] > 20 * 9


def test_a_full_disk_is_told_to_the_person_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    done = run_python(str(FULL_DISK), str(tmp_path / "labels.duckdb"))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told["refusals"]) == 5
    assert all("are not stored" in message for message in told["refusals"])
    assert told["acknowledged"]["before"] and told["acknowledged"]["after"]
    with LabelStore.open(tmp_path / "labels.duckdb") as store:
        stored = store.history("c1").event_id.tolist()
        assert stored == told["acknowledged"]["before"] + told["acknowledged"]["after"]
