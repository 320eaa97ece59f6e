"""Arms, and the patchy texture of star formation sheared along them."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

TEXTURE_SHAPE = (56, 80)  # cells in ln r and in azimuth
_LN_R_MIN, _LN_R_MAX = -2.5, 1.6


def winding_phase(r: Tensor, start: Tensor, pitch_rad: Tensor, handed: Tensor) -> Tensor:
    """Azimuth an arm has turned through at radius ``r``: a logarithmic spiral.

    ``phi(r) = handed ln(r / start) / tan(pitch)``; positive ``handed`` turns anticlockwise outwards, which is
    a galaxy that rotates clockwise if its arms trail ("cw", Z-wise, Land et al. 2008).
    """
    return handed * torch.log(r / start + 1e-6) / torch.tan(pitch_rad)


def arms(r: Tensor, psi: Tensor, count: Tensor, sharpness: Tensor, asymmetry: Tensor) -> Tensor:
    """Arm brightness against the unwound azimuth ``psi``: von Mises crests, one the brightest."""
    crest = torch.exp(sharpness * (torch.cos(count * psi) - 1.0))
    return crest * (1.0 + asymmetry * torch.cos(psi))


def fade(r: Tensor, start: Tensor, reach: Tensor) -> Tensor:
    """Rise where arms begin, decline where they end."""
    rise = torch.sigmoid((r - start) / (0.12 * start + 0.02))
    return rise * torch.sigmoid((reach - r) / (0.16 * reach))


def patches(noise: Tensor, ln_r: Tensor, azimuth: Tensor) -> Tensor:
    """Smooth random field on the disc, periodic in azimuth.

    Args:
        noise: Gaussian cells, ``(B, *TEXTURE_SHAPE)``.
        ln_r: ``(B, S)``.
        azimuth: ``(B, S)`` radians, any branch.

    Returns:
        ``(B, S)``, about zero mean.
    """
    wrapped = torch.cat([noise, noise[..., :1]], -1)[:, None]
    across = torch.remainder(azimuth / (2.0 * math.pi), 1.0) * 2.0 - 1.0
    along = ((ln_r - _LN_R_MIN) / (_LN_R_MAX - _LN_R_MIN)) * 2.0 - 1.0
    at = torch.stack([across, along], -1)[:, None]
    return F.grid_sample(wrapped, at, mode="bilinear", padding_mode="reflection", align_corners=True)[:, 0, 0]
