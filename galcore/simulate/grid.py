"""Sample positions of a stamp: every pixel once, the middle more finely.

Profiles are cuspy only near their centre, so a quarter of the frame is sampled twice per pixel side and the
innermost sixteenth eight times: 1.5 times the cost of one sample per pixel, not 64 times.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class NestedGrid:
    """Positions ``(S,)`` in pixels from the frame centre, x to the right and y up.

    Attributes:
        x: Horizontal positions of all levels, one after another.
        y: Vertical positions.
        size_px: Side of the stamp.
        levels: ``(side in pixels, samples per pixel side)`` from the whole frame inwards.
        area: Pixel area one sample stands for, ``(S,)``; zero where a finer level takes over.
    """

    x: Tensor
    y: Tensor
    size_px: int
    levels: tuple[tuple[int, int], ...]
    area: Tensor

    @classmethod
    def make(cls, size_px: int, device: str | torch.device = "cpu") -> NestedGrid:
        """The grid of a stamp; the side must be even for the levels to nest."""
        even = size_px % 2
        middle = max(2, size_px // 4 // 2 * 2) + even
        core = max(2, size_px // 16 // 2 * 2) + even
        levels = ((size_px, 1), (middle, 2), (core, 8))
        xs, ys, areas = [], [], []
        for i, (side, oversample) in enumerate(levels):
            axis = (torch.arange(side * oversample, device=device) + 0.5) / oversample - side / 2
            y, x = torch.meshgrid(-axis, axis, indexing="ij")
            area = torch.full_like(x, 1.0 / oversample**2)
            if i + 1 < len(levels):
                area[(x.abs() < levels[i + 1][0] / 2) & (y.abs() < levels[i + 1][0] / 2)] = 0.0
            xs.append(x.flatten())
            ys.append(y.flatten())
            areas.append(area.flatten())
        return cls(torch.cat(xs), torch.cat(ys), size_px, levels, torch.cat(areas))

    def collapse(self, samples: Tensor) -> Tensor:
        """Pixel values ``(..., H, W)`` of samples ``(..., S)``: finer levels averaged into their pixels."""
        parts, start = [], 0
        for side, oversample in self.levels:
            n = side * oversample
            level = samples[..., start : start + n * n].unflatten(-1, (side, oversample, side, oversample))
            parts.append(level.mean((-3, -1)) if oversample > 1 else level[..., :, 0, :, 0])
            start += n * n
        image = parts[0].clone()
        for (side, _), part in zip(self.levels[1:], parts[1:], strict=True):
            low = (self.size_px - side) // 2
            image[..., low : low + side, low : low + side] = part
        return image
