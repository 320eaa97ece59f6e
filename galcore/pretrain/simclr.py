"""SimCLR (Chen et al. 2020) in its plain form, with a curve: how good the neighbours are after every epoch.

The same loop runs any objective of two views, self-distillation among them.
Temperature 0.1 and a projection to 128 numbers as in Wei et al. (2022, arXiv:2211.07168). Two views of every
picture, every picture once an epoch, one loss; no labels. Labels serve the curve only.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from galcore.model.encoder import has_fast_bfloat16
from galcore.pretrain.knn_exam import KnnExam
from galcore.pretrain.objectives import contrastive_loss
from galcore.pretrain.self_distillation import SelfDistillation
from galcore.pretrain.simclr_views import FramedPictures, SimclrPlan, epoch_views
from galcore.types import GalcoreError
from galcore.whole_files import write_json


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
    write_json(path, content)


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
