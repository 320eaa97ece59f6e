"""SimCLR (Chen et al. 2020) in its plain form, with a curve: how good the neighbours are after every epoch.

The same loop runs any objective of two views, self-distillation among them.
Temperature 0.1 and a projection to 128 numbers as in Wei et al. (2022, arXiv:2211.07168). Two views of every
picture, every picture once an epoch, one loss; no labels. Labels serve the curve only.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from galcore.model.encoder import has_fast_bfloat16
from galcore.pretrain.augmentations import Augmentation, augment
from galcore.pretrain.corpus import STORED_PX, frame_for_storage
from galcore.pretrain.objectives import contrastive_loss
from galcore.pretrain.self_distillation import SelfDistillation
from galcore.types import GalcoreError

_NEIGHBOURS = 15
_EVALUATION_BATCH = 256


@dataclass(frozen=True, slots=True)
class SimclrPlan:
    """Everything that decides how a run goes.

    Attributes:
        objective: ``simclr``, or ``dino``: self-distillation without negatives.
        size_px: Side of the views.
        batch: Pictures a step; each gives two views and has 2 (batch - 1) negatives.
        mean: Subtracted from every view, pictures running from 0 to 1.
        std: Divided by.
    """

    objective: Literal["simclr", "dino"] = "simclr"
    size_px: int = 64
    epochs: int = 12
    batch: int = 64
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    warmup_share: float = 0.05
    temperature: float = 0.1
    projection: int = 128
    seed: int = 0
    mean: tuple[float, float, float] = (0.08, 0.07, 0.07)
    std: tuple[float, float, float] = (0.12, 0.11, 0.11)
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, slots=True, eq=False)
class FramedPictures:
    """Pictures with a margin around the part that the network sees.

    Attributes:
        pictures: (N, S, S, 3) uint8.
        scales: (N,) float32 share of the stored side that the network's frame takes.
    """

    pictures: NDArray[np.uint8]
    scales: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.pictures)

    @classmethod
    def read(cls, files: list[Path]) -> FramedPictures:
        """Decode and frame picture files of any size.

        Raises:
            GalcoreError: If there is no file.
        """
        if not files:
            raise GalcoreError("no pictures to train on; give a folder of JPEG or PNG files")
        pictures = np.empty((len(files), STORED_PX, STORED_PX, 3), np.uint8)
        scales = np.empty(len(files), np.float32)
        for row, path in enumerate(files):
            with Image.open(path) as picture:
                pictures[row], scales[row] = frame_for_storage(np.asarray(picture.convert("RGB")))
        return cls(pictures, scales)

    def take(self, rows: NDArray[np.intp]) -> FramedPictures:
        """Some of them."""
        return FramedPictures(self.pictures[rows], self.scales[rows])


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One point of a curve.

    Attributes:
        epoch: 0 is the network before training.
        loss: Mean contrastive loss of the epoch; NaN before training.
        seconds: Training time so far, evaluations left out.
        knn_leave_one_out: Accuracy of the vote of the 15 nearest inside the tested split, itself left out.
        knn_train_to_test: Accuracy of the vote of the 15 nearest training pictures on the tested split.
    """

    epoch: int
    loss: float
    seconds: float
    knn_leave_one_out: float
    knn_train_to_test: float


@dataclass(frozen=True, slots=True, eq=False)
class KnnExam:
    """Labelled pictures that a network is judged on; it never learns from their labels.

    Attributes:
        labels: (N,) int class of each training picture.
        tested: Pictures never trained on.
        tested_labels: (M,) int class of each of them.
    """

    training: FramedPictures
    labels: NDArray[np.integer]
    tested: FramedPictures
    tested_labels: NDArray[np.integer]

    def score(self, network: nn.Module, plan: SimclrPlan) -> tuple[float, float]:
        """Accuracy of the vote inside the tested split, and from training to tested."""
        known = embed_pictures(network, self.training, plan)
        asked = embed_pictures(network, self.tested, plan)
        return (
            knn_accuracy(asked, self.tested_labels),
            knn_accuracy(known, self.labels, asked, self.tested_labels),
        )


def knn_accuracy(
    vectors: NDArray[np.floating],
    labels: NDArray[np.integer],
    asked: NDArray[np.floating] | None = None,
    asked_labels: NDArray[np.integer] | None = None,
    *,
    neighbours: int = _NEIGHBOURS,
) -> float:
    """Share of right answers by a vote of the nearest by cosine; ties go to the class of the nearest of them.

    Args:
        vectors: (N, D) known vectors.
        labels: (N,) class of each.
        asked: (M, D) vectors to answer for; ``None``: the known ones, each without itself (leave one out).
        asked_labels: (M,) their classes.
        neighbours: Votes; fewer where there are fewer known vectors.

    Example:
        >>> knn_accuracy(np.eye(2).repeat(3, 0), np.array([0, 0, 0, 1, 1, 1]), neighbours=2)
        1.0
    """
    known = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    queries = (
        known if asked is None else asked / np.maximum(np.linalg.norm(asked, axis=1, keepdims=True), 1e-12)
    )
    truth = labels if asked_labels is None else asked_labels
    similarity = queries @ known.T
    if asked is None:
        np.fill_diagonal(similarity, -np.inf)
    k = min(neighbours, len(known) - (asked is None))
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    votes = np.zeros((len(queries), int(max(labels.max(), truth.max())) + 1))
    for place in range(k):  # a vote is worth a little less than the one of a nearer neighbour: ties only
        votes[np.arange(len(queries)), labels[nearest[:, place]]] += 1 - 1e-6 * place
    return float((votes.argmax(axis=1) == truth).mean())


def train_simclr(
    network: nn.Module,
    pictures: FramedPictures,
    plan: SimclrPlan,
    *,
    exam: KnnExam | None = None,
    report: Callable[[EpochRow], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> tuple[EpochRow, ...]:
    """Train in place; heads are thrown away.

    Args:
        network: (B, 3, size_px, size_px) → (B, ``num_features``).
        pictures: What to learn from, without labels.
        plan: How.
        exam: What to be judged on after every epoch.
        report: Called with every point of the curve.
        cancel: Asked after every epoch; true ends the training there.

    Returns:
        The curve: the untrained network, then every epoch.

    Raises:
        GalcoreError: If there are fewer pictures than one batch holds.
    """
    if len(pictures) < plan.batch:
        raise GalcoreError(
            f"{len(pictures)} pictures do not fill one batch of {plan.batch}; take a smaller batch"
        )
    torch.manual_seed(plan.seed)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learner = _create_objective(network, plan)
    parameters = [weights for weights in learner.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=plan.learning_rate, weight_decay=plan.weight_decay)
    generator = torch.Generator().manual_seed(plan.seed)
    n_steps = plan.epochs * (len(pictures) // plan.batch)
    rows, seconds, step, loss = [], 0.0, 0, math.nan
    for epoch in range(plan.epochs + 1):
        if epoch:
            started, losses = time.monotonic(), []
            for first, second in epoch_views(pictures, plan, generator):
                for group in optimiser.param_groups:
                    group["lr"] = plan.learning_rate * cosine_factor(step / n_steps, plan.warmup_share)
                losses.append(_take_step(learner, optimiser, first, second))
                step += 1
            loss, seconds = float(np.mean(losses)), seconds + time.monotonic() - started
        inside, across = exam.score(learner.kept, plan) if exam is not None else (math.nan, math.nan)
        rows.append(EpochRow(epoch, loss, round(seconds, 1), inside, across))
        if report is not None:
            report(rows[-1])
        if cancel is not None and cancel():
            break
    if learner.kept is not network:
        network.load_state_dict(learner.kept.state_dict())
    return tuple(rows)


class Simclr(nn.Module):
    """A network and its projection head; ``forward`` gives the contrastive loss of two views.

    Attributes:
        kept: The network to use afterwards.
    """

    def __init__(self, network: nn.Module, *, projection: int = 128, temperature: float = 0.1) -> None:
        super().__init__()
        self.kept = network
        self.head = projection_head(int(network.num_features), projection)  # type: ignore[arg-type]
        self.temperature = temperature

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Loss of two views (B, 3, H, W) of the same pictures."""
        projected = self.head(self.kept(torch.cat([first, second]))).float()
        one, other = projected[: len(first)], projected[len(first) :]
        one_group = torch.zeros(len(first), dtype=torch.long)
        return contrastive_loss(one, other, one_group, temperature=self.temperature)

    def after_step(self) -> None:
        """Nothing follows a step."""


def _create_objective(network: nn.Module, plan: SimclrPlan) -> Simclr | SelfDistillation:
    if plan.objective == "dino":
        return SelfDistillation(network)
    return Simclr(network, projection=plan.projection, temperature=plan.temperature)


def projection_head(width: int, out: int) -> nn.Sequential:
    """The two-layer head of SimCLR (Chen et al. 2020, sect. 2)."""
    return nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, out))


def cosine_factor(share: float, warmup: float) -> float:
    """Learning rate over its highest value: a linear rise, then half a cosine to nothing.

    >>> cosine_factor(0.05, 0.1), cosine_factor(0.1, 0.1), round(cosine_factor(1.0, 0.1), 6)
    (0.5, 1.0, 0.0)
    """
    if share < warmup:
        return max(share / warmup, 1e-2)
    return 0.5 * (1 + math.cos(math.pi * (share - warmup) / (1 - warmup)))


def epoch_views(
    pictures: FramedPictures, plan: SimclrPlan, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Two views of every picture, batch by batch in random order; an incomplete last batch is left out."""
    order = torch.randperm(len(pictures), generator=generator).numpy()
    for start in range(0, len(order) - plan.batch + 1, plan.batch):
        rows = np.sort(order[start : start + plan.batch])
        stored = torch.from_numpy(pictures.pictures[rows]).permute(0, 3, 1, 2)
        scales = torch.from_numpy(pictures.scales[rows])
        first, second = (
            augment(stored, scales, size_px=plan.size_px, strength=plan.augmentation, generator=generator)
            for _ in range(2)
        )
        yield normalise(first, plan), normalise(second, plan)


def normalise(views: Tensor, plan: SimclrPlan) -> Tensor:
    """Views in [0, 1] as the network wants them."""
    mean, std = torch.tensor(plan.mean), torch.tensor(plan.std)
    return ((views - mean[:, None, None]) / std[:, None, None]).contiguous(memory_format=torch.channels_last)


def centre_views(pictures: FramedPictures, plan: SimclrPlan) -> Tensor:
    """(B, 3, size_px, size_px): the frame itself, nothing at random."""
    stored = torch.from_numpy(np.ascontiguousarray(pictures.pictures)).permute(0, 3, 1, 2).float() / 255
    theta = torch.zeros(len(stored), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = torch.from_numpy(np.ascontiguousarray(pictures.scales))
    grid = F.affine_grid(theta, [len(stored), 3, plan.size_px, plan.size_px], align_corners=False)
    return normalise(F.grid_sample(stored, grid, padding_mode="reflection", align_corners=False), plan)


def embed_pictures(network: nn.Module, pictures: FramedPictures, plan: SimclrPlan) -> NDArray[np.float32]:
    """(N, D) vectors by the network as it is, in full precision: an untrained one's differ by little."""
    was_training = network.training
    network.eval()
    blocks = []
    with torch.inference_mode():
        for start in range(0, len(pictures), _EVALUATION_BATCH):
            part = pictures.take(np.arange(start, min(start + _EVALUATION_BATCH, len(pictures))))
            blocks.append(network(centre_views(part, plan)).float().numpy())
    network.train(was_training)
    return np.concatenate(blocks)


def write_curves(path: Path, curves: dict[str, tuple[EpochRow, ...]], plan: SimclrPlan) -> None:
    """Curves by name and the plan, as JSON; whole or not at all."""
    content = {
        "plan": asdict(plan),
        "curves": {
            name: [{key: _finite(value) for key, value in asdict(row).items()} for row in rows]
            for name, rows in curves.items()
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".partial")
    scratch.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(scratch, path)  # noqa: PTH105 - replaces a file of that name in one step


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _half_precision() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16(torch.device("cpu")))


def _take_step(
    learner: Simclr | SelfDistillation, optimiser: torch.optim.Optimizer, first: Tensor, second: Tensor
) -> float:
    learner.train()
    with _half_precision():
        loss = learner(first, second)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_([weights for weights in learner.parameters() if weights.requires_grad], 5.0)
    optimiser.step()
    learner.after_step()
    return float(loss.detach())
