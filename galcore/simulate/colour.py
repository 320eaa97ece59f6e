"""Colour composites as the SDSS image service makes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from galcore.simulate.psf import blur_matrix

# Weights of the red, green and blue channel (i, r, g) and softening of the SDSS composites, after
# Lupton et al. 2004 (PASP 116, 133).
SCALES_RGB = (0.78, 1.0, 1.60)
STRETCH = 9.0  # nanomaggies per SDSS pixel
Q = 35.0
CHROMA_PX = 1.0
PEDESTAL = 0.02  # the sky of the service is very dark grey, not black


@dataclass(frozen=True, slots=True)
class Display:
    """How each of B stamps is shown; give the fields to :func:`to_rgb`.

    Attributes:
        stretch: ``(B,)``.
        q: ``(B,)``.
        pedestal: ``(B,)``.
        scales: ``(B, 3)``.
        chroma_px: ``(B,)``.
    """

    stretch: Tensor
    q: Tensor
    pedestal: Tensor
    scales: Tensor
    chroma_px: Tensor


def draw_display(n: int, *, seed: int, stretch: float = STRETCH) -> Display:
    """Random displays about the SDSS one, as wide as SDSS services and releases differ from each other."""
    rng = np.random.default_rng([seed, 7])
    # Two habits: atlas stamps (soft, bluish, sky lifted) and survey thumbnails (harder, sky black).
    atlas = rng.random(n) < 0.5
    warmth = rng.normal(np.where(atlas, -0.18, 0.12), 0.09)[:, None]
    green = rng.normal(np.where(atlas, -0.12, 0.02), 0.04)[:, None]
    scales = np.array(SCALES_RGB) * np.exp(
        warmth * np.array([1.0, 0.0, -1.3]) + green * np.array([0.0, 1.0, 0.0])
    )
    q = np.exp(rng.uniform(np.log(np.where(atlas, 40.0, 10.0)), np.log(np.where(atlas, 160.0, 40.0))))
    # Softer displays saturate later; the contrast of faint light, Q / (stretch asinh Q), varies on its own.
    same_contrast = (q / np.arcsinh(q)) / (Q / np.arcsinh(Q))
    contrast = np.exp(rng.normal(np.where(atlas, 0.0, -0.5), 0.35))
    sky_level = np.where(atlas, rng.uniform(0.05, 0.12, n), rng.uniform(0.008, 0.025, n))
    chroma_px = rng.uniform(0.9, 2.8, n)
    draws = (stretch * same_contrast / contrast, q, sky_level, scales, chroma_px)
    return Display(*(torch.as_tensor(values, dtype=torch.float32) for values in draws))


def to_rgb(
    flux: Tensor,
    *,
    stretch: float | Tensor = STRETCH,
    q: float | Tensor = Q,
    scales: tuple[float, float, float] | Tensor = SCALES_RGB,
    pedestal: float | Tensor = PEDESTAL,
    chroma_px: float | Tensor = CHROMA_PX,
) -> Tensor:
    """Colour image that keeps hue at every brightness.

    ``I = mean of the bands, f(I) = asinh(Q I / stretch) / asinh(Q)``; each channel is its band times
    ``f(I) / I`` (Lupton et al. 2004), and a pixel over one is scaled back as a whole.

    Args:
        flux: ``(B, C, H, W)`` nanomaggies, bands blue to red; with one band the image is grey.
        stretch: Mean flux per pixel that is shown white; a ``(B,)`` tensor gives one per galaxy.
        q: Softening; larger shows fainter light.
        scales: Weight of the bands shown red, green and blue; ``(B, 3)`` gives one per galaxy.
        pedestal: Grey level (0-1) of empty sky.
        chroma_px: Sigma by which colour, not brightness, is smoothed, as JPEG does; 0 for none.

    Returns:
        ``(B, H, W, 3)`` uint8.
    """
    bands = flux[:, [-1, flux.shape[1] // 2, 0]]
    weights = _per_stamp(scales, flux, 3)
    rgb = bands * weights
    mean = rgb.mean(1, keepdim=True).clamp(min=1e-6)
    softening = _per_stamp(q, flux)
    shown = softening * mean / _per_stamp(stretch, flux)
    shown = torch.log(shown + torch.sqrt(shown**2 + 1.0))  # asinh of what is positive, several times faster
    rgb = rgb * (shown / (torch.asinh(softening) * mean))
    rgb = _smooth_chroma(rgb + _per_stamp(pedestal, flux), chroma_px).clamp(min=0.0)
    rgb = rgb / rgb.amax(1, keepdim=True).clamp(min=1.0)
    return (rgb * 255.0 + 0.5).to(torch.uint8).permute(0, 2, 3, 1)


def _per_stamp(value: float | tuple[float, ...] | Tensor, flux: Tensor, channels: int = 1) -> Tensor:
    return torch.as_tensor(value, dtype=flux.dtype, device=flux.device).reshape(-1, channels, 1, 1)


def _smooth_chroma(rgb: Tensor, sigma_px: float | Tensor) -> Tensor:
    """Colour blurred, brightness kept: JPEG halves the colour planes, so that noise is grey."""
    sigma = torch.as_tensor(sigma_px, dtype=rgb.dtype, device=rgb.device).reshape(-1)
    if not bool((sigma > 0).any()):
        return rgb
    brightness = rgb.mean(1, keepdim=True)
    matrix = blur_matrix(sigma, rgb.shape[-1])
    matrix = matrix[0] if len(sigma) == 1 else matrix[:, None]
    two = matrix @ (rgb[:, :2] - brightness) @ matrix.mT  # the three differences add up to nothing
    return brightness + torch.cat([two, -two.sum(1, keepdim=True)], 1)
