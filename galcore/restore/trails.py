"""Straight trails of satellites, aeroplanes and meteors, by the Hough transform."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

LONGEST_PX = 400  # larger planes are reduced before lines are looked for
SIGMA = 2.0
COVER = 0.55  # share of a line's pixels above the threshold
CONTRAST = 2.0  # over the lines beside it
SHARE = 0.4  # of the shorter side: the least length
MAX_WIDTH_PX = 12
EVENNESS = 0.5  # faintest third of a trail over its brightest: galaxies and spikes fade outwards
MAX_TRAILS = 3
LEAST_SIDE_PX = 16  # of a plane, once it is reduced


def find_trails(band: NDArray) -> NDArray[np.bool_]:
    """Pixels ``(H, W)`` on straight lines much longer than wide.

    A line counts if most of a long stretch of it lies above the noise and the lines beside it do not: an
    edge-on galaxy is shorter, and wide where it is bright.
    """
    step = max(1, int(np.ceil(max(band.shape) / LONGEST_PX)))
    rows, columns = (size // step for size in band.shape)
    bad = ~np.isfinite(band)
    clean = np.where(bad, np.nanmedian(band), band)
    small = clean[: rows * step, : columns * step].reshape(rows, step, columns, step).mean((1, 3))
    if min(small.shape) < LEAST_SIDE_PX:
        return np.zeros(band.shape, dtype=bool)
    level = small - ndimage.median_filter(small, size=13)
    scatter = 1.4826 * float(np.median(np.abs(level))) or 1.0
    above = ndimage.gaussian_filter(level, 0.8) > SIGMA * scatter * 0.45
    found = np.zeros(small.shape, dtype=bool)
    for _ in range(MAX_TRAILS):
        stroke = _brightest_line(above & ~found, level / scatter)
        if stroke is None:
            break
        found |= stroke
    big = np.repeat(np.repeat(found, step, 0), step, 1)
    out = np.zeros(band.shape, dtype=bool)
    out[: big.shape[0], : big.shape[1]] = big
    return out


def _brightest_line(above: NDArray[np.bool_], snr: NDArray) -> NDArray[np.bool_] | None:
    from skimage.transform import hough_line, hough_line_peaks

    angles = np.linspace(-np.pi / 2, np.pi / 2, 360, endpoint=False)
    votes, angles, distances = hough_line(above, angles)
    _, best_angles, best_distances = hough_line_peaks(votes, angles, distances, num_peaks=6)
    for angle, distance in zip(best_angles, best_distances, strict=True):
        stroke = _stroke(above, snr, float(angle), float(distance))
        if stroke is not None:
            return stroke
    return None


def _stroke(
    above: NDArray[np.bool_], snr: NDArray, angle: float, distance: float
) -> NDArray[np.bool_] | None:
    """The covered stretch of one line as a mask, or nothing where it is no trail."""
    rows, columns = np.mgrid[: above.shape[0], : above.shape[1]]
    across = columns * np.cos(angle) + rows * np.sin(angle) - distance
    along = np.rint(rows * np.cos(angle) - columns * np.sin(angle)).astype(int)
    along -= along.min()
    length = along.max() + 1
    near = np.abs(across) <= 1.0
    lit = np.bincount(along[near & above], minlength=length) > 0
    inside = np.bincount(along[near], minlength=length) > 0
    start, end = _longest_run(lit, inside)
    if end - start < SHARE * min(above.shape):
        return None
    stretch = (along >= start) & (along < end)
    core = float(np.mean(above[near & stretch]))
    beside = (np.abs(across) > 4) & (np.abs(across) <= 8) & stretch
    around = float(np.mean(above[beside])) if beside.any() else 1.0
    if core < COVER or core < CONTRAST * around:
        return None
    thirds = (along[near & stretch] - start) * 3 // max(end - start, 1)
    levels = [float(np.median(snr[near & stretch][thirds == n])) for n in range(3)]
    if min(levels) < EVENNESS * max(levels):
        return None
    return stretch & (np.abs(across) <= _half_width(snr, across, stretch))


def _longest_run(lit: NDArray[np.bool_], inside: NDArray[np.bool_]) -> tuple[int, int]:
    """Stretch of a line that is mostly lit: gaps of up to a tenth of its length are bridged."""
    positions = np.flatnonzero(lit & inside)
    if positions.size == 0:
        return 0, 0
    gap = max(4, len(lit) // 20)
    parts = np.split(positions, np.flatnonzero(np.diff(positions) > gap) + 1)
    longest = max(parts, key=lambda part: part[-1] - part[0])
    filled = longest.size / (longest[-1] - longest[0] + 1)
    return (int(longest[0]), int(longest[-1]) + 1) if filled >= COVER else (0, 0)


def _half_width(snr: NDArray, across: NDArray, stretch: NDArray[np.bool_]) -> float:
    for half in range(1, MAX_WIDTH_PX // 2):
        ring = stretch & (np.abs(np.abs(across) - half - 0.5) <= 0.5)
        if not ring.any() or np.median(snr[ring]) < 0.7:
            return half + 0.5
    return MAX_WIDTH_PX / 2
