"""How fast galaxies are simulated on one core: `python -m benchmarks.simulate`.

Seconds are those of the process, not of the clock, so that other work on the machine counts less.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.settings import ROOT
from galcore.simulate.population import draw_parameters
from galcore.simulate.render import render
from galcore.simulate.sample import simulate

N = 384
TARGET = 150.0
RESULT = ROOT / "benchmarks" / "results" / "simulate.json"


def images_per_second(work: Callable[[], object], n: int) -> float:
    """Best of three, after one run that is not counted."""
    work()
    took = []
    for _ in range(3):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return n / min(took)


def main() -> None:
    """Measure, print and keep the result."""
    torch.set_num_threads(1)
    measures = []
    for name in ("SDSS", "DECaLS"):
        table = draw_parameters(N, survey=name, seed=1)
        rate = images_per_second(lambda t=table, s=name: render(t, survey=s, seed=1), N)
        measures.append(Measure.at_least(f"render, {name}, 128 px, 3 bands", rate, "images/s", TARGET))
    rate = images_per_second(lambda: simulate(N, seed=1), N)
    measures.append(Measure("draw, render and colour, SDSS", rate, "images/s"))
    rate = images_per_second(lambda: simulate(64, seed=1, size_px=256), 64)
    measures.append(Measure("draw, render and colour, SDSS, 256 px", rate, "images/s"))
    result = BenchmarkResult("simulate", "python -m benchmarks.simulate", tuple(measures))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(result.to_json() + "\n", "utf-8")
    print(result.table())


if __name__ == "__main__":
    main()
