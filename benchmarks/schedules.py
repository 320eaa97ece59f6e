"""Does more than masked pretraining help, and does the active schedule? `python -m benchmarks.schedules`.

For each seed one network is pretrained as a masked autoencoder only (undisturbed pictures, lost pixels), and
goes on from there twice with all four tasks, uniform and active, for the same number of steps and pictures.
All three fill masks (75 % of the squares of a 16 x 16 grid) and undo the DECaLS blur of pictures that no
training saw, by the protocol of `benchmark restore`. Small on purpose: ResNet-10, views and crops of 64 px,
from random weights. A seed that is done is not done again; results in benchmarks/results/schedules.json.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from galcore.evaluate.benchmark_pictures import draw_files, held_out_files, read_framed
from galcore.evaluate.degradations import degrade, draw_mask
from galcore.evaluate.image_quality import Quality, measure_quality
from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.model.foundation import FoundationModel
from galcore.model.restorer import Restorer
from galcore.pretrain.corpus import Corpus
from galcore.pretrain.plan import PretrainingPlan, plan_from
from galcore.pretrain.run import PretrainingRun
from galcore.pretrain.simulated_corpus import SimulatedCorpus
from galcore.pretrain.streams import open_real, open_simulated
from galcore.restore.deconvolution import deconvolve
from galcore.restore.reconstruction import reconstruct
from galcore.settings import ROOT, Settings
from galcore.types import GalcoreError
from galcore.whole_files import write_json

MASK = "patches-75"
STAGES = ("input", "pretrained", "uniform", "active")
TASKS = ("reconstruct", "deconvolve")
DATA = {
    "gz1": ["gz1_sdss_6class"],
    "efigi": ["efigi_88px"],
    "pool": ["sdss_equatorial_pool"],
    "cfhtls": ["spacewarps_cfhtls_lenses", "lenszoo_guide"],
}


@dataclass(frozen=True, slots=True)
class Row:
    """One stage of one seed on one task: means over the pictures.

    Attributes:
        gain_db: PSNR over that of the input.
        shares: Share of each task in the last step.
    """

    seed: int
    stage: str
    task: str
    psnr: float
    gain_db: float
    ssim: float
    mse: float
    n: int
    steps: int
    seconds: float
    shares: str = ""


def make_plan(stage: str, seed: int, arguments: argparse.Namespace) -> PretrainingPlan:
    """Plan of one stage."""
    shared = {
        "seed": seed,
        "steps": arguments.steps,
        "pictures": arguments.pictures,
        "view_px": 64,
        "restore_px": 64,
        "memory": 1024,
        "simulated": arguments.simulated,
        "learning_rate": 1e-3,
        "data": DATA,
        "architecture": {"backbone": "resnet10t", "decoder_widths": [64, 48, 32, 24]},
    }
    if stage == "pretrained":
        return plan_from(shared | {"tasks": {"reconstruct": 1.0}, "degraded_share": 0.0}, where=stage)
    # other pictures than the first stage saw in the same step
    return plan_from(shared | {"seed": seed + 1000, "schedule": stage, "floor": arguments.floor}, where=stage)


def train(
    plan: PretrainingPlan, start: FoundationModel | None, real: Corpus, simulated: SimulatedCorpus | None
) -> tuple[PretrainingRun, float]:
    """Train one stage; the seconds it took."""
    model = FoundationModel(plan.architecture, seed=plan.seed) if start is None else copy.deepcopy(start)
    run, started = PretrainingRun(plan, model, real, simulated), time.monotonic()
    while run.share_done < 1:
        run.take_step()
        if run.step % 25 == 0:
            print(f"  {plan.schedule} {run.step}/{plan.steps}", file=sys.stderr, flush=True)
    return run, time.monotonic() - started


def measure(
    restorer: Restorer | None, task: str, pictures: list[NDArray[np.float32]], seed: int
) -> Iterator[Quality]:
    """Quality of each picture; without a restorer, of what it would be given."""
    rng = np.random.default_rng([seed, 20241])
    for picture in pictures:
        item, lost = degrade(picture, rng), draw_mask(MASK, picture.shape[-1], rng)
        if task == "reconstruct":
            given = np.where(lost, 0, item.observed)
            done = (
                given
                if restorer is None
                else _pixels(reconstruct(given, lost, kind="picture", restorer=restorer))
            )
        else:
            given = item.observed
            done = (
                given
                if restorer is None
                else _pixels(
                    deconvolve(given, item.psf, noise_sigma=item.noise, kind="picture", restorer=restorer)
                )
            )
        yield measure_quality(done, item.truth)


def _pixels(restoration: Any) -> NDArray:
    return np.asarray(restoration.pixels)


def measure_stage(
    stage: str, run: PretrainingRun | None, seconds: float, pictures: list[NDArray[np.float32]], seed: int
) -> list[Row]:
    """Rows of both tasks."""
    restorer = None if run is None else Restorer(copy.deepcopy(run.average), name=stage, device="cpu")
    rows = []
    for task in TASKS:
        found = list(measure(restorer, task, pictures, seed))
        before = list(measure(None, task, pictures, seed))
        gain_db = float(np.mean([q.psnr - b.psnr for q, b in zip(found, before, strict=True)]))
        psnr, ssim, mse = (
            float(np.mean([getattr(q, name) for q in found])) for name in ("psnr", "ssim", "mse")
        )
        shares = "" if run is None else json.dumps({k: round(v, 3) for k, v in run.schedule.shares().items()})
        steps = 0 if run is None else run.step
        rows.append(
            Row(seed, stage, task, psnr, gain_db, ssim, mse, len(found), steps, round(seconds, 1), shares)
        )
    return rows


def run_seed(
    seed: int, arguments: argparse.Namespace, real: Corpus, simulated: SimulatedCorpus | None
) -> list[Row]:
    """All stages of a seed."""
    files = draw_files(held_out_files(arguments.real), arguments.n, np.random.default_rng([seed, 7]))
    pictures = [read_framed(path) for path in files]
    rows = measure_stage("input", None, 0.0, pictures, seed)
    first, seconds = train(make_plan("pretrained", seed, arguments), None, real, None)
    rows += measure_stage("pretrained", first, seconds, pictures, seed)
    for stage in ("uniform", "active"):
        run, seconds = train(make_plan(stage, seed, arguments), first.average, real, simulated)
        rows += measure_stage(stage, run, seconds, pictures, seed)
    return rows


def summarise(rows: list[Row]) -> list[Measure]:
    """PSNR of each stage over the seeds, and whether each step of the order holds."""
    measures = []
    for task in TASKS:
        found = {
            stage: np.array([row.psnr for row in rows if row.stage == stage and row.task == task])
            for stage in STAGES
        }
        for stage, psnr in found.items():
            spread = float(psnr.std(ddof=1)) if len(psnr) > 1 else 0.0
            measures.append(
                Measure(f"{task}, {stage}: PSNR (± {spread:.2f})", round(float(psnr.mean()), 3), "dB")
            )
        for before, after in pairwise(STAGES):
            won = float((found[after] - found[before]).mean())
            least = "> 0" if after != "active" else ">= 0"
            met = won > 0 if after != "active" else won >= 0
            measures.append(Measure(f"{task}, {after} over {before}", round(won, 3), "dB", least, met))
    return measures


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=150, help="updates of each of the three stages")
    parser.add_argument("--pictures", type=int, default=128, help="in a step")
    parser.add_argument("--floor", type=float, default=0.5, help="of the active schedule")
    parser.add_argument("--n", type=int, default=60, help="held-out pictures a seed")
    parser.add_argument("--simulated", type=float, default=0.1, help="simulations over 24,000")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--real", type=Path, default=Settings.from_environment().real_data_dir)
    parser.add_argument(
        "--work", type=Path, default=ROOT / "runs/out/schedules", help="cache, finished seeds"
    )
    parser.add_argument("--cache", type=Path, help="decoded pictures and simulations; else in --work")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/schedules.json")
    return parser.parse_args()


def main() -> int:
    """Every seed that is not done yet, then the table."""
    arguments = read_arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    plan, cache = make_plan("uniform", 0, arguments), arguments.cache or arguments.work / "cache"
    try:
        real = open_real(plan, arguments.real, cache=cache)
        simulated = open_simulated(plan, cache=cache)
    except GalcoreError as error:
        print(error, file=sys.stderr)
        return 1
    settings = (
        f"{arguments.steps}-{arguments.pictures}-{arguments.n}-{arguments.floor:g}-{arguments.simulated:g}"
    )
    rows: list[Row] = []
    for seed in range(arguments.seeds):
        done = arguments.work / f"seed-{seed}-{settings}.json"
        if not done.exists():
            done.parent.mkdir(parents=True, exist_ok=True)
            write_json(done, [asdict(row) for row in run_seed(seed, arguments, real, simulated)])
        rows += [Row(**row) for row in json.loads(done.read_text(encoding="utf-8"))]
    command = (
        f"python -m benchmarks.schedules --seeds {arguments.seeds} --steps {arguments.steps} "
        f"--pictures {arguments.pictures} --n {arguments.n} --floor {arguments.floor:g} "
        f"--simulated {arguments.simulated:g}"
    )
    measures = tuple(summarise(rows))
    result = BenchmarkResult("schedules", command, measures, tuple(asdict(row) for row in rows))
    result.write(arguments.out)
    print(result.table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
