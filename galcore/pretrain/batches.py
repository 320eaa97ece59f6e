"""The pictures of one step, drawn so that step, task and seed alone decide them.

Every sixteen pictures (a chunk) have their own random numbers. A run that was killed, or that is shared by
several processes, therefore sees the same pictures as one that was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from galcore.pretrain.appearance import measure_appearance
from galcore.pretrain.augmentations import augment
from galcore.pretrain.corpus import Corpus
from galcore.pretrain.degradations import PATCH_SHARE, Degraded, blur, lose_pixels
from galcore.pretrain.plan import TASKS, PretrainingPlan
from galcore.pretrain.simulated_corpus import SimulatedCorpus

CHUNK = 16
_PSF_MARGIN_PX = 12
_SMALLEST_SCALE = 0.5


@dataclass(frozen=True, slots=True)
class ContrastBatch:
    """Two views of real pictures.

    Attributes:
        first: (B, 3, H, W) one view.
        second: (B, 3, H, W) another.
        groups: (B,) int group of each picture.
        pictures: (B,) int identity of each picture.
        positions: (B,) int place in the batch of all processes.
        structure: (B, T) what each view must give back of its picture.
    """

    first: Tensor
    second: Tensor
    groups: Tensor
    pictures: Tensor
    positions: Tensor
    structure: Tensor


@dataclass(frozen=True, slots=True)
class TruthBatch:
    """One view of simulations, with what is true of them."""

    views: Tensor
    structure: Tensor
    binary: Tensor
    kinds: Tensor
    numbers: Tensor


@dataclass(frozen=True, slots=True)
class StepBatch:
    """What one process does in one step; None where a task has no pictures."""

    contrast: ContrastBatch | None
    truth: TruthBatch | None
    reconstruct: Degraded | None
    deconvolve: Degraded | None


def move(batch: StepBatch, device: torch.device) -> StepBatch:
    """The same batch on another device."""

    def moved(part: Any) -> Any:
        if part is None:
            return None
        tensors = (getattr(part, entry.name) for entry in fields(part))
        return type(part)(*(tensor.to(device, non_blocking=True) for tensor in tensors))

    return StepBatch(*(moved(getattr(batch, entry.name)) for entry in fields(batch)))


class BatchSource:
    """Draws the batches of a run.

    Args:
        plan: Settings of the run.
        real: Real pictures, no labels.
        simulated: Simulations with truth; needed where the plan has the truth task.
        rank: This process among ``world``.
        world: Number of processes that share each step.
    """

    def __init__(
        self,
        plan: PretrainingPlan,
        real: Corpus,
        simulated: SimulatedCorpus | None,
        *,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.plan, self.real, self.simulated = plan, real, simulated
        self.rank, self.world = rank, world
        self._view_px = plan.view_px
        structure = _self_targets(real)
        self._centre, self._spread = structure.mean(axis=0), structure.std(axis=0) + 1e-3
        self._targets = {"real": self._scale(structure)}
        if simulated is not None:
            self._targets["simulated"] = self._scale(_self_targets(simulated.corpus))
        self._members = {
            name: np.flatnonzero(real.groups == index) for index, name in enumerate(real.group_names)
        }

    @property
    def structure_dim(self) -> int:
        """Number of structure and appearance targets."""
        return self._targets["real"].shape[1]

    def draw(self, step: int, counts: Mapping[str, int], *, view_px: int = 0) -> StepBatch:
        """This process's part of a step.

        Args:
            step: Number of the step.
            counts: Pictures of each task over all processes, multiples of ``CHUNK``.
            view_px: Side of the views; 0: as planned.
        """
        self._view_px = view_px or self.plan.view_px
        n = {task: counts.get(task, 0) for task in TASKS}
        return StepBatch(
            contrast=self._contrast(step, n["contrast"]) if n["contrast"] else None,
            truth=self._truth(step, n["truth"]) if n["truth"] and self.simulated else None,
            reconstruct=self._restoration(step, "reconstruct", n["reconstruct"]),
            deconvolve=self._restoration(step, "deconvolve", n["deconvolve"]),
        )

    def _scale(self, targets: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.clip((targets - self._centre) / self._spread, -3, 3).astype(np.float32)

    def _rng(self, step: int, task: str) -> np.random.Generator:
        return np.random.default_rng([self.plan.seed, step, TASKS.index(task)])

    def _chunks(self, step: int, task: str, chosen: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], int]]:
        """This process's chunks of the chosen pictures, each with the seed of its random numbers."""
        pieces = [chosen[start : start + CHUNK] for start in range(0, len(chosen), CHUNK)]
        rng = self._rng(step, task)
        seeds = rng.integers(0, 2**62, size=len(pieces) + 1)[1:]
        return list(zip(pieces, seeds.tolist(), strict=True))[self.rank :: self.world]

    def _contrast(self, step: int, count: int) -> ContrastBatch | None:
        chosen = self._choose_real(step, max(count // 2 // CHUNK, 1) * CHUNK)
        parts = self._chunks(step, "contrast", chosen)
        if not parts:
            return None
        views = [(self._views(self.real, c, s), self._views(self.real, c, s + 1)) for c, s in parts]
        mine = np.concatenate([c for c, _ in parts])
        return ContrastBatch(
            first=torch.cat([first for first, _ in views]),
            second=torch.cat([second for _, second in views]),
            groups=torch.from_numpy(self.real.groups[mine]),
            pictures=torch.from_numpy(mine),
            positions=torch.from_numpy(self._places(len(chosen))),
            structure=torch.from_numpy(self._targets["real"][mine]),
        )

    def _places(self, total: int) -> NDArray[np.int64]:
        """Where this process's pictures stand among all that were chosen."""
        places = [np.arange(start, min(start + CHUNK, total)) for start in range(0, total, CHUNK)]
        return np.concatenate(places[self.rank :: self.world])

    def _choose_real(self, step: int, n: int) -> NDArray[np.int64]:
        """Real pictures by the quotas of the plan, mixed."""
        rng = self._rng(step, "contrast")
        quotas = dict(self.plan.quotas) or {name: len(m) for name, m in self._members.items()}
        total = sum(quotas.values())
        edges = np.round(np.cumsum([n * share / total for share in quotas.values()])).astype(int)
        sizes = np.diff(np.concatenate([[0], edges]))
        chosen = [
            rng.choice(self._members[name], size, replace=size > len(self._members[name]))
            for name, size in zip(quotas, sizes, strict=True)
        ]
        return rng.permutation(np.concatenate(chosen))

    def _truth(self, step: int, count: int) -> TruthBatch | None:
        assert self.simulated is not None
        chosen = _choose(self._rng(step, "truth"), len(self.simulated.corpus), count)
        parts = self._chunks(step, "truth", chosen)
        if not parts:
            return None
        mine = np.concatenate([c for c, _ in parts])
        return TruthBatch(
            views=torch.cat([self._views(self.simulated.corpus, c, s) for c, s in parts]),
            structure=torch.from_numpy(self._targets["simulated"][mine]),
            binary=torch.from_numpy(self.simulated.binary[mine]),
            kinds=torch.from_numpy(self.simulated.kinds[mine]),
            numbers=torch.from_numpy(self.simulated.numbers[mine]),
        )

    def _views(self, corpus: Corpus, chosen: NDArray[np.int64], seed: int) -> Tensor:
        return augment(
            _read(corpus, chosen),
            torch.from_numpy(corpus.scales[chosen]),
            size_px=self._view_px,
            strength=self.plan.augmentation,
            generator=torch.Generator().manual_seed(seed),
        )

    def _restoration(self, step: int, task: str, count: int) -> Degraded | None:
        """Half of the pictures real, half simulated where there are any."""
        parts = []
        for chunk, seed in self._chunks(step, task, np.arange(count)):
            use_simulated = self.simulated is not None and (chunk[0] // CHUNK) % 2 == 1
            corpus = self.simulated.corpus if use_simulated and self.simulated else self.real
            chosen = _choose(np.random.default_rng([seed, 1]), len(corpus), len(chunk))
            parts.append(self._degrade(task, corpus, chosen, seed))
        if not parts:
            return None
        names = ("observed", "prior", "missing", "target")
        return Degraded(*(torch.cat([getattr(part, name) for part in parts]) for name in names))

    def _degrade(self, task: str, corpus: Corpus, chosen: NDArray[np.int64], seed: int) -> Degraded:
        generator = torch.Generator().manual_seed(seed)
        scale = _SMALLEST_SCALE + (1 - _SMALLEST_SCALE) * torch.rand(1, generator=generator).item()
        margin = _PSF_MARGIN_PX if task == "deconvolve" else 0
        target = crop_and_turn(
            _read(corpus, chosen).float() / 255.0, self.plan.restore_px + 2 * margin, scale, generator
        )
        if task == "reconstruct":
            patch_px = max(round(self.plan.view_px * PATCH_SHARE), 1)
            return lose_pixels(target, patch_px, generator, degraded_share=self.plan.degraded_share)
        whole = blur(target, generator)
        inside = slice(margin, margin + self.plan.restore_px)
        return Degraded(
            *(t[..., inside, inside] for t in (whole.observed, whole.prior, whole.missing, whole.target))
        )


def crop_and_turn(pictures: Tensor, size_px: int, scale: float, generator: torch.Generator) -> Tensor:
    """A random crop at a random scale, turned by quarters and mirrored.

    Args:
        pictures: (B, C, H, W).
        size_px: Side of the crops.
        scale: Pixels of the picture per pixel of the crop, inverted: 0.5 halves the resolution. Raised
            where the picture would become smaller than the crop.
        generator: Source of all randomness.

    Returns:
        (B, C, size_px, size_px); pictures that are still too small are enlarged.
    """
    side = pictures.shape[-1]
    wanted = max(round(side * scale), size_px)
    if wanted != side:
        pictures = torch.nn.functional.interpolate(
            pictures, size=(wanted, wanted), mode="bilinear", antialias=True
        )
    B = len(pictures)
    offsets = torch.randint(0, wanted - size_px + 1, (B, 2), generator=generator).tolist()
    turns = torch.randint(0, 8, (B,), generator=generator).tolist()
    crops = []
    for picture, (top, left), turn in zip(pictures, offsets, turns, strict=True):
        crop = torch.rot90(picture[:, top : top + size_px, left : left + size_px], turn % 4, dims=(1, 2))
        crops.append(crop.flip(2) if turn >= 4 else crop)
    return torch.stack(crops)


def _choose(rng: np.random.Generator, total: int, n: int) -> NDArray[np.int64]:
    """``n`` of ``total`` pictures, twice the same only where there are not enough."""
    return rng.choice(total, n, replace=n > total)


def _read(corpus: Corpus, chosen: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(corpus.pictures[chosen])).permute(0, 3, 1, 2)


def _self_targets(corpus: Corpus) -> NDArray[np.float32]:
    """What every view must give back of its undisturbed picture: structure and appearance."""
    return np.concatenate([corpus.structure, measure_appearance(corpus.pictures)], axis=1)
