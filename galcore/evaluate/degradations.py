"""Pictures made worse as a survey would: PSF and noise of DECaLS, and pixels that are lost.

The laws are those of Fu et al. (2024, arXiv:2405.10890), fitted to DECaLS g, r, z: per picture and band a
Gaussian PSF whose sigma in pixels, and white noise whose sigma in units of the picture, follow shifted
log-normal laws. The planes of a picture run from red to blue and take z, r, g. The noise law reaches below
zero in rare draws and is cut at ``LEAST_NOISE``; the PSF laws are above one pixel by themselves. Nothing is
clipped after the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.restore.classical import blur
from galcore.simulate.surveys import DECALS, LEAST_NOISE, LogNormal

PSF_PX = 25
PATCHES = 16  # along a side
MASKS = ("patches-75", "patches-50", "trail", "star")
TRAIL_HALF_WIDTH = (0.01, 0.04)  # of the side
STAR_RADIUS = (0.04, 0.16)


@dataclass(frozen=True, slots=True, eq=False)
class Degraded:
    """One picture as an instrument gives it.

    Attributes:
        truth: ``(3, H, W)``, 0 to 1.
        observed: ``(3, H, W)``, blurred and noisy.
        psf: ``(3, k, k)``, unit sums.
        wrong_psf: The same with a sigma a tenth off, up or down: what an estimate gives.
        noise: ``(3,)``.
    """

    truth: NDArray[np.float32]
    observed: NDArray[np.float32]
    psf: NDArray[np.float32]
    wrong_psf: NDArray[np.float32]
    noise: NDArray[np.float64]


def degrade(truth: NDArray[np.float32], rng: np.random.Generator) -> Degraded:
    """A picture ``(3, H, W)`` seen through a PSF and noise drawn from the laws."""
    sigma_px = _draw([DECALS.psf_law(n) for n in range(3)], rng)
    noise = np.maximum(_draw([DECALS.noise_law(n) for n in range(3)], rng), LEAST_NOISE)
    psf = np.stack([_gaussian(sigma) for sigma in sigma_px])
    off = 1 + rng.choice([-0.1, 0.1])
    wrong = np.stack([_gaussian(sigma * off) for sigma in sigma_px])
    blurred = np.stack([blur(band, psf[n]) for n, band in enumerate(truth)])
    noisy = blurred + noise[:, None, None] * rng.standard_normal(truth.shape)
    return Degraded(truth, noisy.astype(np.float32), psf, wrong, noise)


def draw_mask(kind: str, size_px: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Lost pixels ``(H, W)``: a share of the squares of a 16 x 16 grid, a trail, or a star's disc."""
    if kind.startswith("patches"):
        lost = np.zeros(PATCHES**2, dtype=bool)
        lost[rng.permutation(PATCHES**2)[: round(int(kind.split("-")[1]) / 100 * PATCHES**2)]] = True
        cell = np.arange(size_px) * PATCHES // size_px
        return np.asarray(lost.reshape(PATCHES, PATCHES)[np.ix_(cell, cell)])
    axis = (np.arange(size_px) + 0.5) / size_px - 0.5
    x, y = axis[None, :], axis[:, None]
    if kind == "trail":
        angle, offset = rng.uniform(0, np.pi), rng.uniform(-0.25, 0.25)
        across = x * np.cos(angle) + y * np.sin(angle) - offset
        return np.asarray(np.abs(across) < rng.uniform(*TRAIL_HALF_WIDTH))
    centre = rng.uniform(-0.35, 0.35, 2)
    return np.asarray(np.hypot(x - centre[0], y - centre[1]) < rng.uniform(*STAR_RADIUS))


def _draw(laws: list[LogNormal], rng: np.random.Generator) -> NDArray[np.float64]:
    drawn = [law.loc + law.scale * np.exp(law.shape * rng.standard_normal()) for law in laws]
    return np.array(drawn[::-1])  # g, r, z to the planes of a picture


def _gaussian(sigma_px: float) -> NDArray[np.float32]:
    axis = np.arange(PSF_PX) - PSF_PX // 2
    taps = np.exp(-0.5 * (axis / sigma_px) ** 2)
    stamp = taps[:, None] * taps[None]
    return (stamp / stamp.sum()).astype(np.float32)
