"""Shapes of segments from their moments, all segments at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def measure_segments(
    signal: NDArray, smooth: NDArray, rms: NDArray, labels: NDArray[np.int32]
) -> pd.DataFrame:
    """Position, flux and shape of each segment.

    Moments are weighted with the smoothed signal, which noise leaves positive; the semi-major
    axis is the square root of the larger eigenvalue of the covariance (one sigma of a Gaussian), in which
    1/12 px² stands for the width of a pixel. The orientation counts from +x to +y.

    Args:
        signal: Background-subtracted plane ``(H, W)``.
        smooth: The same, smoothed.
        rms: Scatter of the background ``(H, W)``.
        labels: Segment of each pixel, 0 for sky.

    Returns:
        ``label x y flux snr peak area_px extent_px semimajor_px ellipticity orientation_deg``.
    """
    rows, columns = np.nonzero(labels)
    found, owner = np.unique(labels[rows, columns], return_inverse=True)
    count = len(found)

    def total(values: NDArray) -> NDArray[np.float64]:
        return np.asarray(np.bincount(owner, weights=values, minlength=count), dtype=np.float64)

    weight = np.clip(smooth[rows, columns].astype(np.float64), 1e-12, None)
    norm = total(weight)
    x, y = total(weight * columns) / norm, total(weight * rows) / norm
    dx, dy = columns - x[owner], rows - y[owner]
    pixel = 1 / 12
    xx, yy = total(weight * dx * dx) / norm + pixel, total(weight * dy * dy) / norm + pixel
    xy = total(weight * dx * dy) / norm
    middle, half = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    major, minor = np.sqrt(middle + half), np.sqrt(np.clip(middle - half, pixel / 4, None))
    flux = total(signal[rows, columns].astype(np.float64))
    noise = np.sqrt(total(rms[rows, columns].astype(np.float64) ** 2))
    extent = np.maximum(_spread(owner, columns, count), _spread(owner, rows, count))
    peak = np.full(count, -np.inf)
    np.maximum.at(peak, owner, signal[rows, columns])
    return pd.DataFrame(
        {
            "label": found.astype(np.int64),
            "x": x,
            "y": y,
            "flux": flux,
            "snr": flux / np.maximum(noise, 1e-30),
            "peak": peak,
            "area_px": total(np.ones(len(owner))).astype(np.int64),
            "extent_px": extent,
            "semimajor_px": major,
            "ellipticity": 1 - minor / major,
            "orientation_deg": np.degrees(np.arctan2(2 * xy, xx - yy) / 2),
        }
    )


def _spread(owner: NDArray, position: NDArray, count: int) -> NDArray[np.int64]:
    low = np.full(count, np.iinfo(np.int64).max)
    high = np.full(count, -1)
    np.minimum.at(low, owner, position)
    np.maximum.at(high, owner, position)
    return high - low + 1
