"""Colour composites as the SDSS image service makes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

# Weights of the red, green and blue channel (i, r, g) and softening of the SDSS composites, after
# Lupton et al. 2004 (PASP 116, 133).
SCALES_RGB = (0.78, 1.0, 1.60)
STRETCH = 9.0  # nanomaggies per SDSS pixel
Q = 35.0
PEDESTAL = 0.02  # the sky of the service is very dark grey, not black


@dataclass(frozen=True, slots=True)
class Display:
    """How each of B stamps is shown; give the fields to :func:`to_rgb`.

    Attributes:
        stretch: ``(B,)``.
        q: ``(B,)``.
        pedestal: ``(B,)``.
        scales: ``(B, 3)``.
    """

    stretch: Tensor
    q: Tensor
    pedestal: Tensor
    scales: Tensor


def draw_display(n: int, *, seed: int, stretch: float = STRETCH) -> Display:
    """Random displays about the SDSS one, as wide as SDSS services and releases differ from each other."""
    rng = np.random.default_rng([seed, 7])
    # Two habits: atlas stamps (soft, bluish, sky lifted) and survey thumbnails (harder, sky black).
    atlas = rng.random(n) < 0.5
    warmth = rng.normal(np.where(atlas, -0.15, 0.03), 0.08)[:, None]
    green = rng.normal(np.where(atlas, -0.12, -0.02), 0.05)[:, None]
    scales = np.array(SCALES_RGB) * np.exp(
        warmth * np.array([1.0, 0.0, -1.3]) + green * np.array([0.0, 1.0, 0.0])
    )
    q = np.exp(rng.uniform(np.log(np.where(atlas, 40.0, 15.0)), np.log(np.where(atlas, 160.0, 60.0))))
    # Softer displays saturate later; the contrast of faint light, Q / (stretch asinh Q), varies on its own.
    same_contrast = (q / np.arcsinh(q)) / (Q / np.arcsinh(Q))
    contrast = np.exp(rng.normal(np.where(atlas, 0.1, -0.1), 0.35))
    sky_level = np.where(atlas, rng.uniform(0.03, 0.10, n), rng.uniform(0.005, 0.03, n))
    draws = (stretch * same_contrast / contrast, q, sky_level, scales)
    return Display(*(torch.as_tensor(values, dtype=torch.float32) for values in draws))


def to_rgb(
    flux: Tensor,
    *,
    stretch: float | Tensor = STRETCH,
    q: float | Tensor = Q,
    scales: tuple[float, float, float] | Tensor = SCALES_RGB,
    pedestal: float | Tensor = PEDESTAL,
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

    Returns:
        ``(B, H, W, 3)`` uint8.
    """
    bands = flux[:, [-1, flux.shape[1] // 2, 0]]
    weights = torch.as_tensor(scales, dtype=flux.dtype, device=flux.device).reshape(-1, 3, 1, 1)
    rgb = bands * weights
    mean = rgb.mean(1, keepdim=True).clamp(min=1e-6)
    stretch_b = torch.as_tensor(stretch, dtype=flux.dtype, device=flux.device).reshape(-1, 1, 1, 1)
    pedestal_b = torch.as_tensor(pedestal, dtype=flux.dtype, device=flux.device).reshape(-1, 1, 1, 1)
    q_b = torch.as_tensor(q, dtype=flux.dtype, device=flux.device).reshape(-1, 1, 1, 1)
    rgb = rgb * (torch.asinh(q_b * mean / stretch_b) / torch.asinh(q_b) / mean)
    rgb = (rgb + pedestal_b).clamp(min=0.0)
    rgb = rgb / rgb.amax(1, keepdim=True).clamp(min=1.0)
    return (rgb * 255.0 + 0.5).to(torch.uint8).permute(0, 2, 3, 1)
