"""Large images in overlapping tiles whose results fade into each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MULTIPLE = 32  # sides that the network takes
MARGIN_PX = 16  # mirrored around the image, so that its rim has surroundings
WHOLE_PX = 640  # up to this side an image is restored in one piece
TILE_PX, OVERLAP_PX = 512, 96
DROPPED_PX = 24  # rim of an inner tile that counts for nothing


@dataclass(frozen=True, slots=True)
class Tile:
    """One square of an image: first row and column, height and width."""

    row: int
    column: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the tile in the image."""
        return slice(self.row, self.row + self.height), slice(self.column, self.column + self.width)


def pad_to_multiple(x: NDArray) -> tuple[NDArray, tuple[slice, slice]]:
    """``(..., H, W)`` mirrored on all sides to multiples of 32, and the slices that undo it.

    >>> pad_to_multiple(np.zeros((3, 20, 100)))[0].shape
    (3, 64, 160)
    """
    height, width = x.shape[-2:]
    widths = [(0, 0)] * (x.ndim - 2)
    for size in (height, width):
        target = -(-(size + 2 * MARGIN_PX) // MULTIPLE) * MULTIPLE
        widths.append((MARGIN_PX, target - size - MARGIN_PX))
    inner = (slice(MARGIN_PX, MARGIN_PX + height), slice(MARGIN_PX, MARGIN_PX + width))
    return np.pad(x, widths, mode="symmetric"), inner


def tiles(height: int, width: int) -> Iterator[Tile]:
    """Tiles that cover an image of multiples of 32."""
    rows, columns = _starts(height), _starts(width)
    for row in rows:
        for column in columns:
            tall = height if len(rows) == 1 else TILE_PX
            wide = width if len(columns) == 1 else TILE_PX
            yield Tile(row, column, tall, wide)


def _starts(size: int) -> list[int]:
    if size <= WHOLE_PX:
        return [0]
    step = TILE_PX - OVERLAP_PX
    starts = list(range(0, size - TILE_PX, step))
    return [*starts, size - TILE_PX]


def feather(tile: Tile, height: int, width: int) -> NDArray[np.float32]:
    """Weight of each pixel of a tile: 1 inside, falling to 0 before edges that have a neighbour."""
    rows = _ramp(tile.height, tile.row > 0, tile.row + tile.height < height)
    columns = _ramp(tile.width, tile.column > 0, tile.column + tile.width < width)
    return rows[:, None] * columns[None]


def _ramp(size: int, before: bool, after: bool) -> NDArray[np.float32]:
    position = np.arange(size) + 0.5
    rise = np.clip((position - DROPPED_PX) / (OVERLAP_PX - 2 * DROPPED_PX), 0, 1)
    rise = 0.5 - 0.5 * np.cos(np.pi * rise)
    weight = np.ones(size)
    if before:
        weight *= rise
    if after:
        weight *= rise[::-1]
    return weight.astype(np.float32)
