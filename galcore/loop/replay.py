"""Replay of the loop against known answers: what would have happened, grid by grid.

The policy and the learner are those of the live loop; only the person is replaced by a truth column. A third
of the galaxies is never offered, and the model is judged on those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.evaluate.metrics import auroc, average_precision
from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.loop.choice import Candidates
from galcore.loop.policy import GridPolicy, Model, fit_model
from galcore.loop.space import FeatureSpace
from galcore.types import GalcoreError, Shares

STRATEGIES: dict[str, Shares] = {
    "default": Shares(),
    "top": Shares(top=1.0, margin=0.0, random=0.0),
    "margin": Shares(top=0.0, margin=1.0, random=0.0),
    "random": Shares(top=0.0, margin=0.0, random=1.0),
}
TEST_FRACTION = 1 / 3


@dataclass(frozen=True, slots=True)
class ReplayLoop:
    """State after one submitted grid.

    Attributes:
        loop: Grids submitted so far, from 1.
        shown: Galaxies shown so far.
        clicks: Positives clicked so far, which is positives found.
        auc: AUROC on galaxies never shown; 0.5 while the clicks make no model.
        average_precision: Average precision on the same galaxies.
    """

    loop: int
    shown: int
    clicks: int
    auc: float
    average_precision: float


@dataclass(frozen=True, slots=True)
class ReplayRun:
    """One replay from one seed.

    Attributes:
        strategy: Name of the strategy.
        seed: Of the split, the campaign and the pages.
        loops: One a submitted grid; fewer than asked for when the galaxies ran out.
        n_pool: Galaxies that could be shown.
        n_test: Galaxies never shown.
    """

    strategy: str
    seed: int
    loops: tuple[ReplayLoop, ...]
    n_pool: int
    n_test: int

    def first_loop_at(self, auc: float) -> int | None:
        """First loop whose AUC reaches a value; ``None`` if none does."""
        return next((entry.loop for entry in self.loops if entry.auc >= auc), None)


def replay_loop(
    space: FeatureSpace,
    truth: NDArray[np.bool_],
    *,
    grid: int = 9,
    loops: int = 30,
    strategy: str = "default",
    seed: int = 0,
    lag: int = 1,
    test_fraction: float = TEST_FRACTION,
    shares: Shares | None = None,
) -> ReplayRun:
    """Annotate by truth, one grid after the other.

    Args:
        space: Features of the N galaxies.
        truth: (N,) true where the answer is the wanted one.
        grid: Galaxies a grid.
        loops: Grids submitted.
        strategy: One of ``STRATEGIES``.
        seed: Of the split, the campaign and the pages.
        lag: 1 as in the dashboard, where the next grid waits already and was composed one submission
            earlier; 0: every grid comes from the model that knows all clicks.
        test_fraction: Share of the galaxies that are never offered.
        shares: Instead of those of the strategy.

    Raises:
        GalcoreError: If the strategy is unknown, or either answer is missing.
    """
    if strategy not in STRATEGIES:
        raise GalcoreError(f"--strategy {strategy}: choose one of {', '.join(STRATEGIES)}")
    test = held_out(truth, test_fraction, seed)
    rng = np.random.default_rng([seed, 1])
    policy = GridPolicy(shares=shares or STRATEGIES[strategy], space=space, seed=seed)
    order, nobody = rng.permutation(len(truth)), np.zeros(len(truth), bool)
    available = ~test
    explicit = np.zeros((len(truth), 2), np.int32)
    implied = np.zeros_like(explicit)
    model, carried = Model(), (0.0, 0.0, 0.0)
    waiting: list[NDArray[np.intp]] = []
    history: list[ReplayLoop] = []
    for number in range(1, loops + 1):
        while len(waiting) <= lag:
            candidates = Candidates(available, nobody, order)
            votes = explicit + implied
            picks, carried = policy.choose(candidates, model, grid, votes=votes, carried=carried, rng=rng)
            rows = np.array([pick.row for pick in picks], dtype=np.intp)
            available[rows] = False
            waiting.append(rows)
        rows = waiting.pop(0)
        if len(rows) == 0:
            break
        explicit[rows[truth[rows]], 0] = 1  # the wanted ones are clicked
        implied[rows[~truth[rows]], 1] = 1  # the rest is implied by submitting
        model = fit_model(space, explicit, implied, previous=model)
        history.append(_judge(number, model, truth, test, explicit, implied))
    return ReplayRun(strategy, seed, tuple(history), int((~test).sum()), int(test.sum()))


def held_out(truth: NDArray[np.bool_], fraction: float, seed: int) -> NDArray[np.bool_]:
    """Galaxies that are never offered: the same share of either answer, at least one of each.

    Raises:
        GalcoreError: If there are fewer than two galaxies of either answer, or the share is not within 0-1.
    """
    if not 0 < fraction < 1:
        raise GalcoreError(f"--test-fraction {fraction}: give a share between 0 and 1")
    test = np.zeros(len(truth), bool)
    rng = np.random.default_rng([seed, 0])
    for answer in (True, False):
        rows = np.flatnonzero(truth == answer)
        if len(rows) < 2:
            which = "positive" if answer else "negative"
            raise GalcoreError(f"a replay needs at least two {which} galaxies, the column has {len(rows)}")
        count = min(max(round(fraction * len(rows)), 1), len(rows) - 1)
        test[rng.choice(rows, count, replace=False)] = True
    return test


def _judge(
    number: int,
    model: Model,
    truth: NDArray[np.bool_],
    test: NDArray[np.bool_],
    explicit: NDArray[np.int32],
    implied: NDArray[np.int32],
) -> ReplayLoop:
    scores = np.zeros(int(test.sum())) if model.probabilities is None else model.probabilities[test, 0]
    return ReplayLoop(
        loop=number,
        shown=int(explicit.sum() + implied.sum()),
        clicks=int(explicit.sum()),
        auc=auroc(truth[test], scores),
        average_precision=average_precision(truth[test], scores),
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and range over seeds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(float(np.median(values)), float(np.min(values)), float(np.max(values)))


def first_loop_at(runs: Sequence[ReplayRun], auc: float) -> int | None:
    """First loop at which the median AUC over seeds reaches a value; ``None`` if it never does."""
    for number in range(1, 1 + min(len(run.loops) for run in runs)):
        if np.median([run.loops[number - 1].auc for run in runs]) >= auc:
            return number
    return None


def replay_result(
    runs: Sequence[ReplayRun], *, name: str, command: str, targets: Mapping[int, float] | None = None
) -> BenchmarkResult:
    """Replays of one task from several seeds in the common form, one row a loop.

    Args:
        runs: One a seed.
        name: Name of the benchmark.
        command: Command that makes it again.
        targets: Median AUC wanted at a loop.
    """
    n_loops = min(len(run.loops) for run in runs)
    rows = tuple(_row(number, [run.loops[number - 1] for run in runs]) for number in range(1, n_loops + 1))
    reached = first_loop_at(runs, 0.9)
    measures = [
        Measure("loop at which the median AUC first reaches 0.9", reached, "loops"),
        Measure(f"median AUC after {n_loops} loops", rows[-1]["auc"]),
        Measure(f"median positives found after {n_loops} loops", rows[-1]["positives_found"]),
        Measure("galaxies never shown, on which AUC is measured", float(runs[0].n_test)),
        Measure("galaxies that could be shown", float(runs[0].n_pool)),
    ]
    for number, wanted in (targets or {}).items():
        if number <= n_loops:
            label = f"median AUC after {number} loops"
            measures.append(Measure.at_least(label, rows[number - 1]["auc"], "", wanted))
    return BenchmarkResult(name=name, command=command, results=tuple(measures), rows=rows)


def _row(number: int, entries: Sequence[ReplayLoop]) -> dict[str, float]:
    """Medians over seeds under the plain name, the range under ``_low`` and ``_high``."""
    row: dict[str, float] = {"loop": number, "shown": float(np.median([entry.shown for entry in entries]))}
    for name, values in (
        ("clicks", [entry.clicks for entry in entries]),
        ("positives_found", [entry.clicks for entry in entries]),
        ("auc", [entry.auc for entry in entries]),
        ("average_precision", [entry.average_precision for entry in entries]),
    ):
        spread = Spread.of(values)
        row[name] = round(spread.median, 4)
        row[f"{name}_low"], row[f"{name}_high"] = round(spread.low, 4), round(spread.high, 4)
    return row


def known_truth(column: pd.Series, positive: str, negative: str | None) -> tuple[NDArray, NDArray]:
    """Rows of a column that answer a yes/no question.

    Values are compared as text and, where both are numbers, as numbers: ``1`` matches ``1.0``. Empty and NaN
    mean unknown and are left out.

    Args:
        column: (N,) values of the catalogue column.
        positive: Value of the wanted answer.
        negative: Value of the other; ``None``: every other known value.

    Returns:
        (N,) whether the row answers, and (N,) whether it is positive.
    """
    text = column.astype("string").fillna("").str.strip()
    if column.dtype == bool:
        text, positive, negative = text.str.lower(), positive.lower(), negative and negative.lower()
    numbers = pd.to_numeric(column if column.dtype == bool else text, errors="coerce").to_numpy(
        float, na_value=np.nan
    )
    known = (text != "").to_numpy(bool) & ~text.str.lower().isin(["nan", "none", "<na>"]).to_numpy(bool)

    def matches(value: str) -> NDArray[np.bool_]:
        same = (text == value.strip()).to_numpy(bool)
        number = pd.to_numeric(value, errors="coerce")
        return known & (same | (numbers == number))

    is_positive = matches(positive)
    answers = known if negative is None else is_positive | matches(negative)
    return answers, is_positive
