"""UMAP's optimisation on a ready graph, started from the principal plane, one thread, seeded.

UMAP (McInnes, Healy & Melville 2018, arXiv:1802.03426) with a neighbour graph made by FAISS is 2-3 times
faster than alone; the start from two principal components keeps the large-scale order and makes a layout
reproducible (Kobak & Linderman 2021, Nat. Biotechnol. 39, 156). umap is imported here only, and only when a
map is fitted: import and compilation cost some seconds in every process.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from galcore.atlas.fuzzy_graph import fuzzy_graph

NEGATIVE_SAMPLES = 5


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
        warnings.simplefilter("ignore")  # third-party deprecations
        from umap.umap_ import find_ab_params, simplicial_set_embedding

        a, b = find_ab_params(1.0, min_distance)
        positions, _ = simplicial_set_embedding(
            points,
            fuzzy_graph(*graph),
            n_components=2,
            initial_alpha=1.0,
            a=a,
            b=b,
            gamma=1.0,
            negative_sample_rate=NEGATIVE_SAMPLES,
            n_epochs=epochs,
            init=_spread(start, seed),
            random_state=np.random.RandomState(seed),
            metric="euclidean",
            metric_kwds={},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
            parallel=False,  # more threads are faster and never give the same map twice
            tqdm_kwds={"disable": True},
        )
    return positions


def _spread(start: NDArray, seed: int) -> NDArray[np.float32]:
    """Scale to UMAP's usual start (about 10 wide), with a jitter that parts identical galaxies."""
    width = float(np.ptp(start, axis=0).max()) or 1.0
    jitter = np.random.default_rng(seed).normal(scale=1e-3, size=start.shape)
    return ((start - start.mean(axis=0)) / width * 10 + jitter).astype(np.float32)
