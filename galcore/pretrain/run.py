"""A pretraining run: one optimiser, a moving average of the weights, checkpoints to go on from."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from galcore.model.encoder import has_fast_bfloat16
from galcore.model.foundation import FoundationModel
from galcore.pretrain.batches import CHUNK, BatchSource
from galcore.pretrain.corpus import Corpus
from galcore.pretrain.network import PretrainingNetwork
from galcore.pretrain.objectives import HeadSizes
from galcore.pretrain.plan import PretrainingPlan
from galcore.pretrain.schedule import TaskSchedule
from galcore.pretrain.simulated_corpus import SimulatedCorpus
from galcore.pretrain.small_maps import use_matrix_products
from galcore.whole_files import write_whole

_LONGEST_STEP_S = 60.0  # a machine that slept does not use up the planned time


class PretrainingRun:
    """State of one run.

    ``train`` goes on until the plan is done or ``stopped`` is set from outside. Batches depend on seed and
    step only, so a run that is resumed sees what it would have seen.

    Args:
        plan: Settings.
        model: The network to train.
        real: Real pictures.
        simulated: Simulations with truth.
    """

    def __init__(
        self,
        plan: PretrainingPlan,
        model: FoundationModel,
        real: Corpus,
        simulated: SimulatedCorpus | None = None,
    ) -> None:
        self.plan = plan
        self.source = BatchSource(plan, real, simulated)
        sizes = _head_sizes(self.source.structure_dim, simulated)
        use_matrix_products(model)
        with torch.random.fork_rng():
            torch.manual_seed(plan.seed)
            self.network = PretrainingNetwork(plan, model, sizes, _balance(simulated)).train()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(model)
        self.optimiser = torch.optim.AdamW(self._parameter_groups(), lr=plan.learning_rate)
        self.schedule = TaskSchedule(plan.tasks, plan.schedule, plan.floor)
        self.step, self.seconds, self.samples = 0, 0.0, 0
        self.history: list[dict[str, float]] = []
        self.stopped = False
        self._half = has_fast_bfloat16(torch.device("cpu"))

    def _parameter_groups(self) -> list[dict[str, object]]:
        parameters = list(self.network.parameters())
        return [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": self.plan.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]

    @property
    def share_done(self) -> float:
        """Share of the plan that is done, by steps where it counts them, else by training time."""
        if self.plan.steps:
            return self.step / self.plan.steps
        return self.seconds / (60 * self.plan.minutes)

    @property
    def view_px(self) -> int:
        """Side of the views at this point of the run."""
        early = self.plan.early_view_px and self.share_done < self.plan.early_share
        return self.plan.early_view_px if early else self.plan.view_px

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
        report_every: int = 10,
        report: Callable[[dict[str, float]], None] = print,
    ) -> None:
        """Train until the plan is done, saving on the way and at the end."""
        saved = time.monotonic()
        while self.share_done < 1.0 and not self.stopped:
            started = time.monotonic()
            losses = self.take_step()
            self.seconds += min(time.monotonic() - started, _LONGEST_STEP_S)
            if self.step % report_every == 0:
                self.history.append(self._row(losses))
                report(self.history[-1])
            if time.monotonic() - saved > save_every_s:
                self.save(checkpoint)
                saved = time.monotonic()
        self.save(checkpoint)

    def _row(self, losses: dict[str, float]) -> dict[str, float]:
        left_s = self.seconds * (1 - self.share_done) / max(self.share_done, 1e-6)
        shares = {f"share_{task}": round(share, 3) for task, share in self.schedule.shares().items()}
        about = {"step": self.step, "share": round(self.share_done, 4), "samples": self.samples}
        speed = {"images_per_s": round(self.samples / max(self.seconds, 1e-6), 1), "left_s": round(left_s)}
        return {**about, **speed, **losses, **shares}

    def take_step(self) -> dict[str, float]:
        """One update of the weights; returns the losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        counts = self.schedule.counts(self.plan.pictures, multiple=CHUNK)
        batch = self.source.draw(self.step, counts, view_px=self.view_px)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            losses = self.network(batch)
        self.optimiser.zero_grad(set_to_none=True)
        losses.total.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip_norm)
        self.optimiser.step()
        self._update_average()
        self.schedule.update({task: float(loss) for task, loss in losses.tasks.items()})
        self.samples += sum(counts.values())
        self.step += 1
        return {name: round(float(value), 5) for name, value in losses.parts.items()} | {"norm": float(norm)}

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self.plan.ema_decay, (1 + self.step) / (10 + self.step))
        trained = self.network.model.state_dict().values()
        for kept, new in zip(self.average.state_dict().values(), trained, strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)

    def save(self, checkpoint: Path) -> None:
        """Write the whole state under a temporary name, then rename."""
        state: dict[str, Any] = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": json.dumps(self.schedule.state()),
            "counters": {"step": self.step, "seconds": self.seconds, "samples": self.samples},
            "history": json.dumps(self.history),
            "plan": self.plan.to_json(),
        }
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        with write_whole(checkpoint) as unfinished:
            torch.save(state, unfinished)

    def resume(self, checkpoint: Path) -> None:
        """Go on from a saved state of the same plan."""
        state = torch.load(checkpoint, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load(json.loads(state["schedule"]))
        counters = state["counters"]
        self.step, self.seconds, self.samples = counters["step"], counters["seconds"], counters["samples"]
        self.history = json.loads(state["history"])


def _head_sizes(structure: int, simulated: SimulatedCorpus | None) -> HeadSizes:
    if simulated is None:
        return HeadSizes(structure=structure)
    return HeadSizes(
        structure=structure,
        binary=simulated.binary.shape[1],
        kinds=len(simulated.kind_names),
        numbers=simulated.numbers.shape[1],
    )


def _balance(simulated: SimulatedCorpus | None) -> Tensor:
    """Weight of a yes per question so that yes and no count alike (at most 8)."""
    if simulated is None:
        return torch.ones(1)
    share = np.clip(np.nanmean(simulated.binary, axis=0), 0.05, 0.95)
    return torch.tensor(np.clip((1 - share) / share, 0.125, 8.0), dtype=torch.float32)
