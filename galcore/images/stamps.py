"""Cut-outs from fields: always of the asked size, whatever lies beyond the edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.images.image import SkyImage
from galcore.types import GalcoreError

MAX_STAMP_PX = 4096


@dataclass(frozen=True, slots=True)
class Window:
    """The square of pixels that a stamp covers in its field, edges included where it sticks out.

    Attributes:
        top: First row, may be negative.
        left: First column, may be negative.
        size_px: Side of the square.
    """

    top: int
    left: int
    size_px: int

    def inside(self, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of the field that the window covers; empty slices when it lies outside."""
        rows = slice(min(max(self.top, 0), height), max(min(self.top + self.size_px, height), 0))
        columns = slice(min(max(self.left, 0), width), max(min(self.left + self.size_px, width), 0))
        return rows, columns

    def touches_edge(self, height: int, width: int) -> bool:
        """Whether part of the stamp lies outside the field."""
        beyond = self.top + self.size_px > height or self.left + self.size_px > width
        return self.top < 0 or self.left < 0 or beyond


def stamp_window(x: float, y: float, size_px: int) -> Window:
    """Window of a stamp centred on a 0-based pixel position.

    >>> stamp_window(10.0, 20.0, 5)
    Window(top=18, left=8, size_px=5)

    Raises:
        GalcoreError: If the size is not between 1 and ``MAX_STAMP_PX``, or the position is not finite.
    """
    if not 1 <= size_px <= MAX_STAMP_PX:
        raise GalcoreError(f"stamp_size_px is {size_px}; it must lie between 1 and {MAX_STAMP_PX}")
    if not (np.isfinite(x) and np.isfinite(y)):
        raise GalcoreError(f"a stamp cannot be cut at x = {x}, y = {y}")
    half = (size_px - 1) / 2
    return Window(int(np.floor(y - half + 0.5)), int(np.floor(x - half + 0.5)), size_px)


def cut_stamp(field: NDArray, x: float, y: float, size_px: int) -> NDArray:
    """Stamp ``(C, size_px, size_px)`` of a field ``(C, H, W)``; NaN (0 for integers) beyond its edge."""
    window = stamp_window(x, y, size_px)
    height, width = field.shape[-2:]
    fill = np.nan if np.issubdtype(field.dtype, np.floating) else 0
    stamp = np.full((len(field), size_px, size_px), fill, dtype=field.dtype.newbyteorder("="))
    rows, columns = window.inside(height, width)
    if rows.start < rows.stop and columns.start < columns.stop:
        target_rows = slice(rows.start - window.top, rows.stop - window.top)
        target_columns = slice(columns.start - window.left, columns.stop - window.left)
        stamp[:, target_rows, target_columns] = field[:, rows, columns]
    return stamp


def cut_image(field: SkyImage, x: float, y: float, size_px: int) -> SkyImage:
    """Stamp of a field as an image of the same kind and bands."""
    pixels = cut_stamp(field.pixels, x, y, size_px)
    return SkyImage(pixels, field.kind, field.bands, field.pixel_scale_arcsec, field.source)
