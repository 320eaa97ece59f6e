"""Contrastive networks against epoch: `python -m benchmarks.contrastive_curves [--epochs 12] [--seeds 1]`.

ResNet-18, a ViT and the fused ResNet-18 + Linformer ViT learn from the same unlabelled pictures by the same
SimCLR (Wei et al. 2022, arXiv:2211.07168). After every epoch the 15 nearest vote for the class, inside the
tested split (each picture left out in turn: their accuracy) and from the training to the tested split.

Their pictures are 3 classes of Galaxy Zoo 2; here elliptical, spiral (both directions) and edge-on of Galaxy
Zoo 1 stand in, as many of each, so that guessing gets a third.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.model.hybrid import CONTRASTIVE_NAMES, create_contrastive_network
from galcore.pretrain.knn_exam import KnnExam
from galcore.pretrain.simclr import train_simclr
from galcore.pretrain.simclr_views import FramedPictures, SimclrPlan
from galcore.settings import ROOT, Settings

CLASSES = {"elliptical": 0, "spiral_cw": 1, "spiral_acw": 1, "edge_on": 2}
CLASS_NAMES = ("elliptical", "spiral", "edge_on")
PUBLISHED = 0.947  # Wei et al. 2022, Galaxy Zoo 2, 3 classes, 15 nearest in one split; another sample


def draw_exam(real: Path, *, trained: int, tested: int, seed: int) -> KnnExam:
    """Pictures of the three classes, the same number of each as far as there are."""
    table = pd.read_csv(real / "gz1_sdss_6class" / "labels.csv", dtype={"id": str})
    table = table[table["gz1_class"].isin(list(CLASSES))].reset_index(drop=True)
    labels = table["gz1_class"].map(CLASSES).to_numpy()
    rng = np.random.default_rng(seed)
    share = (trained + tested) // len(CLASS_NAMES)
    members = [rng.permutation(np.flatnonzero(labels == each))[:share] for each in range(len(CLASS_NAMES))]
    rows = rng.permutation(np.concatenate(members))
    cut = round(len(rows) * trained / (trained + tested))
    folder = real / "gz1_sdss_6class" / "images"

    def read(part: np.ndarray) -> FramedPictures:
        return FramedPictures.read([folder / name for name in table["file"].iloc[part]])

    return KnnExam(read(rows[:cut]), labels[rows[:cut]], read(rows[cut:]), labels[rows[cut:]])


def run_curves(names: list[str], exam: KnnExam, plan: SimclrPlan, *, deadline: float) -> list[dict[str, Any]]:
    """One row a network and epoch; each network gets its share of the time until ``deadline``."""
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        until = time.monotonic() + (deadline - time.monotonic()) / (len(names) - number)
        kind, _, objective = name.partition(":")
        chosen = replace(plan, objective="dino" if objective == "dino" else "simclr")
        network = create_contrastive_network(kind, plan.size_px, plan.seed)
        n_parameters = sum(weights.numel() for weights in network.parameters())
        about = {"network": name, "seed": plan.seed, "parameters": n_parameters}
        curve = train_simclr(
            network,
            exam.training,
            chosen,
            exam=exam,
            report=lambda row: print(row, flush=True),
            cancel=lambda until=until: time.monotonic() > until,
        )
        rows += [{**about, **{key: round(value, 4) for key, value in asdict(row).items()}} for row in curve]
    return rows


def summarise(rows: list[dict[str, Any]], exam: KnnExam) -> tuple[Measure, ...]:
    """Last epoch of each network, mean over seeds, beside the share of the largest class."""
    floor = float(np.bincount(exam.tested_labels).max() / len(exam.tested_labels))
    measures = [Measure("share of the largest class (floor)", round(floor, 3))]
    frame = pd.DataFrame(rows)
    last = frame[frame["epoch"] == frame.groupby(["network", "seed"])["epoch"].transform("max")]
    for name, group in last.groupby("network", sort=False):
        for column, words in (
            ("knn_leave_one_out", "15 nearest inside the tested split, leave one out"),
            ("knn_train_to_test", "15 nearest, training to tested"),
        ):
            measures.append(Measure(f"{name}: {words}", round(float(group[column].mean()), 3)))
    measures.append(Measure("published, hybrid, Galaxy Zoo 2 3 classes (not the same pictures)", PUBLISHED))
    return tuple(measures)


def main() -> None:
    """Train the networks one after the other and write their curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--networks",
        default="resnet18,vit,hybrid",
        help=f"of {', '.join(CONTRASTIVE_NAMES)}; with :dino by self-distillation",
    )
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--trained", type=int, default=1600, help="unlabelled pictures to learn from")
    parser.add_argument("--tested", type=int, default=800, help="pictures never trained on")
    parser.add_argument("--size", type=int, default=48, help="side of the views in pixels")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=11, help="no epoch starts later than this")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--real", type=Path, default=Settings.from_environment().real_data_dir)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/contrastive_curves.json")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    started = time.monotonic()
    rows: list[dict[str, Any]] = []
    exam = draw_exam(arguments.real, trained=arguments.trained, tested=arguments.tested, seed=0)
    for seed in range(arguments.seeds):
        plan = SimclrPlan(size_px=arguments.size, epochs=arguments.epochs, seed=seed)
        deadline = started + 60 * arguments.minutes * (seed + 1) / arguments.seeds
        rows += run_curves(arguments.networks.split(","), exam, plan, deadline=deadline)
    command = "python -m benchmarks.contrastive_curves " + " ".join(
        f"--{name} {getattr(arguments, name)}"
        for name in ("networks", "epochs", "trained", "tested", "size", "seeds")
    )
    result = BenchmarkResult("contrastive_curves", command, summarise(rows, exam), tuple(rows))
    result.write(arguments.out)
    print(result.table())
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
