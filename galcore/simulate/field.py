"""Foreground stars and small galaxies around the target, painted as little patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from galcore.simulate.spectrum import band_flux
from galcore.simulate.surveys import Survey
from galcore.types import FloatArray

PATCH_PX = 24


@dataclass(frozen=True, slots=True)
class Sources:
    """M sources of one stamp; positions in pixels from the centre of its lower left corner pixel's row 0.

    Attributes:
        column: ``(M,)`` pixels.
        row: ``(M,)`` pixels, downwards.
        flux: ``(M, C)``.
        scale_px: Exponential scale length, 0 for a star, ``(M,)``.
        axis_ratio: ``(M,)``.
        angle: Radians, ``(M,)``.
    """

    column: FloatArray
    row: FloatArray
    flux: FloatArray
    scale_px: FloatArray
    axis_ratio: FloatArray
    angle: FloatArray


def draw_sources(stars: int, neighbours: int, size_px: int, sky: Survey, rng: np.random.Generator) -> Sources:
    """Stars and neighbours of one stamp; fainter ones are more common, as on the sky."""
    n = stars + neighbours
    is_star = np.arange(n) < stars
    depth = sky.depth_mag[1]
    brighter = np.where(
        is_star, rng.exponential(1.7, n).clip(0, 6.5), rng.exponential(1.2, n).clip(0, 4.5) + 0.3
    )
    mag = depth - brighter
    redness = np.where(
        is_star, rng.choice([0.1, 0.7, 1.5], n) + rng.normal(0, 0.25, n), rng.uniform(0, 1.1, n)
    )
    redshift = np.where(is_star, 0.0, rng.uniform(0.02, 0.4, n))
    flux = 10.0 ** (0.4 * (sky.zero_point - mag))[:, None] * band_flux(redness, redshift, sky.wavelength_um)
    arcsec = 0.35 * np.exp(0.28 * (brighter - 1.0) + rng.normal(0, 0.25, n))
    scale = np.where(is_star, 0.0, (arcsec / sky.pixel_scale_arcsec).clip(0.6, PATCH_PX / 5))
    place = rng.uniform(0, size_px, (2, n))
    return Sources(place[0], place[1], flux, scale, rng.uniform(0.3, 1.0, n), rng.uniform(0, np.pi, n))


def paint(flux: Tensor, sources: list[Sources]) -> Tensor:
    """Flux ``(B, C, H, W)`` with the sources of each stamp added, before blurring."""
    B, C, H, W = flux.shape
    owner = np.repeat(np.arange(B), [len(s.column) for s in sources])
    if not len(owner):
        return flux

    def joined(name: str) -> Tensor:
        values = np.concatenate([getattr(s, name) for s in sources]).astype(np.float32)
        return torch.as_tensor(values, device=flux.device)

    column, row, light, scale = joined("column"), joined("row"), joined("flux"), joined("scale_px")
    q, angle = joined("axis_ratio"), joined("angle")
    at = torch.arange(PATCH_PX, device=flux.device) - PATCH_PX // 2
    columns, rows = column.floor().long()[:, None] + at, row.floor().long()[:, None] + at  # (M, P)
    dx = (columns - column[:, None] + 0.5)[:, None, :]
    dy = (rows - row[:, None] + 0.5)[:, :, None]
    star = torch.clamp(1.0 - dx.abs(), min=0.0) * torch.clamp(1.0 - dy.abs(), min=0.0)
    c, s = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    u, v = dx * c + dy * s, (dy * c - dx * s) / q[:, None, None]
    galaxy = torch.exp(-torch.sqrt(u**2 + v**2 + 0.05) / scale.clamp(min=0.5)[:, None, None])
    galaxy = galaxy / galaxy.sum((1, 2), keepdim=True)
    shape = torch.where(scale[:, None, None] > 0, galaxy, star)
    inside = ((rows >= 0) & (rows < H))[:, :, None] & ((columns >= 0) & (columns < W))[:, None, :]
    shape = shape * inside
    pixel = rows.clamp(0, H - 1)[:, :, None] * W + columns.clamp(0, W - 1)[:, None, :]
    band = torch.as_tensor(owner, device=flux.device)[:, None] * C + torch.arange(C, device=flux.device)
    index = band[:, :, None] * (H * W) + pixel.flatten(1)[:, None, :]  # (M, C, P * P)
    value = light[:, :, None] * shape.flatten(1)[:, None, :]
    return flux.flatten().index_add(0, index.flatten(), value.flatten()).view(B, C, H, W)
