"""The whole measurement: workspace, server, crowd, comparison; told in the form of every benchmark."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.load.crowd import LoadPlan, run_crowd
from galcore.load.outcome import ACK_LIMIT_MS, GROWTH_LIMIT_MB, NEXT_LIMIT_MS, Outcome, read_kept
from galcore.load.server import DashboardServer
from galcore.load.sky import CAMPAIGN, WORKSPACE, make_sky


def measure_load(plan: LoadPlan, *, n_galaxies: int, tell: Callable[[str], None] = lambda _: None) -> Outcome:
    """Make a workspace, serve it, let the crowd work on it, stop the server and look into the label store.

    Args:
        plan: What the crowd does.
        n_galaxies: Galaxies in the workspace.
        tell: Told how it goes.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = make_sky(folder / "workspaces" / WORKSPACE, n_galaxies)
        tell(f"a workspace of {n_galaxies:,} galaxies is made")
        # The crowd has a thread of its own: whoever measures may have an event loop already.
        with (
            DashboardServer(folder / "workspaces", folder / "server.log") as server,
            ThreadPoolExecutor(1, thread_name_prefix="crowd") as thread,
        ):
            crowd = thread.submit(asyncio.run, run_crowd(server, plan, wanted, tell)).result()
        kept = read_kept(folder / "workspaces" / WORKSPACE, CAMPAIGN, crowd.said, crowd.tabs)
        return Outcome.of(crowd, plan, kept)


def load_result(outcome: Outcome, *, command: str) -> BenchmarkResult:
    """Figures with their targets; one row a sample of the server."""
    plan, found = outcome.plan, outcome.figures
    people = f"{plan.annotators} annotators"
    kills = f", {plan.kills} kills" if plan.kills else ""
    measures = [
        Measure.at_most(f"acknowledged answers lost, {people}{kills}", found["lost"], "answers", 0),
        Measure.at_most("answers that never arrived", found["missing"], "answers", 0),
        Measure.at_most("answers stored twice", found["doubled"], "answers", 0),
        Measure.at_most("answers stored as something else", found["changed"], "answers", 0),
        Measure.at_most("galaxies given to more people than asked for", found["overfull"], "galaxies", 0),
        Measure("submit to acknowledged, median", found["ack_p50_ms"], "ms"),
        _limited("submit to acknowledged, 95th percentile", found["ack_p95_ms"], ACK_LIMIT_MS, plan),
        _limited(
            "submit to a grid composed after it, 95th percentile", found["next_p95_ms"], NEXT_LIMIT_MS, plan
        ),
        Measure("people without a grid, all together", found["without_grid_s"], "s"),
        Measure("answers acknowledged", found["labels_per_s"], "labels/s"),
        Measure("memory of the server at the start", found["rss_start_mb"], "MiB"),
        Measure("memory of the server at the end", found["rss_mb"], "MiB"),
        Measure("memory of the server, most", found["rss_peak_mb"], "MiB"),
        _limited(
            "growth of memory per 10,000 labels, last third", found["rss_growth_mb"], GROWTH_LIMIT_MB, plan
        ),
        Measure("processor time of the server per grid", found["server_cpu_ms_per_grid"], "ms"),
        Measure("processor time of the clients per grid", found["client_cpu_ms_per_grid"], "ms"),
        Measure("cores that the server had on average", found["server_cores"], "cores"),
        Measure("versions of the model that chose grids", found["models"], ""),
    ]
    if plan.browsers:
        beside = f"{plan.browsers} browsers beside them"
        measures += [
            Measure.at_most(f"answers that {beside} called saved, lost", found["browser_lost"], "answers", 0),
            Measure.at_most(
                f"answers of {beside} that never arrived", found["browser_missing"], "answers", 0
            ),
            Measure(f"answers that {beside} saved", found["browser_saved"], "answers"),
        ]
    rows = tuple(asdict(sample) for sample in outcome.samples)
    return BenchmarkResult("load", command, tuple(measures), rows)


def _limited(metric: str, value: float | None, limit: float, plan: LoadPlan) -> Measure:
    """Times have targets only where nobody kills the server."""
    unit = "ms" if "submit" in metric else "MiB"
    return Measure(metric, value, unit) if plan.kills else Measure.at_most(metric, value, unit, limit)
