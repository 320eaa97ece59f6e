"""Light decoder: from the encoder's maps back to pixels, as a correction of a classical first guess."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

COLOUR_BANDS = 3
_SMOOTHING_PX = (3, 7, 15)  # what a first guess is smoothed by, where the decoder wants it smoother
N_DETAILS = len(_SMOOTHING_PX) + 1
GUIDE_BANDS = 2 * COLOUR_BANDS + 1 + N_DETAILS * COLOUR_BANDS  # observed, first guess, missing, details
OUTPUT_BANDS = COLOUR_BANDS * (2 + N_DETAILS)  # correction, log variance, share of each detail to take away
_FIRST_LOG_VARIANCE = -6.0
_LOG_VARIANCE_RANGE = (-14.0, 2.0)
_CORRECTION_SCALE = 0.1  # errors of a first guess are hundredths, and so must be what one update changes
_DETAIL_SCALE = 10.0  # noise is hundredths too, and must not drown in the first layers


def _block(in_width: int, out_width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_width, out_width, 3, padding=1),
        nn.SiLU(inplace=True),
        nn.Conv2d(out_width, out_width, 3, padding=1),
        nn.SiLU(inplace=True),
    )


class Decoder(nn.Module):
    """U-Net decoder (Ronneberger et al. 2015) on a pyramid of maps, steering a classical first guess.

    For every pixel it says how much of the guess's fine detail, scale by scale, is noise to be taken away,
    how far to go back to what was observed, and what to add. It sees nothing but maps of the encoder and
    images at full resolution; whoever calls it must have taken masked pixels out of both. The finest work
    is done at half resolution, two by two pixels together (Shi et al. 2016), since full resolution would
    cost more than the whole encoder.

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

    def forward(
        self, maps: Sequence[Tensor], observed: Tensor, prior: Tensor, missing: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Restored pixels and their log variance.

        Args:
            maps: (B, C_i, H_i, W_i), fine to coarse.
            observed: (B, 3, H, W), zero under ``missing``; sides even.
            prior: (B, 3, H, W) first guess, which is the result of a decoder that has learned nothing.
            missing: (B, 1, H, W).

        Returns:
            (B, 3, H, W) restored pixels and (B, 3, H, W) log variance, float32.
        """
        details = _details(observed, prior, missing)
        guide = torch.cat([observed, prior, missing, _DETAIL_SCALE * details.flatten(1, 2)], dim=1)
        state = maps[-1]
        for step, skip in zip(self.steps, maps[-2::-1], strict=False):
            state = step(torch.cat([F.interpolate(state, size=skip.shape[-2:], mode="nearest"), skip], dim=1))
        half = F.pixel_unshuffle(guide, 2)
        state = F.interpolate(state, size=half.shape[-2:], mode="nearest")
        state = self.join(torch.cat([state, F.silu(self.guide(half))], dim=1))
        state = state + self.refine(state)
        steering = F.pixel_shuffle(self.out(state).float(), 2)
        correction, spread, shares = steering.split(
            [COLOUR_BANDS, COLOUR_BANDS, N_DETAILS * COLOUR_BANDS], dim=1
        )
        taken = (shares.unflatten(1, (N_DETAILS, COLOUR_BANDS)) * details).sum(dim=1)
        restored = prior - taken + _CORRECTION_SCALE * correction
        return restored, (_FIRST_LOG_VARIANCE + spread).clamp(*_LOG_VARIANCE_RANGE)


def _details(observed: Tensor, prior: Tensor, missing: Tensor) -> Tensor:
    """(B, N_DETAILS, 3, H, W): the first guess scale by scale, and how it differs from what was observed."""
    finer, scales = prior, []
    for size_px in _SMOOTHING_PX:
        smoother = F.avg_pool2d(prior, size_px, stride=1, padding=size_px // 2, count_include_pad=False)
        scales.append(finer - smoother)
        finer = smoother
    return torch.stack([*scales, (prior - observed) * (1 - missing)], dim=1)
