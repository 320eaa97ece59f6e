"""What a map needs to place galaxies that came later: the mapped galaxies' principal components."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from galcore.search.graph import nearest_rows
from galcore.search.projection import Projection
from galcore.types import GalcoreError
from galcore.whole_files import write_whole

PLACING_NEIGHBOURS = 5
ISLAND_SHARE = 0.05
"""Neighbours within this share of the map's width belong to one island."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The galaxies a layout was fitted on; they never move.

    Attributes:
        projection: Embedding → principal components.
        points: Principal components of the fitted galaxies, ``(N, P)``.
        xy: Their positions, ``(N, 2)``.
    """

    projection: Projection
    points: NDArray[np.float32]
    xy: NDArray[np.float32]

    def place(self, vectors: NDArray) -> NDArray[np.float32]:
        """Positions ``(M, 2)`` of embeddings ``(M, D)`` on the fitted map.

        A galaxy lands at the mean position of its nearest mapped galaxies in principal components, each
        weighted by its inverse squared distance (Shepard 1968): one that is on the map already lands on
        itself. Of the neighbours only those on the island of the nearest one count, so that nothing lands in
        the empty space between two islands.
        """
        rows, distances = nearest_rows(self.points, self.projection.apply(vectors), PLACING_NEIGHBOURS)
        positions = self.xy[rows].astype(np.float64)  # (M, k, 2)
        from_nearest = np.linalg.norm(positions - positions[:, :1], axis=2)
        weights = 1.0 / (distances.astype(np.float64) ** 2 + 1e-9)
        weights *= from_nearest <= ISLAND_SHARE * np.ptp(self.xy, axis=0).max()
        placed = (positions * weights[..., None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
        return placed.astype(np.float32)

    def write(self, path: Path, layout_id: str) -> None:
        """Write to ``path`` as arrays (no pickle), marked with the layout it belongs to."""
        with write_whole(path) as unfinished, unfinished.open("wb") as stream:
            np.savez(
                stream,
                layout_id=np.array(layout_id),
                points=self.points,
                xy=self.xy,
                mean=self.projection.mean,
                scale=self.projection.scale,
                axes=self.projection.axes,
            )

    @classmethod
    def read(cls, path: Path, layout_id: str) -> Basis:
        """The basis in ``path``.

        Raises:
            GalcoreError: If it is missing, damaged, or belongs to another layout.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                belongs = str(arrays["layout_id"]) == layout_id
                projection = Projection(arrays["mean"], arrays["scale"], arrays["axes"])
                basis = cls(projection, arrays["points"], arrays["xy"])
        except (OSError, ValueError, KeyError) as error:
            raise GalcoreError(f"{path}: cannot be read ({error}); run `atlas` again") from error
        if not belongs:
            raise GalcoreError(f"{path}: belongs to another map; run `atlas` again")
        return basis
