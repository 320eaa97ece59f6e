"""Light decoder: from the encoder's maps back to pixels, as a correction of a classical first guess."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GUIDE_BANDS = 7  # what was observed (3), first guess (3), missing (1)
OUTPUT_BANDS = 6  # mean and log variance of three bands
_FIRST_LOG_VARIANCE = -6.0
_CORRECTION_SCALE = (
    0.1  # errors of a first guess are hundredths: small steps of the weights must be small there
)
_LOG_VARIANCE_RANGE = (-14.0, 2.0)


def _block(in_width: int, out_width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_width, out_width, 3, padding=1),
        nn.SiLU(inplace=True),
        nn.Conv2d(out_width, out_width, 3, padding=1),
        nn.SiLU(inplace=True),
    )


class Decoder(nn.Module):
    """U-Net decoder (Ronneberger et al. 2015) on a pyramid of maps.

    It sees nothing but maps of the encoder and a guide at full resolution; whoever calls it must have taken
    masked pixels out of both. The finest work is done at half resolution, two by two pixels together
    (Shi et al. 2016), since full resolution would cost more than the whole encoder.

    Args:
        channels: Width of each map, fine to coarse.
        widths: Width of the decoder at each step up, coarse to fine; the last is the width at half
            resolution.
    """

    def __init__(self, channels: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        skips = list(channels[-2::-1])
        self.steps = nn.ModuleList()
        width = channels[-1]
        for skip, wanted in zip(skips, widths, strict=False):
            self.steps.append(_block(width + skip, wanted))
            width = wanted
        fine = widths[-1]
        self.guide = nn.Conv2d(4 * GUIDE_BANDS, fine, 3, padding=1)
        self.join = _block(width + fine, fine)
        self.refine = _block(fine, fine)
        self.out = nn.Conv2d(fine, 4 * OUTPUT_BANDS, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        assert self.out.bias is not None
        nn.init.zeros_(self.out.bias)

    def forward(self, maps: Sequence[Tensor], guide: Tensor) -> tuple[Tensor, Tensor]:
        """Correction and log variance.

        Args:
            maps: (B, C_i, H_i, W_i), fine to coarse.
            guide: (B, GUIDE_BANDS, H, W), sides even.

        Returns:
            (B, 3, H, W) correction of the first guess and (B, 3, H, W) log variance, float32.
        """
        state = maps[-1]
        for step, skip in zip(self.steps, maps[-2::-1], strict=False):
            state = step(torch.cat([F.interpolate(state, size=skip.shape[-2:], mode="nearest"), skip], dim=1))
        half = F.pixel_unshuffle(guide, 2)
        state = F.interpolate(state, size=half.shape[-2:], mode="nearest")
        state = self.join(torch.cat([state, F.silu(self.guide(half))], dim=1))
        state = state + self.refine(state)
        correction, spread = F.pixel_shuffle(self.out(state).float(), 2).chunk(2, dim=1)
        return _CORRECTION_SCALE * correction, (_FIRST_LOG_VARIANCE + spread).clamp(*_LOG_VARIANCE_RANGE)
