"""The map as an atlas of thumbnails: one galaxy per cell of a grid, the one nearest to the cell's centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ThumbnailGrid:
    """Cells that hold a galaxy.

    Attributes:
        rows: Row number of the galaxy shown in each occupied cell, ``(M,)``.
        cells: Column and row of the cell, ``(M, 2)``, from the lower left.
        counts: Galaxies in the cell, ``(M,)``.
        origin: Lower left corner of the grid in map units, ``(2,)``.
        cell_size: Side of a (square) cell in map units.
    """

    rows: NDArray[np.int64]
    cells: NDArray[np.int64]
    counts: NDArray[np.int64]
    origin: NDArray[np.float64]
    cell_size: float


def thumbnail_grid(xy: NDArray, *, columns: int = 32) -> ThumbnailGrid:
    """Choose the galaxy nearest to the centre of each occupied cell.

    Args:
        xy: Map positions, ``(N, 2)``; rows that are not finite are left out.
        columns: Cells across the wider side of the map.

    Returns:
        The occupied cells, ordered by cell row, then column. Ties go to the lower row number.
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    valid = np.flatnonzero(np.isfinite(xy).all(axis=1))
    if not len(valid):
        empty = np.empty(0, dtype=np.int64)
        return ThumbnailGrid(empty, np.empty((0, 2), np.int64), empty, np.zeros(2), 1.0)
    points = xy[valid]
    origin = points.min(axis=0)
    cell_size = float((points.max(axis=0) - origin).max()) / columns or 1.0
    cells = np.minimum((points - origin) // cell_size, columns - 1).astype(np.int64)
    from_centre = np.linalg.norm(points - (origin + (cells + 0.5) * cell_size), axis=1)
    key = cells[:, 1] * columns + cells[:, 0]
    order = np.lexsort((valid, from_centre, key))
    _, first, counts = np.unique(key[order], return_index=True, return_counts=True)
    chosen = order[first]
    return ThumbnailGrid(valid[chosen], cells[chosen], counts, origin, cell_size)
