"""How much of a picture belongs to the object in its middle.

Surveys frame galaxies differently: a Galaxy Zoo cut-out is mostly sky, an EFIGI stamp ends at the galaxy's
edge. An encoder that sees a fixed number of pixels wastes most of them on sky in the first case, so the
frame is drawn around the central object instead.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

_ANALYSIS_PX = 96
_THRESHOLD_SIGMA = 2.5
_FAINTEST_LEVELS = 2.5  # of 255: below this the noise estimate is only JPEG quantisation
_PEAK_SHARE = 0.1  # isophote relative to the peak: chains of faint neighbours stay outside
_CENTRE_TOLERANCE = 0.06  # of the frame: how far from the middle the object may lie
_EXTENT_QUANTILE = 0.98
_FOUR_NEIGHBOURS = ndimage.generate_binary_structure(2, 1)


def central_object(luminance: NDArray[np.floating]) -> tuple[NDArray[np.bool_], float] | None:
    """The object in the middle of a frame and the level of the sky around it.

    The object is the connected region above the sky (lower quartile of the border; noise from pixel
    differences; at least a tenth of the peak) that contains, or lies next to, the middle.

    Args:
        luminance: (H, W) brightness on any linear or display scale that runs to about 255.

    Returns:
        (H, W) mask and sky level, or None where nothing rises above the sky.
    """
    luminance = np.asarray(luminance, dtype=np.float32)
    smooth = _mean_of_nine(luminance)
    edges = (smooth[:3], smooth[-3:], smooth[:, :3], smooth[:, -3:])
    sky = _quantile(np.sort(np.concatenate([edge.ravel() for edge in edges])), 0.25)
    steps = np.sort(np.abs(luminance[:, 1:] - luminance[:, :-1]).ravel())
    noise = 1.4826 * _quantile(steps, 0.5) / math.sqrt(2)
    middle = _radius(luminance.shape) < 2 * _CENTRE_TOLERANCE
    peak = float(smooth[middle].max()) - sky
    mask = smooth > sky + max(_THRESHOLD_SIGMA * noise, _FAINTEST_LEVELS, _PEAK_SHARE * peak)
    components, _ = ndimage.label(mask, _FOUR_NEIGHBOURS)
    near = components[middle & mask]
    if near.size == 0:
        return None
    return components == int(np.bincount(near).argmax()), sky


def measure_extent(luminance: NDArray[np.floating]) -> float | None:
    """Radius of the object in the middle, as a share of half the frame.

    Args:
        luminance: (H, W) brightness, see :func:`central_object`.

    Returns:
        Radius over half the shorter side (about 0 to 1.4), or None where nothing rises above the sky.

    Example:
        >>> frame = np.zeros((100, 100)); frame[40:60, 40:60] = 200
        >>> 0.2 < measure_extent(frame) < 0.35
        True
    """
    found = central_object(luminance)
    if found is None:
        return None
    return _quantile(np.sort(_radius(luminance.shape)[found[0]]), _EXTENT_QUANTILE)


# Written for thousands of stamps a second: NumPy's quantile and SciPy's filter take several times as long.


@lru_cache(maxsize=8)
def _radius(shape: tuple[int, int]) -> NDArray[np.floating]:
    """Distance of every pixel from the middle, in units of half the shorter side."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    radius = np.hypot(rows - (shape[0] - 1) / 2, columns - (shape[1] - 1) / 2) / (min(shape) / 2)
    radius.flags.writeable = False
    return radius


def _mean_of_nine(luminance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each pixel averaged with its eight neighbours, the edge repeated."""
    height, width = luminance.shape
    padded = np.empty((height + 2, width + 2), dtype=np.float32)
    padded[1:-1, 1:-1] = luminance
    padded[0], padded[-1] = padded[1], padded[-2]
    padded[:, 0], padded[:, -1] = padded[:, 1], padded[:, -2]
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)


def _quantile(ordered: NDArray[np.floating], share: float) -> float:
    """Quantile of sorted values, linear between them."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (float(ordered[above]) - float(ordered[below])))


def central_fraction(rgb: NDArray[np.uint8], *, margin: float, smallest: float) -> float:
    """Share of the frame's side that the object and its surroundings take.

    Args:
        rgb: (H, W, 3) picture.
        margin: Frame over object, both as radii.
        smallest: Never look at less than this share.

    Returns:
        Share between ``smallest`` and 1; 1 where no object is found.
    """
    grey = Image.fromarray(rgb).convert("L")
    grey = grey.resize((_ANALYSIS_PX, _ANALYSIS_PX), Image.Resampling.BOX)
    extent = measure_extent(np.asarray(grey))
    if extent is None:
        return 1.0
    return float(np.clip(extent * margin, smallest, 1.0))


def crop_centre(rgb: NDArray[np.uint8], fraction: float, size_px: int) -> NDArray[np.uint8]:
    """The middle ``fraction`` of a picture, resampled to a square of ``size_px``.

    Args:
        rgb: (H, W, 3) picture; the crop is a square of its shorter side times ``fraction``.
        fraction: Share of the shorter side.
        size_px: Side of the result.

    Returns:
        (size_px, size_px, 3) uint8.
    """
    height, width = rgb.shape[:2]
    half = min(height, width) * fraction / 2
    box = (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half)
    picture = Image.fromarray(rgb).resize((size_px, size_px), Image.Resampling.BILINEAR, box=box)
    return np.asarray(picture)
