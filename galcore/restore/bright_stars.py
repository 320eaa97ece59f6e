"""Bright stars and the discs that cover them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galcore.images.detection import DetectionSettings, detect_sources, detection_plane, measure_background
from galcore.images.image import SkyImage
from galcore.restore.masks import disc_mask

STAR_SNR = 60.0
STAR_ROUNDNESS = 0.25
STAR_WIDTH = 1.4  # times the width of the narrowest sources
CENTRE_SHARE = 0.12  # of the shorter side: the galaxy in the middle of a stamp is no star
STAMP_PX = 512  # larger images are fields and have no object in the middle
HALO_SIGMA = 2.0  # a star's disc ends where its profile falls to this


def cover_stars(image: SkyImage) -> tuple[NDArray[np.bool_], int]:
    """Discs ``(H, W)`` over bright point sources and saturated stars, and how many these are.

    The object in the middle of a stamp is spared.
    """
    settings = DetectionSettings(min_snr=STAR_SNR, min_semimajor_px=0.4, min_area_px=5, threshold_sigma=3.0)
    table = detect_sources(image, settings=settings).table
    shape = image.pixels.shape[1:]
    mask = np.zeros(shape, dtype=bool)
    if table.empty:
        return mask, 0
    plane, bad = detection_plane(image)
    background, rms = measure_background(plane, bad, min(64, *shape), image.source)
    signal = np.where(bad, 0, plane - background)
    narrow = float(table["semimajor_px"].quantile(0.1)) * STAR_WIDTH
    count = 0
    for row in table.itertuples():
        compact = row.ellipticity < STAR_ROUNDNESS and row.semimajor_px <= narrow
        if not (compact or row.saturated) or _in_the_middle(row.x, row.y, shape):
            continue
        mask |= disc_mask(shape, row.x, row.y, _halo_radius(signal, float(np.median(rms)), row.x, row.y))
        count += 1
    return mask, count


def _in_the_middle(x: float, y: float, shape: tuple[int, ...]) -> bool:
    distance = np.hypot(x - (shape[1] - 1) / 2, y - (shape[0] - 1) / 2)
    return max(shape) <= STAMP_PX and bool(distance < CENTRE_SHARE * min(shape))


def _halo_radius(signal: NDArray, noise: float, x: float, y: float) -> float:
    """Radius in pixels at which the median profile of a star falls to ``HALO_SIGMA`` of the noise."""
    limit = max(6, min(signal.shape) // 5)
    rows, columns = (slice(max(0, int(v) - limit), int(v) + limit + 1) for v in (y, x))
    part = signal[rows, columns]
    yy, xx = np.ogrid[: part.shape[0], : part.shape[1]]
    ring = np.rint(np.hypot(xx - (x - columns.start), yy - (y - rows.start))).astype(int)
    for radius in range(2, limit):
        if np.median(part[ring == radius]) < HALO_SIGMA * noise:
            return float(radius)
    return float(limit)
