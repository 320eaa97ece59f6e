"""Two-dimensional layout of a workspace's embeddings: PCA → FAISS neighbour graph → UMAP, seeded.

UMAP (McInnes, Healy & Melville 2018, arXiv:1802.03426) gets its neighbour graph from FAISS, which makes it
2-3 times faster, and starts from the first two principal components, which keeps the large-scale order and
makes a layout reproducible (Kobak & Linderman 2021, Nat. Biotechnol. 39, 156). Fewer than ``UMAP_MINIMUM``
galaxies are laid out by their principal components alone. umap is imported here only, and only when a map is
fitted: import and compilation cost some 10 s.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.search.graph import nearest_rows, neighbour_graph
from galcore.search.projection import Projection, fit_projection
from galcore.types import Progress, ProgressCallback

COMPONENTS = 50
UMAP_MINIMUM = 16
TRANSFORM_NEIGHBOURS = 5
STAGES = ("principal components", "neighbour graph", "layout")


@dataclass(frozen=True, slots=True)
class AtlasParameters:
    """What a layout was made with.

    Attributes:
        method: ``"umap"``, or ``"pca"`` where there are too few galaxies for it.
        seed: Of UMAP's optimisation.
        neighbours: Size of the neighbourhood that keeps its shape.
        min_distance: Closest that UMAP packs two points.
        components: Principal components the graph was made from.
        epochs: Rounds of optimisation.
    """

    method: str
    seed: int
    neighbours: int
    min_distance: float
    components: int
    epochs: int


@dataclass(frozen=True, slots=True)
class Atlas:
    """A fitted map.

    Attributes:
        xy: Position of each galaxy, ``(N, 2)`` float32; centred, the wider half-width is 1.
        points: The principal components it was fitted on, ``(N, P)``.
        projection: Embedding → principal components.
        parameters: What made it.
    """

    xy: NDArray[np.float32]
    points: NDArray[np.float32]
    projection: Projection
    parameters: AtlasParameters

    def transform(self, vectors: NDArray) -> NDArray[np.float32]:
        """Positions of new galaxies on the same map, ``(M, D)`` → ``(M, 2)``; nothing on it moves.

        A new galaxy lands at the mean position of its nearest mapped galaxies in principal components, each
        weighted by its inverse squared distance (Shepard 1968): a galaxy that is on the map already lands
        exactly on itself. Of the neighbours only those on the same island as the nearest one count, so that
        nothing lands in the empty space between two.
        """
        rows, distances = nearest_rows(self.points, self.projection.apply(vectors), TRANSFORM_NEIGHBOURS)
        positions = self.xy[rows].astype(np.float64)  # (M, k, 2)
        from_nearest = np.linalg.norm(positions - positions[:, :1], axis=2)
        weights = 1.0 / (distances.astype(np.float64) ** 2 + 1e-9)
        weights *= from_nearest <= self._island_radius()
        placed = (positions * weights[..., None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
        return placed.astype(np.float32)

    def _island_radius(self) -> float:
        """Largest distance at which two points belong together: a twentieth of the map's width."""
        return 0.05 * float(np.ptp(self.xy, axis=0).max()) if len(self.xy) else 0.0


def fit_atlas(
    vectors: NDArray, *, seed: int = 0, neighbours: int = 15, progress: ProgressCallback | None = None
) -> Atlas:
    """Lay out embeddings ``(N, D)`` in two dimensions.

    The same vectors and seed give the same layout on the same machine and library versions.

    Args:
        vectors: Embeddings, N at least 1.
        seed: Of UMAP's optimisation.
        neighbours: Small shows detail, large shows the broad order.
        progress: Called at the beginning of each stage and at the end.

    Raises:
        GalcoreError: If there are no vectors or one is not finite.
    """

    def tell(stage: int) -> None:
        if progress is not None:
            progress(Progress("map", stage, len(STAGES), STAGES[stage] if stage < len(STAGES) else "done"))

    tell(0)
    projection = fit_projection(vectors, COMPONENTS)
    points = projection.apply(vectors)
    n = len(points)
    use_umap = n >= UMAP_MINIMUM
    parameters = AtlasParameters(
        method="umap" if use_umap else "pca",
        seed=seed,
        neighbours=min(neighbours, n - 1) if use_umap else 0,
        min_distance=0.1,
        components=projection.n_components,
        epochs=(500 if n < 10_000 else 200) if use_umap else 0,
    )
    tell(1)
    xy = _principal_plane(points)
    if use_umap:
        graph = neighbour_graph(points, parameters.neighbours, seed=seed)
        tell(2)
        xy = _run_umap(points, graph, xy, parameters)
    tell(len(STAGES))
    return Atlas(_centre(xy), points, projection, parameters)


def _run_umap(
    points: NDArray[np.float32],
    graph: tuple[NDArray[np.int32], NDArray[np.float32]],
    start: NDArray,
    parameters: AtlasParameters,
) -> NDArray[np.float32]:
    """UMAP's layout; one thread, because its parallel optimisation is not reproducible."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # third-party deprecations, and that no transform() will be possible
        from umap import UMAP  # type: ignore[import-untyped,unused-ignore]

        spread = float(np.std(start[:, 0])) or 1.0
        model = UMAP(
            n_neighbors=parameters.neighbours,
            min_dist=parameters.min_distance,
            n_epochs=parameters.epochs,
            random_state=parameters.seed,
            n_jobs=1,
            init=(start / spread).astype(np.float32),
            precomputed_knn=(*graph, None),
            force_approximation_algorithm=True,
        )
        return model.fit_transform(points)


def _principal_plane(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """The first two components, ``(N, 2)``; zero where there are fewer."""
    plane = np.zeros((len(points), 2))
    kept = min(2, points.shape[1])
    plane[:, :kept] = points[:, :kept]
    return plane


def _centre(xy: NDArray) -> NDArray[np.float32]:
    """Centre the bounding box on the origin and scale its wider half to 1."""
    xy = np.asarray(xy, dtype=np.float64)
    low, high = xy.min(axis=0), xy.max(axis=0)
    half = float((high - low).max()) / 2 or 1.0
    return ((xy - (low + high) / 2) / half).astype(np.float32)
