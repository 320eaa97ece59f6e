"""Masks that a person gives: read from a file, drawn as discs and strokes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from galcore.images.image import ImageAddress
from galcore.images.readers import blaming, read_whole
from galcore.restore.restoration import as_mask
from galcore.types import GalcoreError


def read_mask(path: Path, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask from FITS (rows as in the file) or a picture; nonzero is missing.

    Raises:
        GalcoreError: Naming the file, if it cannot be read or has another size than the image.
    """
    if not path.is_file():
        raise GalcoreError(f"{path}: no such file")
    with blaming(path):
        image = read_whole(ImageAddress(path))
    marked = np.asarray(np.nan_to_num(image.pixels.astype(np.float32), nan=1.0).any(0))
    try:
        return as_mask(marked, tuple(shape))
    except GalcoreError as error:
        raise GalcoreError(f"{path}: {error}") from error


def disc_mask(shape: tuple[int, ...], x: float, y: float, radius_px: float) -> NDArray[np.bool_]:
    """A disc: ``(H, W)``, true within ``radius_px`` of ``(x, y)``, 0-based pixel centres."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(np.hypot(columns - x, rows - y) <= radius_px)


def line_mask(
    shape: tuple[int, ...], start: tuple[float, float], end: tuple[float, float], width_px: float
) -> NDArray[np.bool_]:
    """A straight stroke of ``width_px`` from ``(x, y)`` to ``(x, y)`` with round ends.

    >>> int(line_mask((5, 9), (0, 2), (8, 2), 1).sum())
    9
    """
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    dx, dy = end[0] - start[0], end[1] - start[1]
    length2 = dx**2 + dy**2 or 1.0
    along = np.clip(((columns - start[0]) * dx + (rows - start[1]) * dy) / length2, 0, 1)
    distance = np.hypot(columns - start[0] - along * dx, rows - start[1] - along * dy)
    return np.asarray(distance <= width_px / 2)
