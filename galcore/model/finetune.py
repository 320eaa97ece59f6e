"""Teaching a network a question from labels: its head only, more and more of it, or all of it from scratch.

Three things go wrong with few labels, and each is dealt with here:

- a fresh head of usual size shakes the encoder before it knows anything: it starts small, and alone;
- batch normalisation measures its statistics on a handful of pictures, and its momentum is made for runs of
  many thousand steps: frozen where weights are good already, measured once more over all pictures after a
  network was trained from scratch;
- the whole network learns the few labels by heart: below about a thousand labels leave the encoder frozen
  (Walmsley et al. 2022, arXiv:2110.12735).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from galcore.model.encoder import has_fast_bfloat16
from galcore.types import GalcoreError

Mode = Literal["head", "progressive", "all"]
_HEAD_STD = 0.01
_SCORING_BATCH = 256


@dataclass(frozen=True, slots=True)
class FinetunePlan:
    """How to learn.

    Attributes:
        mode: ``head`` leaves the network frozen; ``progressive`` frees its last stage after a third of the
            steps and the one before after two; ``all`` trains everything at once, as from scratch.
        steps: Updates.
        batch: Pictures an update; drawn with replacement where there are fewer.
        learning_rate: Of the network, in ``all``; its stages in ``progressive`` take a tenth of it and less.
        head_learning_rate: Of the head.
        seed: Of the head's weights, of the order and of the augmentation.
    """

    mode: Mode = "head"
    steps: int = 200
    batch: int = 32
    learning_rate: float = 1e-3
    head_learning_rate: float = 3e-3
    weight_decay: float = 0.02
    seed: int = 0


class Classifier(nn.Module):
    """A network and a linear head of its own.

    Attributes:
        network: (B, 3, H, W) → (B, D).
        head: (B, D) → (B, K) logits, of vectors that were centred and brought to a common scale.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, network: nn.Module, width: int, n_answers: int, *, seed: int = 0) -> None:
        super().__init__()
        self.network = network
        self.head = nn.Linear(width, n_answers)
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("spread", torch.ones(()))
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self.head.weight.normal_(0, _HEAD_STD, generator=generator)
            self.head.bias.zero_()

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, K) logits."""
        return self.head((self.network(images).float().flatten(1) - self.centre) / self.spread)

    @torch.no_grad()
    def measure_scale(self, images: Tensor) -> None:
        """Take centre and spread from the vectors of these images: a head learns badly from a far offset."""
        with _half_precision():
            vectors = self.network(images.contiguous(memory_format=torch.channels_last)).float().flatten(1)
        self.centre.copy_(vectors.mean(dim=0))
        self.spread.copy_((vectors - self.centre).square().mean().sqrt().clamp(min=1e-6))

    @torch.no_grad()
    def probabilities(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, K), in batches, as the network stands after training."""
        self.eval()
        blocks = []
        with _half_precision():
            for start in range(0, len(images), _SCORING_BATCH):
                batch = images[start : start + _SCORING_BATCH].contiguous(memory_format=torch.channels_last)
                blocks.append(self(batch).float().softmax(dim=1))
        return torch.cat(blocks)


def finetune(network: nn.Module, images: Tensor, answers: Tensor, plan: FinetunePlan) -> Classifier:
    """Learn a question in place.

    The loss gives every answer the same total weight. Pictures are turned, mirrored and zoomed at random.

    Args:
        network: (B, 3, H, W) → (B, D); its weights change unless the mode is ``head``.
        images: (N, 3, H, W) as the network wants them.
        answers: (N,) int, 0 to K - 1.
        plan: How.

    Returns:
        The network with its new head, in evaluation mode.

    Raises:
        GalcoreError: If all answers are the same, or there are not as many as images.
    """
    if len(images) != len(answers):
        raise GalcoreError(f"{len(images)} images but {len(answers)} answers")
    counts = torch.bincount(answers)
    if int((counts > 0).sum()) < 2:
        raise GalcoreError("all labels give the same answer; at least one galaxy of another is needed")
    network.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    with torch.no_grad():
        width = network(images[:1]).flatten(1).shape[1]
    classifier = Classifier(network, width, len(counts), seed=plan.seed)
    if plan.mode != "all":
        classifier.measure_scale(images[:_SCORING_BATCH])
    weights = torch.where(counts > 0, len(answers) / (counts.clamp(min=1) * (counts > 0).sum()), 0.0)
    generator = torch.Generator().manual_seed(plan.seed)
    stages = split_stages(network)
    optimiser = _optimiser(classifier, stages, plan)
    highest = [group["lr"] for group in optimiser.param_groups]
    for step in range(plan.steps):
        _set_training(classifier, stages, plan, step / plan.steps)
        rows = _draw_rows(len(images), plan.batch, generator)
        for group, top in zip(optimiser.param_groups, highest, strict=True):
            group["lr"] = top * 0.5 * (1 + math.cos(math.pi * step / plan.steps)) * min(1.0, (step + 1) / 10)
        views = turn_at_random(images[rows], generator).contiguous(memory_format=torch.channels_last)
        with _half_precision():
            logits = classifier(views)
        loss = F.cross_entropy(logits.float(), answers[rows], weight=weights)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(list(classifier.parameters()), 5.0)
        optimiser.step()
    if plan.mode == "all":
        settle_batch_norm(network, images, batch=plan.batch)
    return classifier.eval().requires_grad_(False)


@torch.no_grad()
def settle_batch_norm(network: nn.Module, images: Tensor, *, batch: int) -> None:
    """Measure the statistics of batch normalisation as a plain mean over batches (Wu & Johnson 2021).

    The running ones lag behind: at timm's momentum a tenth of their start is left after 20 steps.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    network.train()
    for start in range(0, max(len(images) - batch // 2, 1), batch):
        with _half_precision():
            network(images[start : start + batch].contiguous(memory_format=torch.channels_last))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def split_stages(network: nn.Module) -> list[nn.Module]:
    """Parts of a network from input to output, as its author divided it; single wrappers are looked into."""
    while True:
        children = [child for child in network.children() if any(True for _ in child.parameters())]
        if len(children) == 1:
            network = children[0]
            continue
        return children or [network]


def turn_at_random(images: Tensor, generator: torch.Generator) -> Tensor:
    """Any rotation, a mirror image for half of them, up to a tenth of zoom; the sky has no up."""
    B = len(images)
    angle = 2 * math.pi * torch.rand(B, generator=generator)
    zoom = 0.9 + 0.2 * torch.rand(B, generator=generator)
    mirror = torch.where(torch.rand(B, generator=generator) < 0.5, 1.0, -1.0)
    cosine, sine, nothing = zoom * torch.cos(angle), zoom * torch.sin(angle), torch.zeros(B)
    rows = [
        torch.stack([cosine * mirror, -sine, nothing], 1),
        torch.stack([sine * mirror, cosine, nothing], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def _optimiser(classifier: Classifier, stages: list[nn.Module], plan: FinetunePlan) -> torch.optim.Optimizer:
    groups = [{"params": list(classifier.head.parameters()), "lr": plan.head_learning_rate}]
    if plan.mode == "all":
        groups.append({"params": list(classifier.network.parameters()), "lr": plan.learning_rate})
    if plan.mode == "progressive":
        for depth, stage in enumerate(reversed(stages[-2:])):
            rate = plan.learning_rate * 0.1 * 0.3**depth
            groups.append({"params": list(stage.parameters()), "lr": rate})
    return torch.optim.AdamW(groups, weight_decay=plan.weight_decay)


def _set_training(classifier: Classifier, stages: list[nn.Module], plan: FinetunePlan, share: float) -> None:
    """What may change at this point of the run."""
    everything = plan.mode == "all"
    classifier.network.train(everything).requires_grad_(everything)
    if plan.mode == "progressive":
        for stage in stages[len(stages) - min(int(3 * share), 2) :]:
            stage.requires_grad_(True)
    classifier.head.train().requires_grad_(True)


def _draw_rows(n_rows: int, wanted: int, generator: torch.Generator) -> Tensor:
    if n_rows <= wanted:
        return torch.randint(n_rows, (wanted,), generator=generator)
    return torch.randperm(n_rows, generator=generator)[:wanted]


def _half_precision() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16(torch.device("cpu")))
