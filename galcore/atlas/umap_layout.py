"""UMAP on a neighbour graph that FAISS made, started from the principal plane, one thread, seeded.

UMAP (McInnes, Healy & Melville 2018, arXiv:1802.03426) with a ready graph is 2-3 times faster than alone;
the start from two principal components keeps the large-scale order and makes a layout reproducible (Kobak &
Linderman 2021, Nat. Biotechnol. 39, 156). umap is imported here only, and only when a map is fitted: import
and compilation cost some 10 s in every process.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray


def umap_layout(
    points: NDArray[np.float32],
    graph: tuple[NDArray[np.int32], NDArray[np.float32]],
    start: NDArray,
    *,
    seed: int,
    min_distance: float,
    epochs: int,
) -> NDArray[np.float32]:
    """Positions ``(N, 2)`` in UMAP's own units.

    Args:
        points: Principal components, ``(N, P)``.
        graph: Rows and distances of each point's neighbours, ``(N, k)`` each, the point itself first.
        start: First positions, ``(N, 2)``.
        seed: Of the optimisation.
        min_distance: Closest that two points are packed.
        epochs: Rounds of optimisation.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # third-party deprecations, and that UMAP itself cannot transform()
        from umap import UMAP

        model = UMAP(
            n_neighbors=graph[0].shape[1],
            min_dist=min_distance,
            n_epochs=epochs,
            random_state=seed,
            n_jobs=1,  # more threads are faster and never give the same map twice
            init=_spread(start, seed),
            precomputed_knn=(*graph, None),
            force_approximation_algorithm=True,
        )
        return model.fit_transform(points)


def _spread(start: NDArray, seed: int) -> NDArray[np.float32]:
    """Scale to UMAP's usual start (about 10 wide), with a jitter that parts identical galaxies."""
    width = float(np.ptp(start, axis=0).max()) or 1.0
    jitter = np.random.default_rng(seed).normal(scale=1e-3, size=start.shape)
    return ((start - start.mean(axis=0)) / width * 10 + jitter).astype(np.float32)
