"""The loop on every real task: `python -m benchmarks.loop_table [--model NAME]`.

Strategies are ranked on the embedding; the default one and random grids are also replayed on HOG and on raw
pixels. Nine galaxies a grid, thirty grids, five seeds, one submission of lag as in the dashboard; AUC is
measured on a third of the galaxies that is never offered. Writes benchmarks/results/loop.json.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.probe_table import TASKS, Task, compute_features, read_set
from benchmarks.targets import GRID, LOOPS, SEEDS, SPIRAL_TARGETS
from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.loop.replay import ReplayRun, Spread, first_loop_at, replay_loop
from galcore.loop.space import FeatureSpace
from galcore.settings import ROOT, Settings

FEATURES = {"embedding": "model", "hog": "hog", "pixels": "pixels"}  # our name: that of the probe table
STRATEGIES = {
    "embedding": ("default", "random", "margin", "top"),
    "hog": ("default", "random"),
    "pixels": ("default", "random"),
}
LEFT_OUT = ("lens_zoo", "late_early")  # too few galaxies for thirty grids; nearly all are late


def main() -> None:
    """Replay everything and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="galcore-tiny")
    parser.add_argument("--features", default=",".join(FEATURES), help="comma-separated")
    parser.add_argument("--real", type=Path, default=Settings.from_environment().real_data_dir)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "loop.json")
    arguments = parser.parse_args()
    started = time.monotonic()
    replays: dict[tuple[str, str, str], tuple[ReplayRun, ...]] = {}
    tasks = [task for task in TASKS if task.name not in LEFT_OUT]
    for folder in dict.fromkeys(task.folder for task in tasks):
        table, pictures = read_set(arguments.real / folder)
        for features in arguments.features.split(","):
            vectors = compute_features(FEATURES[features], pictures, arguments.model)
            space = FeatureSpace.from_vectors(vectors)
            for task in (task for task in tasks if task.folder == folder):
                known, truth = task_truth(task, table)
                for strategy in STRATEGIES[features]:
                    runs = replay_seeds(space.take(known), truth[known], strategy)
                    replays[task.name, features, strategy] = runs
                    row = summary_row(task.name, features, strategy, runs)
                    print(*row.values(), file=sys.stderr, flush=True)
    result = table_result(replays, arguments.model)
    result.write(arguments.out)
    print(result.table())
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


def task_truth(task: Task, table: object) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Rows that answer a task, and whether the answer is yes."""
    answers = table[task.column]  # type: ignore[index]
    yes = answers.isin(list(task.positive)).to_numpy()
    asked = (answers.isin(list(task.negative)) if task.negative else answers.notna()).to_numpy() | yes
    return asked, yes


def replay_seeds(space: FeatureSpace, truth: NDArray[np.bool_], strategy: str) -> tuple[ReplayRun, ...]:
    """Replays of one task from every seed."""
    return tuple(
        replay_loop(space, truth, grid=GRID, loops=LOOPS, strategy=strategy, seed=seed)
        for seed in range(SEEDS)
    )


def summary_row(task: str, features: str, strategy: str, runs: tuple[ReplayRun, ...]) -> dict[str, object]:
    """Median and range at 10 and 30 loops (or at the last, where the galaxies ran out)."""
    row: dict[str, object] = {"task": task, "features": features, "strategy": strategy}
    for number in (1, 3, 10, 30):
        entries = [run.loops[min(number, len(run.loops)) - 1] for run in runs]
        auc = Spread.of([entry.auc for entry in entries])
        row[f"auc_{number}"] = round(auc.median, 3)
        if number >= 10:
            row[f"auc_{number}_low"], row[f"auc_{number}_high"] = round(auc.low, 3), round(auc.high, 3)
            precision = [entry.average_precision for entry in entries]
            row[f"average_precision_{number}"] = round(float(np.median(precision)), 3)
            row[f"found_{number}"] = float(np.median([entry.clicks for entry in entries]))
    row["loop_at_auc_0.9"] = first_loop_at(runs, 0.9)
    row["n_pool"], row["n_never_shown"] = runs[0].n_pool, runs[0].n_test
    return row


def table_result(replays: dict[tuple[str, str, str], tuple[ReplayRun, ...]], model: str) -> BenchmarkResult:
    """All replays in the common form, the wanted figures first."""
    rows = tuple(summary_row(*key, runs) for key, runs in replays.items())
    measures = []
    spiral = replays.get(("spiral", "embedding", "default"))
    if spiral is not None:
        for number, wanted in SPIRAL_TARGETS.items():
            best = float(np.median([run.loops[number - 1].auc for run in spiral]))
            label = f"spiral, default strategy, median AUC after {number} loops"
            measures.append(Measure.at_least(label, round(best, 4), "", wanted))
    embedding = [row for row in rows if row["features"] == "embedding"]
    for row in embedding:
        if row["strategy"] == "default":
            measures.append(Measure(f"{row['task']}, default, median AUC after 30 loops", row["auc_30"]))  # type: ignore[arg-type]
            measures.append(Measure(f"{row['task']}, default, positives found in 30 loops", row["found_30"]))  # type: ignore[arg-type]
    command = f"python -m benchmarks.loop_table --model {model}"
    return BenchmarkResult(name="loop", command=command, results=tuple(measures), rows=rows)


if __name__ == "__main__":
    main()
