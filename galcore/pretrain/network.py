"""The foundation model with the heads of its pretraining, as one module that returns losses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

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
    kinds_loss,
    masked_binary_loss,
    masked_regression_loss,
    restoration_loss,
    spread_loss,
)
from galcore.pretrain.plan import PretrainingPlan

_DB_PER_E_FOLD = 10 / math.log(10)


class StepLosses(NamedTuple):
    """Losses of one step; on several processes this one's parts of them, which average to the whole.

    Attributes:
        total: What is minimised.
        parts: Every loss by name, without gradient.
    """

    total: Tensor
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
        total = torch.zeros((), device=self.positive_weight.device)
        parts: dict[str, Tensor] = {}
        for loss, named in self._each(batch):
            total = total + loss
            parts |= {key: value.detach() for key, value in named.items()}
        return StepLosses(total, parts)

    def _each(self, batch: StepBatch) -> list[tuple[Tensor, dict[str, Tensor]]]:
        found = []
        real, simulated = self._embed(batch)
        if batch.contrast is not None:
            found.append(self._contrast(batch.contrast, real))
        if batch.truth is not None:
            found.append(self._truth(batch.truth, simulated))
        with frozen_statistics(self.model.encoder):
            for name in ("reconstruct", "deconvolve"):
                degraded = getattr(batch, name)
                if degraded is not None:
                    found.append(self._restoration(name, degraded))
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

    def _contrast(self, batch: ContrastBatch, embedding: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        plan, B = self.plan, len(batch.first)
        projected = self.heads.contrast(embedding)
        contrast = contrastive_loss(
            projected[:B],
            projected[B:],
            batch.groups,
            temperature=plan.temperature,
            memory=self.memory if plan.memory else None,
            pictures=batch.pictures,
            positions=batch.positions,
        )
        structure = masked_regression_loss(
            self.heads.structure(embedding), torch.cat([batch.structure, batch.structure])
        )
        return contrast + plan.weight_structure * structure, {
            "contrast": contrast,
            "structure_real": structure,
        }

    def _truth(self, batch: TruthBatch, embedding: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        named = {
            "structure": masked_regression_loss(self.heads.structure(embedding), batch.structure),
            "binary": masked_binary_loss(self.heads.binary(embedding), batch.binary, self.positive_weight),
            "kinds": kinds_loss(self.heads.kinds(embedding), batch.kinds),
            "numbers": masked_regression_loss(self.heads.numbers(embedding), batch.numbers),
        }
        weights = truth_weights(self.plan)
        return torch.stack([weights[name] * loss for name, loss in named.items()]).sum(), named

    def _restoration(self, name: str, batch: Degraded) -> tuple[Tensor, dict[str, Tensor]]:
        restored, log_variance = self.model.restore(batch.observed, batch.prior, batch.missing)
        # of a picture with lost pixels only those count: the others are given back as they were
        counted = batch.missing if name == "reconstruct" else torch.ones_like(batch.missing)
        target, prior = batch.target * counted, batch.prior * counted
        log_error, error = restoration_loss(restored * counted, target)
        spread = spread_loss(restored, log_variance, batch.target, counted)
        loss = self.plan.weight_pixels * log_error + self.plan.weight_spread * spread
        before, _ = restoration_loss(prior, target)
        gain_db = _DB_PER_E_FOLD * (before - log_error)
        return loss, {f"{name}_mse": error, f"{name}_gain_db": gain_db, f"{name}_spread": spread}


def truth_weights(plan: PretrainingPlan) -> dict[str, float]:
    """Weights of the parts of the truth task."""
    return {
        "structure": plan.weight_structure,
        "binary": plan.weight_binary,
        "kinds": plan.weight_kinds,
        "numbers": plan.weight_numbers,
    }


def task_losses(parts: Mapping[str, float], plan: PretrainingPlan) -> dict[str, float]:
    """A positive loss of each task that took part in a step, for the schedule.

    Of the restoration tasks it is the share of the first guess's error that is left: steadier than the
    error itself.
    """
    found = {}
    if "contrast" in parts:
        found["contrast"] = parts["contrast"] + parts["structure_real"]
    if "kinds" in parts:
        found["truth"] = sum(weight * parts[name] for name, weight in truth_weights(plan).items())
    for task in ("reconstruct", "deconvolve"):
        if f"{task}_gain_db" in parts:
            found[task] = math.exp(-parts[f"{task}_gain_db"] / _DB_PER_E_FOLD)
    return found
