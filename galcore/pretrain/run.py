"""A pretraining run: one optimiser, a moving average of the weights, checkpoints to go on from."""

from __future__ import annotations

import copy
import json
import math
import pickle
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from galcore.model.encoder import has_fast_bfloat16
from galcore.model.foundation import FoundationModel
from galcore.pretrain.batches import CHUNK, BatchSource, move
from galcore.pretrain.corpus import Corpus
from galcore.pretrain.network import PretrainingNetwork, task_losses
from galcore.pretrain.objectives import HeadSizes
from galcore.pretrain.plan import TASKS, PretrainingPlan
from galcore.pretrain.processes import Processes, share_batch_norm
from galcore.pretrain.schedule import TaskSchedule
from galcore.pretrain.simulated_corpus import SimulatedCorpus
from galcore.pretrain.small_maps import use_matrix_products
from galcore.types import CancelCheck, GalcoreError
from galcore.whole_files import write_whole

_LONGEST_STEP_S = 60.0  # a machine that slept does not use up the planned time


class PretrainingRun:
    """State of one run.

    ``train`` goes on until the plan is done or ``stopped`` is set from outside. Batches and all other
    randomness depend on seed and step only, so a run that is resumed sees what it would have seen, and
    several processes together see what one would.

    Args:
        plan: Settings.
        model: The network to train.
        real: Real pictures.
        simulated: Simulations with truth.
        processes: This process among those that share the run, and its device.
        compiled: Let ``torch.compile`` fuse encoder and decoder: worth its minutes on a GPU only.
    """

    def __init__(
        self,
        plan: PretrainingPlan,
        model: FoundationModel,
        real: Corpus,
        simulated: SimulatedCorpus | None = None,
        *,
        processes: Processes | None = None,
        compiled: bool = False,
    ) -> None:
        self.plan, self.processes = plan, processes or Processes()
        self.device = self.processes.device
        self.source = BatchSource(plan, real, simulated, rank=self.processes.rank, world=self.processes.world)
        tasks = {
            task: share for task, share in plan.tasks.items() if simulated is not None or task != "truth"
        }
        self.schedule = TaskSchedule(tasks, plan.schedule, plan.floor)
        if self.device.type == "cpu":
            use_matrix_products(model)
        sizes = _head_sizes(self.source.structure_dim, simulated)
        with torch.random.fork_rng():
            torch.manual_seed(plan.seed)
            network = PretrainingNetwork(plan, model, sizes, _balance(simulated)).train()
        if plan.trained == "decoder":
            network.model.encoder.requires_grad_(False)
        self.average = copy.deepcopy(model).to(self.device)
        network = share_batch_norm(network, self.processes).to(self.device)  # type: ignore[assignment]
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimiser = torch.optim.AdamW(self._parameter_groups(), lr=plan.learning_rate)
        self.step, self.seconds, self.samples = 0, 0.0, 0
        self.history: list[dict[str, float]] = []
        self.stopped = False
        self._half = has_fast_bfloat16(self.device)
        self._forward = self._wrap(compiled)

    def _wrap(self, compiled: bool) -> nn.Module:
        if compiled:  # in place: names of weights stay
            self.network.model.encoder.compile()
            self.network.model.decoder.compile()
        if self.processes.world == 1:
            return self.network
        everything = set(self.schedule.base) == set(TASKS) and all(self.schedule.base.values())
        with warnings.catch_warnings():  # the keyword has another name from PyTorch 2.13 on
            warnings.filterwarnings("ignore", message=".*broadcast_buffers", category=FutureWarning)
            return nn.parallel.DistributedDataParallel(
                self.network,
                broadcast_buffers=False,  # they are the same everywhere already
                find_unused_parameters=not everything,  # heads of tasks that the plan leaves out
            )

    def _parameter_groups(self) -> list[dict[str, object]]:
        parameters = [p for p in self.network.parameters() if p.requires_grad]
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
        saved: Callable[[], None] | None = None,
        cancel: CancelCheck = lambda: False,
    ) -> None:
        """Train until the plan is done, saving on the way and at the end.

        Args:
            checkpoint: File that the first process writes.
            save_every_s: Seconds between checkpoints.
            report_every: Steps between reports.
            report: Told the row of a step; a checkpoint that is due is written after it.
            saved: Called after each checkpoint on the way.
            cancel: Asked after every step; any process's yes stops all.
        """
        saved_at = time.monotonic()
        while self.share_done < 1.0 and not self.stopped:
            started = time.monotonic()
            losses = self.take_step()
            taken_s = min(time.monotonic() - started, _LONGEST_STEP_S)
            agreed = self.processes.mean({"taken_s": taken_s, "stopped": float(self.stopped or cancel())})
            self.seconds += agreed["taken_s"]
            self.stopped = agreed["stopped"] > 0
            if self.step % report_every == 0:
                self.history.append(self._row(losses))
                report(self.history[-1])
            if time.monotonic() - saved_at >= save_every_s:
                self.save(checkpoint)
                if saved is not None:
                    saved()
                saved_at = time.monotonic()
        self.save(checkpoint)

    def _row(self, losses: dict[str, float]) -> dict[str, float]:
        left_s = self.seconds * (1 - self.share_done) / max(self.share_done, 1e-6)
        shares = {f"share_{task}": round(share, 3) for task, share in self.schedule.shares().items()}
        about = {"step": self.step, "share": round(self.share_done, 4), "samples": self.samples}
        speed = {"images_per_s": round(self.samples / max(self.seconds, 1e-6), 1), "left_s": round(left_s)}
        return {**about, **speed, **losses, **shares}

    def take_step(self) -> dict[str, float]:
        """One update of the weights; returns the losses over all processes."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate()
        counts = self.schedule.counts(self.plan.pictures, multiple=CHUNK, least=self._least_counts())
        batch = move(self.source.draw(self.step, counts, view_px=self.view_px), self.device)
        # what a network draws at random (stochastic depth) must not depend on what happened before
        torch.manual_seed(_step_seed(self.plan.seed, self.step, self.processes.rank))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._half):
            losses = self._forward(batch)
        self.optimiser.zero_grad(set_to_none=True)
        losses.total.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip_norm)
        self.optimiser.step()
        self._update_average()
        parts = self.processes.mean({name: float(value) for name, value in losses.parts.items()})
        self.schedule.update(task_losses(parts, self.plan))
        self.samples += sum(counts.values())
        self.step += 1
        return {name: round(value, 5) for name, value in parts.items()} | {"norm": round(float(norm), 5)}

    def _least_counts(self) -> dict[str, int]:
        """Every process has a chunk of every task; a contrast counts two pictures."""
        world = self.processes.world
        return {task: CHUNK * world * (2 if task == "contrast" and world > 1 else 1) for task in TASKS}

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
        """Write the whole state under a temporary name, then rename; the first process does it."""
        if self.processes.rank:
            return
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
        """Go on from a saved state of the same plan.

        Raises:
            GalcoreError: If the file is not a checkpoint of such a run.
        """
        state = read_checkpoint(checkpoint)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load(json.loads(state["schedule"]))
        counters = state["counters"]
        self.step, self.seconds, self.samples = counters["step"], counters["seconds"], counters["samples"]
        self.history = json.loads(state["history"])


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What :meth:`PretrainingRun.save` wrote; numbers and text only, no code is run.

    Raises:
        GalcoreError: If the file is damaged or something else.
    """
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0]
        raise GalcoreError(f"{path}: not a checkpoint of a pretraining run ({reason})") from error
    return dict(state)


def _step_seed(*parts: int) -> int:
    return int(np.random.SeedSequence(parts).generate_state(1)[0])


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
