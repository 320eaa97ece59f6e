"""Pretraining on galaxies: contrasts on real pictures, structure on both, truth on simulations.

One step takes two views of a batch of real pictures and one view of a batch of simulations through the
encoder together. Losses are added; a moving average of the weights is what is kept. The schedule runs on
training seconds, not steps, so that a shared machine still ends where it should; a checkpoint every few
minutes lets a killed run go on.
"""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from galcore.model.appearance import measure_appearance
from galcore.model.augmentations import Augmentation, augment
from galcore.model.corpus import Corpus
from galcore.model.objectives import (
    HeadSizes,
    PretrainingHeads,
    ProjectionMemory,
    contrastive_loss,
    masked_binary_loss,
    masked_regression_loss,
)
from galcore.model.simulated_corpus import SimulatedCorpus
from galcore.model.small_maps import use_matrix_products


@dataclass(frozen=True, slots=True)
class PretrainingPlan:
    """Everything that decides how a run goes; stored in its checkpoint and card.

    Attributes:
        minutes: Training time; pauses and start-up do not count.
        sizes: Pairs (share of the run at which it starts, side of the views in pixels).
        quotas: Real pictures of each group in a batch.
        simulated: Simulations in a batch.
        memory: Projections of earlier steps that serve as negatives.
    """

    backbone: str = "resnet18"
    seed: int = 0
    minutes: float = 60.0
    sizes: tuple[tuple[float, int], ...] = ((0.0, 64),)
    quotas: dict[str, int] = field(default_factory=dict)
    simulated: int = 64
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.02
    warmup_share: float = 0.03
    temperature: float = 0.1
    memory: int = 4096
    weight_contrast: float = 1.0
    weight_structure: float = 2.0
    weight_binary: float = 1.0
    weight_kinds: float = 0.5
    weight_numbers: float = 0.5
    ema_decay: float = 0.995
    mean: tuple[float, float, float] = (0.08, 0.07, 0.07)
    std: tuple[float, float, float] = (0.12, 0.11, 0.11)
    augmentation: Augmentation = field(default_factory=Augmentation)


class PretrainingRun:
    """State of one run: networks, optimiser, counters.

    ``train`` goes on until the time is up or ``stopped`` is set from outside.
    """

    def __init__(
        self,
        plan: PretrainingPlan,
        network: nn.Module,
        real: Corpus,
        simulated: SimulatedCorpus | None = None,
    ) -> None:
        self.plan, self.real, self.simulated = plan, real, simulated
        torch.manual_seed(plan.seed)
        self._targets = {id(real): _self_targets(real)}
        if simulated is not None:
            self._targets[id(simulated.corpus)] = _self_targets(simulated.corpus)
        structure = self._targets[id(real)]
        sizes = HeadSizes(structure=structure.shape[1])
        if simulated is not None:
            sizes = HeadSizes(
                structure=structure.shape[1],
                binary=simulated.binary.shape[1],
                kinds=len(simulated.kind_names),
                numbers=simulated.numbers.shape[1],
            )
        use_matrix_products(network)
        self.network = network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.heads = PretrainingHeads(int(network.num_features), sizes).train()  # type: ignore[arg-type]
        self.average = copy.deepcopy(self.network)
        self.optimiser = torch.optim.AdamW(self._parameter_groups(), lr=plan.learning_rate)
        self.generator = torch.Generator().manual_seed(plan.seed)
        self.rng = np.random.default_rng(plan.seed)
        self.step, self.seconds, self.samples = 0, 0.0, 0
        self.history: list[dict[str, float]] = []
        self.stopped = False
        self.memory = ProjectionMemory(max(plan.memory, 1), sizes.contrast)
        self._centre, self._spread = structure.mean(axis=0), structure.std(axis=0) + 1e-3
        self._members = {
            group: np.flatnonzero(real.groups == index) for index, group in enumerate(real.group_names)
        }
        self._positive_weight = _balance(simulated)

    def _parameter_groups(self) -> list[dict[str, object]]:
        parameters = [*self.network.parameters(), *self.heads.parameters()]
        return [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": self.plan.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]

    @property
    def share_done(self) -> float:
        """Share of the planned training time that has passed."""
        return self.seconds / (60 * self.plan.minutes)

    @property
    def size_px(self) -> int:
        """Side of the views at this point of the run."""
        return [size for start, size in self.plan.sizes if start <= self.share_done][-1]

    def learning_rate(self) -> float:
        """Linear warm-up, then half a cosine down to nearly nothing."""
        share, warm = min(self.share_done, 1.0), self.plan.warmup_share
        if share < warm:
            return self.plan.learning_rate * (0.02 + share / warm)
        return self.plan.learning_rate * (0.01 + 0.5 * (1 + math.cos(math.pi * (share - warm) / (1 - warm))))

    def train(
        self,
        checkpoint: Path,
        *,
        save_every_s: float = 180.0,
        report: Callable[[dict[str, float]], None] = print,
    ) -> None:
        """Train until the planned time is used up, saving on the way and at the end."""
        saved = time.monotonic()
        while self.share_done < 1.0 and not self.stopped:
            started = time.monotonic()
            losses = self.take_step()
            self.seconds += min(time.monotonic() - started, 60.0)
            if self.step % 10 == 0:
                row = {
                    "step": self.step,
                    "share": self.share_done,
                    "size_px": self.size_px,
                    "samples": self.samples,
                }
                self.history.append({**row, **losses})
                report(self.history[-1])
            if time.monotonic() - saved > save_every_s:
                self.save(checkpoint)
                saved = time.monotonic()
        self.save(checkpoint)

    def take_step(self) -> dict[str, float]:
        """One update of the weights; returns the losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        loss, losses = self._losses()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_([*self.network.parameters(), *self.heads.parameters()], 5.0)
        self.optimiser.step()
        self._update_average()
        self.step += 1
        return {name: round(float(value.detach()), 4) for name, value in losses.items()} | {
            "norm": float(norm)
        }

    def _losses(self) -> tuple[Tensor, dict[str, Tensor]]:
        plan = self.plan
        chosen = np.concatenate(
            [self.rng.choice(self._members[g], n, replace=False) for g, n in plan.quotas.items() if n]
        )
        chosen.sort()
        pieces = [self._views(self.real, chosen), self._views(self.real, chosen)]
        extra = self._choose_simulated()
        if extra is not None and self.simulated is not None:
            pieces.append(self._views(self.simulated.corpus, extra))
        B = len(chosen)
        self.samples += sum(len(piece) for piece in pieces)
        with torch.autocast("cpu", torch.bfloat16):
            embedding = self.network(torch.cat(pieces).to(memory_format=torch.channels_last))
            contrast = self.heads.contrast(embedding[: 2 * B])
            structure = self.heads.structure(embedding)
        targets = [self._structure(self.real, chosen)] * 2
        if extra is not None and self.simulated is not None:
            targets.append(self._structure(self.simulated.corpus, extra))
        losses = {
            "contrast": contrastive_loss(
                contrast[:B],
                contrast[B:],
                torch.from_numpy(self.real.groups[chosen]),
                temperature=plan.temperature,
                memory=self.memory if plan.memory else None,
                pictures=torch.from_numpy(chosen),
            ),
            "structure": masked_regression_loss(structure, torch.cat(targets)),
        }
        total = plan.weight_contrast * losses["contrast"] + plan.weight_structure * losses["structure"]
        if extra is not None:
            truth = self._truth_losses(embedding[2 * B :], extra)
            total = total + plan.weight_binary * truth["binary"] + plan.weight_kinds * truth["kinds"]
            total = total + plan.weight_numbers * truth["numbers"]
            losses |= truth
        return total, losses

    def _choose_simulated(self) -> NDArray[np.int64] | None:
        if self.simulated is None or self.plan.simulated == 0:
            return None
        return np.sort(self.rng.choice(len(self.simulated.corpus), self.plan.simulated, replace=False))

    def _truth_losses(self, embedding: Tensor, chosen: NDArray[np.int64]) -> dict[str, Tensor]:
        assert self.simulated is not None
        with torch.autocast("cpu", torch.bfloat16):
            binary, kinds = self.heads.binary(embedding), self.heads.kinds(embedding)
            numbers = self.heads.numbers(embedding)
        return {
            "binary": masked_binary_loss(
                binary, torch.from_numpy(self.simulated.binary[chosen]), self._positive_weight
            ),
            "kinds": nn.functional.cross_entropy(
                kinds.float(), torch.from_numpy(self.simulated.kinds[chosen])
            ),
            "numbers": masked_regression_loss(numbers, torch.from_numpy(self.simulated.numbers[chosen])),
        }

    def _views(self, corpus: Corpus, chosen: NDArray[np.int64]) -> Tensor:
        pictures = torch.from_numpy(np.ascontiguousarray(corpus.pictures[chosen])).permute(0, 3, 1, 2)
        views = augment(
            pictures,
            torch.from_numpy(corpus.scales[chosen]),
            size_px=self.size_px,
            strength=self.plan.augmentation,
            generator=self.generator,
        )
        mean, std = torch.tensor(self.plan.mean), torch.tensor(self.plan.std)
        return (views - mean[:, None, None]) / std[:, None, None]

    def _structure(self, corpus: Corpus, chosen: NDArray[np.int64]) -> Tensor:
        scaled = (self._targets[id(corpus)][chosen] - self._centre) / self._spread
        return torch.from_numpy(np.clip(scaled, -3, 3).astype(np.float32))

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.plan.ema_decay, (1 + self.step) / (10 + self.step))
        for kept, new in zip(
            self.average.state_dict().values(), self.network.state_dict().values(), strict=True
        ):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)

    def save(self, checkpoint: Path) -> None:
        """Write the whole state under a temporary name, then rename."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "heads": self.heads.state_dict(),
            "memory": self.memory.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "rng": json.dumps(self.rng.bit_generator.state),
            "counters": {"step": self.step, "seconds": self.seconds, "samples": self.samples},
            "history": json.dumps(self.history),
            "plan": json.dumps(asdict(self.plan)),
        }
        temporary = checkpoint.with_name(f"{checkpoint.name}.{os.getpid()}.part")
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, temporary)
        temporary.replace(checkpoint)

    def resume(self, checkpoint: Path) -> None:
        """Go on from a saved state; heads of another shape start afresh, and the optimiser with them."""
        state = torch.load(checkpoint, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        own = self.heads.state_dict()
        fitting = {k: v for k, v in state["heads"].items() if own[k].shape == v.shape}
        self.heads.load_state_dict(own | fitting)
        if len(fitting) == len(own):
            self.optimiser.load_state_dict(state["optimiser"])
        if state.get("memory", {}).get("projections", torch.empty(0)).shape == self.memory.projections.shape:
            self.memory.load_state_dict(state["memory"])
        self.generator.set_state(state["generator"])
        self.rng.bit_generator.state = json.loads(state["rng"])
        counters = state["counters"]
        self.step, self.seconds, self.samples = counters["step"], counters["seconds"], counters["samples"]
        self.history = json.loads(state["history"])


def _self_targets(corpus: Corpus) -> NDArray[np.float32]:
    """What every view must give back of its undisturbed picture: structure and appearance."""
    return np.concatenate([corpus.structure, measure_appearance(corpus.pictures)], axis=1)


def _balance(simulated: SimulatedCorpus | None) -> Tensor:
    """Weight of a yes per question so that yes and no count alike (at most 8)."""
    if simulated is None:
        return torch.ones(1)
    share = np.clip(np.nanmean(simulated.binary, axis=0), 0.05, 0.95)
    return torch.tensor(np.clip((1 - share) / share, 0.125, 8.0), dtype=torch.float32)
