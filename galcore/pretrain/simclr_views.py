"""Pictures and the views of them that a contrastive network sees, and the plan that says which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from galcore.pretrain.augmentations import Augmentation, augment
from galcore.pretrain.corpus import STORED_PX, frame_for_storage
from galcore.types import GalcoreError


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
