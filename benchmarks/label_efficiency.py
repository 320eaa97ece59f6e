"""Labels needed for AUC 0.9: `python -m benchmarks.label_efficiency [--tasks spiral,edge_on] [--minutes 10]`.

The encoder stays frozen and a linear probe learns from n labels; beside it the same network, with random
weights, is trained from scratch, all of it, on n labels of the same framed pictures, turned at random. It
sees them at 64 px, a quarter of the work of 128 px; `--size 0` gives it the encoder's own input.
Figures are medians over seeds; labels come from one half of the galaxies, the other half is only scored.

From scratch begins at ten times the labels that the frozen encoder needs: below AUC 0.9 there, it goes on to
twice as many, and above it, to half as many. When labels or time run out first, the figure is a bound and is
written as one.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks.probe_table import TASKS, Task, read_set
from galcore.evaluate.probe import draw_labels, score_draw, split_halves
from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.model.checkpoints import list_models, load_encoder
from galcore.model.encoder import Encoder
from galcore.model.finetune import FinetunePlan, Mode, finetune
from galcore.model.foreign import create_backbone
from galcore.settings import ROOT, Settings

AUC, RATIO = 0.9, 10
PROBE_LABELS = (4, 6, 8, 10, 12, 16, 20, 28, 40, 56, 80, 112, 160, 320, 640)
FROZEN, SCRATCH = "frozen encoder, linear probe", "same network from scratch"
_MOST_TESTED = 600  # galaxies that a trained network is scored on
_EMBEDDING_BATCH = 128


@dataclass(frozen=True, slots=True)
class Row:
    """One way of learning from one number of labels; AUROC over seeds."""

    task: str
    method: str
    labels: int
    auroc_median: float
    auroc_low: float
    auroc_high: float
    seeds: int
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A task: pictures as the network sees them, (N, S, S, 3) uint8, and the answers, (N,)."""

    name: str
    pictures: NDArray[np.uint8]
    truth: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trainer:
    """How networks are trained here: which one, on how many pixels, for how long."""

    encoder: Encoder
    backbone: str
    size_px: int
    steps: int
    batch: int

    def score(self, question: Question, n_labels: int, seed: int, mode: Mode = "all") -> float:
        """AUROC after training on ``n_labels``."""
        train, test = split_halves(question.truth, seed=seed)
        chosen = draw_labels(question.truth, train, n_labels, seed=seed)
        if len(test) > _MOST_TESTED:
            test = np.random.default_rng(seed).choice(test, _MOST_TESTED, replace=False)
        if mode == "all":
            network = create_backbone(self.backbone, seed=seed)
        else:
            network = load_encoder(self.encoder.name, device="cpu").network
        plan = FinetunePlan(mode=mode, steps=self.steps, batch=self.batch, seed=seed)
        answers = torch.from_numpy(question.truth[chosen].astype(np.int64))
        known, asked = self.images(question, chosen), self.images(question, test)
        if mode == "all":  # a fresh network has no normalisation of its own yet
            mean, std = known.mean(dim=(0, 2, 3), keepdim=True), known.std(dim=(0, 2, 3), keepdim=True)
            known, asked = (known - mean) / std, (asked - mean) / std
        classifier = finetune(network, known, answers, plan)
        scores = classifier.probabilities(asked)[:, 1]
        return float(roc_auc_score(question.truth[test], scores.numpy()))

    def images(self, question: Question, rows: NDArray[np.intp]) -> torch.Tensor:
        """(n, 3, size_px, size_px) float32."""
        images = as_input(question.pictures[rows], self.encoder)
        if images.shape[-1] == self.size_px:
            return images
        return F.interpolate(images, size=(self.size_px, self.size_px), mode="bilinear", antialias=True)


def read_question(task: Task, real: Path, encoder: Encoder) -> Question:
    """Framed pictures of everything that answers the task."""
    table, pictures = read_set(real / task.folder)
    answers = table[task.column]
    yes = answers.isin(list(task.positive)).to_numpy()
    no = answers.isin(list(task.negative)) if task.negative else answers.notna()
    asked = np.flatnonzero(yes | no.to_numpy())
    framed = np.stack([encoder.preprocessing.crop(pictures[row]) for row in asked])
    return Question(task.name, framed, yes[asked])


def as_input(pictures: NDArray[np.uint8], encoder: Encoder) -> torch.Tensor:
    """(N, 3, S, S) float32 as the encoder's preprocessing leaves them."""
    mean, std = torch.tensor(encoder.preprocessing.mean), torch.tensor(encoder.preprocessing.std)
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    return (images - mean[:, None, None]) / std[:, None, None]


def embed(question: Question, encoder: Encoder) -> NDArray[np.float32]:
    """(N, D) frozen vectors."""
    starts = range(0, len(question.pictures), _EMBEDDING_BATCH)
    blocks = [
        encoder.encode(as_input(question.pictures[start : start + _EMBEDDING_BATCH], encoder))
        for start in starts
    ]
    return torch.cat(blocks).numpy()


def probe_rows(question: Question, vectors: NDArray[np.float32], seeds: int) -> list[Row]:
    """The frozen encoder from few labels up, until two numbers in a row are enough."""
    rows: list[Row] = []
    for n_labels in PROBE_LABELS:
        started = time.monotonic()
        scores = [score_draw(vectors, question.truth, [n_labels], seed, None)[0] for seed in range(seeds)]
        rows.append(make_row(question.name, FROZEN, n_labels, scores, started))
        if len(rows) > 1 and min(rows[-1].auroc_median, rows[-2].auroc_median) >= AUC:
            break
    return rows


def scratch_rows(question: Question, trainer: Trainer, first: int, seeds: int, deadline: float) -> list[Row]:
    """From scratch: up from ``first`` labels until AUC is reached, or down from there while it is."""
    half = len(split_halves(question.truth)[0])
    rows: list[Row] = []
    n_labels = min(first, half)
    while n_labels >= 4 and time.monotonic() < deadline:
        started = time.monotonic()
        scores = [trainer.score(question, n_labels, seed) for seed in range(seeds)]
        rows.append(make_row(question.name, SCRATCH, n_labels, scores, started))
        turned = len({row.auroc_median >= AUC for row in rows}) == 2
        if turned or (rows[-1].auroc_median < AUC and n_labels == half):
            break
        n_labels = n_labels // 2 if rows[-1].auroc_median >= AUC else min(2 * n_labels, half)
    return sorted(rows, key=lambda row: row.labels)


def make_row(task: str, method: str, n_labels: int, scores: list[float], started: float) -> Row:
    """Median and range, printed as they come."""
    row = Row(
        task,
        method,
        n_labels,
        round(float(np.median(scores)), 4),
        round(min(scores), 4),
        round(max(scores), 4),
        len(scores),
        round(time.monotonic() - started, 1),
    )
    print(row, flush=True)
    return row


def fewest_labels(rows: list[Row], method: str) -> int | None:
    """Smallest number of labels whose median AUROC is enough."""
    enough = [row.labels for row in rows if row.method == method and row.auroc_median >= AUC]
    return min(enough, default=None)


def summarise(task: str, rows: list[Row]) -> list[Measure]:
    """Labels either way, and their ratio; a bound where from scratch never got there."""
    frozen, scratch = fewest_labels(rows, FROZEN), fewest_labels(rows, SCRATCH)
    tried = max((row.labels for row in rows if row.method == SCRATCH), default=0)
    bound = scratch is None
    needed = tried if scratch is None else scratch
    words = f"{task}: labels for AUC {AUC}, {SCRATCH}" + (" (more than)" if bound else "")
    ratio = f"{task}: labels from scratch over labels of the frozen encoder" + (
        " (more than)" if bound else ""
    )
    return [
        Measure(f"{task}: labels for AUC {AUC}, {FROZEN}", frozen),
        Measure(words, needed or None),
        Measure.at_least(ratio, None if not frozen or not needed else round(needed / frozen, 1), "", RATIO),
    ]


def finetune_rows(question: Question, trainer: Trainer, n_labels: int, seeds: int) -> list[Row]:
    """The shipped encoder with a trained head, and unfrozen stage by stage, at the labels the probe needs."""
    rows = []
    modes: tuple[tuple[Mode, str], ...] = (("head", "head only"), ("progressive", "unfrozen stage by stage"))
    for mode, words in modes:
        started = time.monotonic()
        scores = [trainer.score(question, n_labels, seed, mode) for seed in range(seeds)]
        rows.append(make_row(question.name, f"shipped encoder, {words}", n_labels, scores, started))
    return rows


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="galcore-tiny", help="a shipped model")
    parser.add_argument("--tasks", default="spiral,edge_on", help=f"of {', '.join(t.name for t in TASKS)}")
    parser.add_argument(
        "--seeds", type=int, default=3, help="trainings from scratch at each number of labels"
    )
    parser.add_argument("--probe-seeds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=300, help="updates from scratch")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=64, help="input from scratch in px; 0: the encoder's own")
    parser.add_argument("--minutes", type=float, default=10, help="no training starts later than this")
    parser.add_argument("--fine-tune", action="store_true", help="also fine-tune the shipped encoder")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--real", type=Path, default=Settings.from_environment().real_data_dir)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/label_efficiency.json")
    return parser.parse_args()


def main() -> None:
    """Run every task within the time."""
    arguments = read_arguments()
    torch.set_num_threads(arguments.threads)
    started = time.monotonic()
    encoder = load_encoder(arguments.model, device="cpu")
    backbone = next(card.backbone for card in list_models() if card.name == arguments.model)
    own_px = encoder.preprocessing.glimpse_px or encoder.preprocessing.size_px
    size_px = arguments.size or own_px
    trainer = Trainer(encoder, backbone, size_px, arguments.steps, arguments.batch)
    tasks = [task for task in TASKS if task.name in arguments.tasks.split(",")]
    rows: list[Row] = []
    measures: list[Measure] = []
    for number, task in enumerate(tasks, start=1):
        question = read_question(task, arguments.real, encoder)
        found = probe_rows(question, embed(question, encoder), arguments.probe_seeds)
        enough = fewest_labels(found, FROZEN) or PROBE_LABELS[-1]
        deadline = started + 60 * arguments.minutes * number / len(tasks)
        found += scratch_rows(question, trainer, RATIO * enough, arguments.seeds, deadline)
        if arguments.fine_tune:
            found += finetune_rows(question, trainer, enough, arguments.seeds)
        rows += found
        measures += summarise(task.name, found)
    command = (
        f"python -m benchmarks.label_efficiency --model {arguments.model} --tasks {arguments.tasks} "
        f"--seeds {arguments.seeds} --steps {arguments.steps} --size {size_px} "
        f"--minutes {arguments.minutes:g}"
    )
    result = BenchmarkResult("label_efficiency", command, tuple(measures), tuple(asdict(row) for row in rows))
    result.write(arguments.out)
    print(result.table())
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
