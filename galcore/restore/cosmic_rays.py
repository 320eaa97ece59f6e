"""Hits of cosmic rays, by the Laplacian (van Dokkum 2001, PASP 113, 1420)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from galcore.restore.scaling import estimate_noise

COSMIC_SIGMA = 5.0  # of the Laplacian
COSMIC_CONTRAST = 4.0  # Laplacian over the fine structure: stars and galaxies stay below
COSMIC_PASSES = 3
SHOT_NOISE = 0.05  # of its variance over that of the sky, per sigma of light: the gain is not known


def find_cosmic_rays(band: NDArray) -> NDArray[np.bool_]:
    """Pixels ``(H, W)`` sharper than any PSF.

    On a grid twice as fine the Laplacian of a hit is not drowned by that of its neighbours; hits stand out of
    the noise and of the fine structure of real sources (sampled with two pixels or more across). Repeated,
    with what was found taken out, for hits of several pixels.
    """
    bad = ~np.isfinite(band)
    clean = np.where(bad, np.nanmedian(band), band)
    noise, sky = estimate_noise(np.where(bad, np.nan, band)), float(np.median(clean))
    found = np.zeros(band.shape, dtype=bool)
    for _ in range(COSMIC_PASSES):
        snr = _laplacian(clean) / (2 * noise)
        rows, columns = np.nonzero((snr > COSMIC_SIGMA) & ~bad & ~found)  # few: medians are taken only there
        light = np.clip(_medians(clean, rows, columns, 5) - sky, 0, None)
        shot = np.sqrt(1 + SHOT_NOISE * light / noise)  # bright parts of galaxies are noisier than the sky
        sharpness = (snr[rows, columns] - _medians(snr, rows, columns, 5)) / shot
        seeds = sharpness > COSMIC_SIGMA
        seeds[seeds] &= sharpness[seeds] > COSMIC_CONTRAST * _fine_structure(
            clean, rows[seeds], columns[seeds], noise
        )
        new = np.zeros(band.shape, dtype=bool)
        new[rows[seeds], columns[seeds]] = True
        # neighbours of a hit are hit more easily than pixels at large
        near = ndimage.binary_dilation(new, np.ones((3, 3))) & (snr > COSMIC_SIGMA / 2) & ~bad & ~found
        rows, columns = np.nonzero(near)
        grown = snr[rows, columns] - _medians(snr, rows, columns, 5) > COSMIC_SIGMA / 2
        new[rows[grown], columns[grown]] = True
        if not new.any():
            break
        found |= new
        rows, columns = np.nonzero(found)
        clean[rows, columns] = _medians(clean, rows, columns, 5)
    return found


def _medians(plane: NDArray, rows: NDArray, columns: NDArray, size: int) -> NDArray:
    """Median of the square around each of some pixels."""
    if rows.size == 0:
        return np.empty(0)
    padded = np.pad(plane, size // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
    return np.asarray(np.median(windows[rows, columns], axis=(1, 2)))


def _fine_structure(plane: NDArray, rows: NDArray, columns: NDArray, noise: float) -> NDArray:
    """How much real sources rise within a few pixels, in sigma: median over 3 pixels less that over 7."""
    offsets = np.arange(-3, 4)
    around = [
        np.clip(axis[:, None] + offsets, 0, side - 1)
        for axis, side in zip((rows, columns), plane.shape, strict=True)
    ]
    all_rows = np.repeat(around[0][:, :, None], 7, 2).ravel()
    all_columns = np.repeat(around[1][:, None, :], 7, 1).ravel()
    medians = _medians(plane, all_rows, all_columns, 3).reshape(-1, 49)
    return np.clip((medians[:, 24] - np.median(medians, axis=1)) / noise, 0.01, None)


def _laplacian(band: NDArray) -> NDArray:
    fine = np.repeat(np.repeat(band, 2, 0), 2, 1)
    kernel = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], dtype=np.float64)
    positive = np.clip(ndimage.convolve(fine, kernel, mode="nearest"), 0, None)
    return positive.reshape(band.shape[0], 2, band.shape[1], 2).mean((1, 3))
