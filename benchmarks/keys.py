"""How quickly keys alone answer in a real browser: `python -m benchmarks.keys [--seconds 75]`.

An expert who never hesitates goes through binary 5 x 5 grids: arrows to a fifth of the galaxies, `1` on each,
Enter, and on as soon as all pictures of the next grid are in view. First at thirty keys a second, which is
more than anybody's, then as quickly as the browser takes keys. All that was said is compared with the label
store. Times end when the frame that shows it is painted. Writes benchmarks/results/keys.json.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.kill_server import make_workspace
from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.settings import ROOT
from galcore.types import Campaign
from galcore.workspace import Workspace
from tests.browser import find_browser
from tests.e2e.driver import BROWSER_FLAGS, Server, open_grid, open_profile

SIDE = 5
CAMPAIGN = Campaign(
    "spirals",
    "Spirals",
    "Which of these are spirals?",
    ("spiral", "other"),
    grid_rows=SIDE,
    grid_columns=SIDE,
)
N_GALAXIES = 3500
MARKED = 5  # galaxies of a grid
KEYS_PER_S = 30
BURST_GRIDS = 40
# Notes when a key came, and when the frame that shows what it did was painted.
PROBE = (Path(__file__).parent / "keys_probe.js").read_text(encoding="utf-8")


@dataclass
class Run:
    """What the expert did at one pace; times in ms."""

    said: dict[str, str] = field(default_factory=dict)
    n_keys: int = 0
    seconds: float = 0.0
    flips_ms: list[float] = field(default_factory=list)
    marks_ms: list[float] = field(default_factory=list)


def path_keys(places: Sequence[int]) -> Iterator[str]:
    """Arrows from galaxy to galaxy with `1` on each, beginning without a focus."""
    row, column = 0, 0
    yield "ArrowRight"  # the first arrow focuses the first galaxy
    for place in sorted(places):
        down, across = place // SIDE - row, place % SIDE - column
        yield from ["ArrowDown"] * down
        yield from ["ArrowRight" if across > 0 else "ArrowLeft"] * abs(across)
        yield "1"
        row, column = divmod(place, SIDE)


def annotate(page: Page, *, keys_per_s: float | None, seconds: float, most_grids: int, seed: int) -> Run:
    """Answer grids for so long, or so many."""
    chance, run = random.Random(seed), Run()
    ids: list[str] = page.evaluate("probe.ids()")
    page.evaluate("probe.clear()")
    started = next_at = time.perf_counter()
    while time.perf_counter() - started < seconds and most_grids:
        places = chance.sample(range(len(ids)), min(MARKED, len(ids)))
        for key in (*path_keys(places), "Enter"):
            if keys_per_s:
                next_at = max(next_at + 1 / keys_per_s, time.perf_counter())
                time.sleep(max(0.0, next_at - time.perf_counter()))
            page.keyboard.press(key)
            run.n_keys += 1
        run.said |= {each: ("other", "spiral")[place in places] for place, each in enumerate(ids)}
        ids = page.evaluate("probe.inView()")
        most_grids -= 1
    run.seconds = time.perf_counter() - started
    times = page.evaluate("probe.times()")
    run.flips_ms, run.marks_ms = times["flips"], times["marks"]
    return run


def read_answers(workspace: Workspace) -> dict[str, str]:
    """What stands in the store."""
    current = workspace.labels.current(CAMPAIGN.campaign_id)
    return dict(zip(current["galaxy_id"], current["answer"], strict=True))


def measure(seconds: float) -> tuple[tuple[Measure, ...], tuple[dict[str, Any], ...]]:
    """Both paces on one server, and what is in the store afterwards."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        make_workspace(Path(folder) / "workspaces" / "sky", CAMPAIGN, n_galaxies=N_GALAXIES)
        browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_FLAGS)
        with Server(Path(folder) / "workspaces", Path(folder) / "server.log") as server:
            grid = open_grid(open_profile(browser), server, "Vera", CAMPAIGN.campaign_id)
            grid.page.evaluate(PROBE)
            most = (N_GALAXIES // SIDE**2) - BURST_GRIDS - 2
            paced = annotate(grid.page, keys_per_s=KEYS_PER_S, seconds=seconds, most_grids=most, seed=1)
            burst = annotate(grid.page, keys_per_s=None, seconds=600, most_grids=BURST_GRIDS, seed=2)
            grid.wait_until_saved()
            stored = server.read(read_answers)
        browser.close()
    said = paced.said | burst.said
    n_lost = sum(stored.get(each) != answer for each, answer in said.items())
    n_extra = len(stored.keys() - said.keys())
    return _measures(paced, burst, n_lost + n_extra), (
        _row(f"{KEYS_PER_S} keys/s", paced),
        _row("unlimited", burst),
    )


def _measures(paced: Run, burst: Run, n_wrong: int) -> tuple[Measure, ...]:
    pace = f"at {KEYS_PER_S} keys a second for {paced.seconds:.0f} s"
    return (
        Measure.at_least(f"answers by keys {pace}", len(paced.said) / paced.seconds, "answers/s", 10),
        Measure.at_most("answers by keys lost or stored wrongly", n_wrong, "answers", 0),
        Measure.at_most(
            "Enter to the next grid in view, median", statistics.median(paced.flips_ms), "ms", 100
        ),
        Measure.at_most("Enter to the next grid in view, 95th", _slow(paced.flips_ms), "ms", 250),
        Measure.at_most("key to the mark on screen, median", statistics.median(paced.marks_ms), "ms", 50),
        Measure("answers as quick as the browser takes keys", len(burst.said) / burst.seconds, "answers/s"),
    )


def _row(pace: str, run: Run) -> dict[str, Any]:
    figures = {
        "keys_per_s": run.n_keys / run.seconds,
        "answers_per_s": len(run.said) / run.seconds,
        "flip_median_ms": statistics.median(run.flips_ms),
        "flip_p95_ms": _slow(run.flips_ms),
        "mark_median_ms": statistics.median(run.marks_ms),
        "mark_p95_ms": _slow(run.marks_ms),
    }
    return {"pace": pace, "grids": len(run.flips_ms)} | {key: round(each, 1) for key, each in figures.items()}


def _slow(times_ms: Sequence[float]) -> float:
    return statistics.quantiles(times_ms, n=20, method="inclusive")[-1]


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description="Answers a second by keys in a real browser.")
    parser.add_argument("--seconds", type=float, default=75.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results, rows = measure(options.seconds)
    command = f"python -m benchmarks.keys --seconds {options.seconds:g}"
    result = BenchmarkResult("keys", command, results, rows)
    result.write(ROOT / "benchmarks" / "results" / "keys.json")
    print(result.to_json() if options.json else result.table())


if __name__ == "__main__":
    main()
