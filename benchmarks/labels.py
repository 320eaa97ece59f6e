"""How long the label store takes, with many events in it: `python -m benchmarks.labels`.

The targets are judged on CPU time, which other work on the machine changes little; the clock is told
beside it with the load.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.labels import LabelStore
from galcore.settings import ROOT
from galcore.types import Campaign, EventKind, Grid, LabelEvent, Reason, ShownItem

N_EVENTS = 200_000
PEOPLE = 4
GRID = 16
RESULT = ROOT / "benchmarks" / "results" / "labels.json"


def label(row: int, annotator: str, grid_id: str = "") -> LabelEvent:
    """One answer with a score, as a grid stores it."""
    answer = ("spiral", "other")[row % 2]
    return LabelEvent(
        str(uuid.uuid4()),
        "c1",
        f"galaxy-{row:07d}",
        annotator,
        EventKind.LABEL,
        answer,
        score=0.3,
        grid_id=grid_id,
    )


def milliseconds(
    work: Callable[[int], object], between: Callable[[], object], *, repeats: int
) -> tuple[float, float, float]:
    """Median and 95th percentile of ``work(number)``, and the median of its CPU time.

    One run is not counted. ``between`` runs before each, so that nothing is answered from memory.
    """
    work(repeats)
    took, busy = [], []
    for number in range(repeats):
        between()
        started, cpu = time.perf_counter(), time.process_time()
        work(number)
        took.append((time.perf_counter() - started) * 1e3)
        busy.append((time.process_time() - cpu) * 1e3)
    return statistics.median(took), sorted(took)[int(0.95 * (repeats - 1))], statistics.median(busy)


def measure(store: LabelStore, folder: Path) -> tuple[list[Measure], list[dict[str, object]]]:
    """Every figure, on a store that holds ``N_EVENTS`` events."""

    def append(number: int) -> None:
        store.append([label(row, "ada", f"grid {number}") for row in range(GRID)])

    def say_one() -> None:
        store.append([label(0, "eve")])

    def record(number: int) -> None:
        items = tuple(ShownItem(f"galaxy-{row:07d}", Reason.TOP, 0.3) for row in range(GRID))
        store.record_grid(Grid(f"shown {number}", "c1", "ada", number, items, "model"))

    tasks: tuple[tuple[str, Callable[[int], object], int, float | None], ...] = (
        (f"append a grid of {GRID}", append, 60, 10.0),
        (f"record a grid of {GRID}", record, 60, 10.0),
        ("current", lambda _: store.current("c1"), 9, 100.0),
        ("votes", lambda _: store.votes("c1"), 9, 100.0),
        ("current, nothing new", lambda _: store.current("c1"), 9, None),
        ("seen by one person", lambda _: store.seen("c1", "person 1"), 9, None),
        ("last ten grids", lambda _: store.grids("c1", "ada", submitted=True), 9, None),
        ("history of one galaxy", lambda _: store.history("c1", "galaxy-0000005"), 9, None),
        ("whole history", lambda _: store.history("c1"), 5, None),
        ("snapshot", lambda _: store.snapshot(folder / "copy"), 5, None),
    )
    measures, rows = [], []
    for name, work, repeats, limit in tasks:
        between = say_one if name in ("current", "votes") else lambda: None
        median, slow, cpu = milliseconds(work, between, repeats=repeats)
        row = {"task": name, "median_ms": median, "p95_ms": slow, "cpu_ms": cpu, "load": os.getloadavg()[0]}
        rows.append({key: value if isinstance(value, str) else round(value, 2) for key, value in row.items()})
        if limit is not None:
            measures.append(Measure.at_most(f"{name}, CPU", cpu, "ms", limit))
            measures.append(Measure(f"{name}, median", median, "ms"))
    measures.append(Measure("20 threads, grids committed", throughput(store), "grids/s"))
    return measures, rows


def throughput(store: LabelStore, *, threads: int = 20, grids: int = 25) -> float:
    """Grids of 16 that 20 threads get acknowledged per second."""

    def annotate(number: int) -> None:
        for _ in range(grids):
            store.append([label(row, f"thread {number}") for row in range(GRID)])

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(annotate, range(threads)))
    return threads * grids / (time.perf_counter() - started)


def main() -> None:
    """Fill a store, measure, print and keep the result."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with LabelStore.open(folder / "labels.duckdb") as store:
            store.create_campaign(Campaign("c1", "Spirals", "?", ("spiral", "other")))
            for person in range(PEOPLE):
                store.append([label(row, f"person {person}") for row in range(N_EVENTS // PEOPLE)])
            results, rows = measure(store, folder)
            size_mb = store.path.stat().st_size / 1e6
        reopened = time.perf_counter()
        LabelStore.open(folder / "labels.duckdb").close()
        reopen_ms = (time.perf_counter() - reopened) * 1e3
    extra = (Measure("open and close again", reopen_ms, "ms"), Measure("file", size_mb, "MB"))
    result = BenchmarkResult("labels", "python -m benchmarks.labels", (*results, *extra), tuple(rows))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(result.to_json() + "\n", "utf-8")
    print(result.table())


if __name__ == "__main__":
    main()
