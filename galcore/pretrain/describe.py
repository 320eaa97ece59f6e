"""What a plan would train, without data: weights, arithmetic per picture, pictures per step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from galcore.model.foundation import FoundationModel
from galcore.model.priors import fill_missing
from galcore.pretrain.batches import CHUNK
from galcore.pretrain.plan import PretrainingPlan
from galcore.pretrain.schedule import TaskSchedule


@dataclass(frozen=True, slots=True)
class Description:
    """Facts of a plan.

    Attributes:
        backbone: timm name.
        encoder: Weights of the encoder.
        decoder: Weights of the decoder.
        embed_flops: Floating point operations to embed one picture of ``view_px`` (a multiplication and an
            addition count two).
        restore_flops: The same to restore one of ``restore_px``.
        step_flops: Of one step: forward once, backward twice.
        counts: Pictures of each task in a step, as the run begins.
    """

    backbone: str
    encoder: int
    decoder: int
    view_px: int
    restore_px: int
    embed_flops: float
    restore_flops: float
    step_flops: float
    counts: dict[str, int]

    def to_text(self) -> str:
        """The facts for a person."""
        pictures = sum(self.counts.values())
        shares = ", ".join(f"{task} {count}" for task, count in self.counts.items())
        return "\n".join(
            [
                f"network      {self.backbone} with a mask band, and a decoder",
                f"weights      {(self.encoder + self.decoder) / 1e6:.1f} M"
                f" (encoder {self.encoder / 1e6:.1f} M, decoder {self.decoder / 1e6:.1f} M)",
                f"embed        {self.embed_flops / 1e9:.2f} GFLOP a picture of {self.view_px} px",
                f"restore      {self.restore_flops / 1e9:.2f} GFLOP a picture of {self.restore_px} px",
                f"step         {pictures} pictures ({shares}), {self.step_flops / 1e12:.2f} TFLOP",
            ]
        )


def describe(plan: PretrainingPlan) -> Description:
    """Count weights and operations of a plan."""
    model = FoundationModel(plan.architecture, seed=plan.seed).eval()
    picture = torch.zeros(1, 3, plan.view_px, plan.view_px)
    small = torch.zeros(1, 3, plan.restore_px, plan.restore_px)
    nothing = small[:, :1]
    embed = _count(lambda: model.embed(picture))
    prior = fill_missing(small, nothing)
    restore = _count(lambda: model.restore(small, prior, nothing))
    counts = TaskSchedule(plan.tasks).counts(plan.pictures, multiple=CHUNK)
    views = counts.get("contrast", 0) + counts.get("truth", 0)
    crops = counts.get("reconstruct", 0) + counts.get("deconvolve", 0)
    return Description(
        backbone=plan.architecture.backbone,
        encoder=_weights(model.encoder),
        decoder=_weights(model.decoder),
        view_px=plan.view_px,
        restore_px=plan.restore_px,
        embed_flops=embed,
        restore_flops=restore,
        step_flops=3 * (views * embed + crops * restore),
        counts=counts,
    )


def _weights(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _count(forward: Callable[[], object]) -> float:
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        forward()
    return float(counter.get_total_flops())
