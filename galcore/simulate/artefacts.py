"""What goes wrong in real images: trails, saturated stars, scattered light, cut frames, cosmic rays, ghosts.

Each function adds to one galaxy's flux ``(C, H, W)`` in units of its noise and returns the result; ``rng`` is
that galaxy's own generator, so that stamps do not depend on their batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from galcore.simulate.colour import SCALES_RGB

Draw = np.random.Generator


def _grid(flux: Tensor) -> tuple[Tensor, Tensor]:
    axis = torch.arange(flux.shape[-1], device=flux.device, dtype=flux.dtype) - flux.shape[-1] / 2 + 0.5
    y, x = torch.meshgrid(-axis, axis, indexing="ij")
    return x, y


def _colour(flux: Tensor, values: np.ndarray) -> Tensor:
    return torch.as_tensor(np.asarray(values), dtype=flux.dtype, device=flux.device)[:, None, None]


def trail(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Satellite or meteor: a line through one band (bands are exposed one after another) or all."""
    x, y = _grid(flux)
    size, angle = flux.shape[-1], rng.uniform(0, np.pi)
    across = x * np.sin(angle) - y * np.cos(angle) - rng.uniform(-0.3, 0.3) * size
    along = x * np.cos(angle) + y * np.sin(angle)
    line = torch.exp(-0.5 * (across / rng.uniform(0.5, 1.1)) ** 2)
    if rng.random() < 0.5:
        start = rng.uniform(-0.5, 0.1) * size
        line = line * ((along > start) & (along < start + rng.uniform(0.3, 0.8) * size))
    bands = np.zeros(flux.shape[0])
    bands[rng.integers(len(bands)) if rng.random() < 0.2 else len(bands) // 2] = 1.0
    if rng.random() < 0.25:
        bands[:] = 1.0
    return flux + _colour(flux, bands) * noise * line * np.exp(rng.uniform(2.2, 4.4))


def bright_star(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Saturated star with halo and diffraction spikes, in the frame or just outside."""
    x, y = _grid(flux)
    size = flux.shape[-1]
    return _star(flux, noise, rng, x - rng.uniform(-0.5, 0.5) * size, y - rng.uniform(-0.5, 0.5) * size)


def _star(flux: Tensor, noise: Tensor, rng: Draw, x: Tensor, y: Tensor) -> Tensor:
    """Star at the origin of ``x``, ``y``."""
    size = flux.shape[-1]
    r = torch.sqrt(x**2 + y**2 + 1.0)
    turn = rng.uniform(0, np.pi / 2)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    reach = rng.uniform(0.06, 0.2) * size
    core = torch.exp(-0.5 * (r / rng.uniform(1.8, 3.5)) ** 2) * 60.0
    halo = 0.6 * (1.0 + (r / 4.0) ** 2) ** -1.25
    spikes = torch.exp(-u.abs() / reach - (v / 0.9) ** 2) + torch.exp(-v.abs() / reach - (u / 0.9) ** 2)
    strength = np.exp(rng.uniform(3.3, 5.4))
    tint = np.exp(rng.normal(0, 0.25) * np.linspace(-1, 1, flux.shape[0])) * rng.uniform(
        0.8, 1.2, flux.shape[0]
    )
    white = _colour(flux, 1.0 / np.array(SCALES_RGB)[::-1]) if flux.shape[0] == 3 else 1.0
    reference = noise[flux.shape[0] // 2]  # one unit for all bands, or the noise would colour the star
    return flux + reference * strength * (white * core + _colour(flux, tint) * (halo + 0.9 * spikes))


def bleed(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Saturated star whose charge runs along its column, in each band differently."""
    x, y = _grid(flux)
    size = flux.shape[-1]
    column, row = rng.uniform(-0.4, 0.4) * size, rng.uniform(-0.4, 0.4) * size
    out = _star(flux, noise, rng, x - column, y - row)
    for c in range(flux.shape[0]):
        if rng.random() < 0.75:
            length = rng.uniform(0.1, 0.8) * size
            line = ((x - column).abs() < rng.uniform(0.6, 2.0)) & ((y - row).abs() < length)
            out[c] = out[c] + line * noise[c] * np.exp(rng.uniform(4.0, 6.0))
    return out


def scattered_light(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Glow of a star outside the frame: a gradient, mostly red, sometimes with a ray."""
    x, y = _grid(flux)
    size, angle = flux.shape[-1], rng.uniform(0, 2 * np.pi)
    depth = (x * np.cos(angle) + y * np.sin(angle)) / size
    glow = torch.exp((depth - 0.5) / rng.uniform(0.15, 1.2))
    if rng.random() < 0.5:
        across = (y * np.cos(angle) - x * np.sin(angle)) / size - rng.uniform(-0.3, 0.3)
        glow = glow + 0.6 * torch.exp(-0.5 * (across / 0.02) ** 2) * (depth > rng.uniform(-0.5, 0.2))
    tint = np.array([0.25, 0.5, 1.0]) if rng.random() < 0.75 else rng.uniform(0.2, 1.0, 3)
    return flux + _colour(flux, np.resize(tint, flux.shape[0])) * noise * glow * np.exp(rng.uniform(2.0, 3.9))


def ghost(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Out-of-focus reflection: a pale doughnut."""
    x, y = _grid(flux)
    size = flux.shape[-1]
    r = torch.hypot(x - rng.uniform(-0.5, 0.5) * size, y - rng.uniform(-0.5, 0.5) * size)
    radius = rng.uniform(0.12, 0.4) * size
    disc = torch.sigmoid((radius - r) / 1.5) * torch.sigmoid((r - radius * rng.uniform(0.2, 0.5)) / 1.5)
    return flux + _colour(flux, rng.uniform(0.2, 1.0, flux.shape[0])) * noise * disc * np.exp(
        rng.uniform(1.5, 3.0)
    )


def cosmic_rays(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Short bright tracks, each in one band only, not blurred by the seeing."""
    out, size = flux.clone(), flux.shape[-1]
    for _ in range(rng.integers(4, 25)):
        c, length, angle = rng.integers(flux.shape[0]), rng.uniform(1, 12), rng.uniform(0, np.pi)
        t = np.linspace(0, length, 2 * int(length) + 1)
        columns = (rng.uniform(0, size) + t * np.cos(angle)).astype(int) % size
        rows = (rng.uniform(0, size) + t * np.sin(angle)).astype(int) % size
        out[c, rows, columns] += noise[c, 0, 0] * float(np.exp(rng.uniform(3, 5.5)))
    return out


def moving_object(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Asteroid: a dot or streak that has moved on between the exposures of the bands."""
    x, y = _grid(flux)
    size, angle, step = flux.shape[-1], rng.uniform(0, 2 * np.pi), rng.uniform(2.5, 9.0)
    column, row, length = *(rng.uniform(-0.4, 0.4, 2) * size), rng.uniform(0.5, 2.5)
    out = flux.clone()
    for c in range(flux.shape[0]):
        dx, dy = x - column - c * step * np.cos(angle), y - row - c * step * np.sin(angle)
        along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
        out[c] += noise[c] * torch.exp(-0.5 * ((along / (1.3 + length)) ** 2 + (across / 1.3) ** 2)) * 60.0
    return out


def misaligned_bands(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Bands shifted against each other, so that everything has coloured doubles."""
    shift = rng.integers(2, 8, 2) * rng.choice([-1, 1], 2)
    out = flux.clone()
    out[0] = torch.roll(flux[0], (int(shift[0]), int(shift[1])), (0, 1))
    out[-1] = torch.roll(flux[-1], (-int(shift[0]), -int(shift[1])), (0, 1))
    return out


def cut_frame(flux: Tensor, noise: Tensor, rng: Draw) -> Tensor:
    """Edge of the imaging: a strip without data, the same in all bands or shifted between them."""
    x, y = _grid(flux)
    size, turn = flux.shape[-1], rng.choice([0.0, np.pi / 2, np.pi, 1.5 * np.pi]) + rng.normal(0, 0.06)
    depth = x * np.cos(turn) + y * np.sin(turn)
    edge, shift = rng.uniform(-0.1, 0.42) * size, rng.uniform(0, 6) * (rng.random() < 0.4)
    keep = torch.stack([depth < edge + c * shift for c in range(flux.shape[0])])
    return flux * keep


BEFORE_NOISE: dict[str, Callable[[Tensor, Tensor, Draw], Tensor]] = {
    "trail": trail,
    "bright_star": bright_star,
    "bleed": bleed,
    "scattered_light": scattered_light,
    "ghost": ghost,
    "cosmic_rays": cosmic_rays,
    "moving_object": moving_object,
    "misaligned_bands": misaligned_bands,
}
AFTER_NOISE: dict[str, Callable[[Tensor, Tensor, Draw], Tensor]] = {"cut_frame": cut_frame}
