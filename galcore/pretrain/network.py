"""The foundation model with the heads of its pretraining, as one module that returns losses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from galcore.model.foundation import FoundationModel
from galcore.pretrain.batches import ContrastBatch, StepBatch, TruthBatch
from galcore.pretrain.degradations import Degraded
from galcore.pretrain.objectives import (
    HeadSizes,
    PretrainingHeads,
    ProjectionMemory,
    contrastive_loss,
    masked_binary_loss,
    masked_regression_loss,
    restoration_loss,
    spread_loss,
)
from galcore.pretrain.plan import PretrainingPlan

_DB_PER_E_FOLD = 10 / math.log(10)


@dataclass(frozen=True, slots=True)
class StepLosses:
    """Losses of one step.

    Attributes:
        total: What is minimised.
        tasks: A positive loss of each task, for the schedule.
        parts: Every loss by name, for the log.
    """

    total: Tensor
    tasks: dict[str, Tensor]
    parts: dict[str, Tensor]


@contextmanager
def frozen_statistics(network: nn.Module) -> Iterator[None]:
    """Batch normalisation by its running statistics, which are not updated.

    Masked and blurred images must not move the statistics that undisturbed pictures are encoded with.
    """
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.training]
    for norm in norms:
        norm.eval()
    try:
        yield
    finally:
        for norm in norms:
            norm.train()


class PretrainingNetwork(nn.Module):
    """Foundation model, heads and memory.

    Args:
        plan: Settings of the run.
        model: The foundation model.
        sizes: Outputs of the heads.
        positive_weight: (T,) weight of a yes per question of the truth task.
    """

    positive_weight: Tensor

    def __init__(
        self, plan: PretrainingPlan, model: FoundationModel, sizes: HeadSizes, positive_weight: Tensor
    ) -> None:
        super().__init__()
        self.plan, self.model = plan, model
        self.heads = PretrainingHeads(model.embedding_dim, sizes)
        self.memory = ProjectionMemory(max(plan.memory, 1), sizes.contrast)
        self.register_buffer("positive_weight", positive_weight, persistent=False)

    def forward(self, batch: StepBatch) -> StepLosses:
        """Losses of one step."""
        total = torch.zeros(())
        tasks: dict[str, Tensor] = {}
        parts: dict[str, Tensor] = {}
        for name, loss, task_loss, named in self._each(batch):
            total = total + loss
            tasks[name] = task_loss.detach()
            parts |= {key: value.detach() for key, value in named.items()}
        return StepLosses(total, tasks, parts)

    def _each(self, batch: StepBatch) -> list[tuple[str, Tensor, Tensor, dict[str, Tensor]]]:
        found = []
        real, simulated = self._embed(batch)
        if batch.contrast is not None:
            found.append(("contrast", *self._contrast(batch.contrast, real)))
        if batch.truth is not None:
            found.append(("truth", *self._truth(batch.truth, simulated)))
        with frozen_statistics(self.model.encoder):
            for name in ("reconstruct", "deconvolve"):
                degraded = getattr(batch, name)
                if degraded is not None:
                    found.append((name, *self._restoration(name, degraded)))
        return found

    def _embed(self, batch: StepBatch) -> tuple[Tensor, Tensor]:
        """Embeddings of real views and of simulations, in one pass so that they share batch statistics."""
        views = [] if batch.contrast is None else [batch.contrast.first, batch.contrast.second]
        n_real = sum(len(part) for part in views)
        views += [] if batch.truth is None else [batch.truth.views]
        if not views:
            return torch.empty(0), torch.empty(0)
        embedding = self.model.embed(torch.cat(views))
        return embedding[:n_real], embedding[n_real:]

    def _contrast(self, batch: ContrastBatch, embedding: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        plan, B = self.plan, len(batch.first)
        projected = self.heads.contrast(embedding)
        contrast = contrastive_loss(
            projected[:B],
            projected[B:],
            batch.groups,
            temperature=plan.temperature,
            memory=self.memory if plan.memory else None,
            pictures=batch.pictures,
        )
        structure = masked_regression_loss(
            self.heads.structure(embedding), torch.cat([batch.structure, batch.structure])
        )
        named = {"contrast": contrast, "structure_real": structure}
        return contrast + plan.weight_structure * structure, contrast + structure, named

    def _truth(self, batch: TruthBatch, embedding: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        plan = self.plan
        named = {
            "structure": masked_regression_loss(self.heads.structure(embedding), batch.structure),
            "binary": masked_binary_loss(self.heads.binary(embedding), batch.binary, self.positive_weight),
            "kinds": nn.functional.cross_entropy(self.heads.kinds(embedding).float(), batch.kinds),
            "numbers": masked_regression_loss(self.heads.numbers(embedding), batch.numbers),
        }
        loss = (
            plan.weight_structure * named["structure"]
            + plan.weight_binary * named["binary"]
            + plan.weight_kinds * named["kinds"]
            + plan.weight_numbers * named["numbers"]
        )
        return loss, loss, named

    def _restoration(self, name: str, batch: Degraded) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        restored, log_variance = self.model.restore(batch.observed, batch.prior, batch.missing)
        log_error, error = restoration_loss(restored, batch.target)
        spread = spread_loss(restored, log_variance, batch.target)
        loss = self.plan.weight_pixels * log_error + self.plan.weight_spread * spread
        before = torch.log((batch.prior - batch.target).square().mean(dim=(1, 2, 3)) + 1e-6).mean()
        left = torch.exp(log_error - before)  # of the first guess's error; steadier than the error itself
        gain_db = _DB_PER_E_FOLD * (before - log_error)
        return loss, left, {f"{name}_mse": error, f"{name}_gain_db": gain_db, f"{name}_spread": spread}
