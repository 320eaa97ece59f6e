"""What learning a whole decision tree costs: `python -m benchmarks.tree_latency`.

Galaxies are answered by turns in a campaign of yes or no and in some with the ten questions of GZD-5, on the
same 10,000 galaxies with 500 of them labelled before; every fit is part of the turn. Times are those of the
process, not of the clock, so that other work on the machine counts less; the ratio matters.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.labels.store import LabelStore
from galcore.loop import trainer
from galcore.loop.session import CampaignLoop
from galcore.loop.simulated_answers import simulate_paths
from galcore.loop.timing import clustered_vectors
from galcore.questions import built_in_trees, read_tree
from galcore.settings import ROOT
from galcore.types import ALL_QUESTIONS, Campaign, EventKind, Grid, LabelEvent

N_GALAXIES, N_LABELLED, N_TURNS, DIMENSION = 10_000, 500, 20, 512
TREE = built_in_trees()["gzd5"]
_TREE_CAMPAIGN = Campaign("", "Tree", "?", read_tree(TREE).root.answers, mode="tree", tree=TREE)
CAMPAIGNS = {
    "yes or no": Campaign("simple", "Simple", "Is it wanted?", ("yes", "no")),
    "GZD-5, for its first question": replace(_TREE_CAMPAIGN, campaign_id="first"),
    "GZD-5, for bars": replace(_TREE_CAMPAIGN, campaign_id="bar", focus="bar"),
    "GZD-5, for all questions": replace(_TREE_CAMPAIGN, campaign_id="all", focus=ALL_QUESTIONS),
}
Paths = list[dict[str, str]]


def answers_to(campaign: Campaign, rows: list[int], paths: Paths, grid: Grid | None) -> list[LabelEvent]:
    """Every answer about some galaxies."""
    return [
        LabelEvent(
            str(uuid.uuid4()), campaign.campaign_id, f"galaxy-{row:05d}", "annotator", EventKind.LABEL,
            answer,
            grid_id=grid.grid_id if grid else "", question=question,
        )
        for row in rows
        for question, answer in paths[row].items()
    ]  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of the process."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1e3


class Work:
    """One campaign at work.

    Attributes:
        took: (whole grids, single answers) in milliseconds.
    """

    def __init__(self, campaign: Campaign, store: LabelStore, vectors: NDArray, paths: Paths) -> None:
        self.campaign = store.create_campaign(replace(campaign, name=campaign.campaign_id))
        self.store, self.paths = store, paths
        ids = np.array([f"galaxy-{row:05d}" for row in range(N_GALAXIES)])
        labelled = np.random.default_rng(1).choice(N_GALAXIES, N_LABELLED, replace=False).tolist()
        store.append(answers_to(campaign, labelled, paths, None))
        self.loop = CampaignLoop(campaign, store, ids, vectors)
        self.loop.grids("annotator")
        self.took: tuple[list[float], list[float]] = ([], [])

    def turn(self) -> None:
        """A grid answered at once, then a galaxy answer by answer."""
        grid = self.loop.grids("annotator")[0]
        rows = [int(item.galaxy_id[-5:]) for item in grid.items]
        events = answers_to(self.campaign, rows, self.paths, grid)
        self.took[0].append(timed(lambda: self.answer(events)))
        grid = self.loop.grids("annotator")[0]
        for event in answers_to(self.campaign, [int(grid.items[0].galaxy_id[-5:])], self.paths, grid):
            self.took[1].append(timed(lambda event=event: self.answer([event])))

    def answer(self, events: list[LabelEvent]) -> None:
        """Store and have the next grids ready."""
        self.store.append(events)
        self.loop.grids("annotator")


def measure(folder: Path) -> dict[str, tuple[float, float]]:
    """Median milliseconds of a grid and of an answer in each campaign."""
    vectors, wanted = clustered_vectors(N_GALAXIES, DIMENSION)
    kinds = np.random.default_rng(0).integers(40, size=N_GALAXIES)
    walked = simulate_paths(read_tree(TREE), kinds)
    simple = [{"": "yes" if each else "no"} for each in wanted]
    with LabelStore.open(folder / "labels.duckdb") as store:
        works = {
            name: Work(campaign, store, vectors, simple if campaign.mode == "binary" else walked)
            for name, campaign in CAMPAIGNS.items()
        }
        for _ in range(N_TURNS):
            for work in works.values():
                work.turn()
        for work in works.values():
            work.loop.close()
    return {
        name: (float(np.median(work.took[0])), float(np.median(work.took[1]))) for name, work in works.items()
    }


def main() -> None:
    """Measure, print and keep the result."""
    trainer.FIT_BUDGET_S = float("inf")  # a slow fit is not left to a thread, where it would not be counted
    with tempfile.TemporaryDirectory() as folder:
        took = measure(Path(folder))
    grid, answer = took["yes or no"]
    measures = [
        Measure("yes or no, 16 galaxies answered at once, median", round(grid, 1), "ms of the process"),
        Measure("yes or no, one answer, median", round(answer, 1), "ms of the process"),
    ]
    for name, (whole, single) in list(took.items())[1:]:
        label = f"{name}, against yes or no"
        measures.append(Measure.at_most(f"{label}, one answer", round(single / answer, 2), "times", 2.0))
        measures.append(Measure(f"{label}, 16 galaxies at once", round(whole / grid, 2), "times"))
    result = BenchmarkResult("tree_latency", "python -m benchmarks.tree_latency", tuple(measures))
    result.write(ROOT / "benchmarks" / "results" / "tree_latency.json")
    print(result.table())


if __name__ == "__main__":
    main()
