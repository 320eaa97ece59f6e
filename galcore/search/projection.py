"""Standardise and rotate embeddings: what search and the map both do before they measure distances.

Raw embedding dimensions differ in scale and repeat each other; distances in them are dominated by a few
loud ones. Standardising and keeping the leading principal components removes both (40 components, as in the
similarity search of Walmsley et al. 2022, MNRAS 513, 1581, keep the morphology and drop most noise).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.types import GalcoreError

CHUNK_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Projection:
    """Affine map from D embedding dimensions to P principal components.

    Attributes:
        mean: Mean of each dimension, ``(D,)``.
        scale: Standard deviation of each dimension, ``(D,)``; one where a dimension is constant.
        axes: Orthonormal principal axes of the standardised vectors, ``(P, D)``, strongest first.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    axes: NDArray[np.float32]

    @property
    def n_components(self) -> int:
        """Number of principal components P."""
        return int(self.axes.shape[0])

    def apply(self, vectors: NDArray) -> NDArray[np.float32]:
        """Components of ``vectors`` ``(N, D)`` as float32 ``(N, P)``, contiguous.

        Raises:
            GalcoreError: If the vectors do not have D dimensions or are not finite.
        """
        vectors = np.atleast_2d(vectors)
        if vectors.shape[1] != self.mean.size:
            raise GalcoreError(
                f"the vectors have {vectors.shape[1]} dimensions, this projection was made from "
                f"{self.mean.size}: they come from different models; run `prepare` again"
            )
        parts = [
            ((chunk.astype(np.float32) - self.mean) / self.scale) @ self.axes.T for chunk in _chunks(vectors)
        ]
        components = np.concatenate(parts) if parts else np.empty((0, self.n_components), np.float32)
        if not np.isfinite(components).all():
            raise GalcoreError("an embedding holds NaN or infinite values; run `embed` again")
        return np.ascontiguousarray(components, dtype=np.float32)


def fit_projection(vectors: NDArray, components: int | None) -> Projection:
    """Principal components of the standardised ``vectors``.

    The covariance is summed over chunks in float64, so that a memory-mapped float16 array of a million rows
    never stands in memory as a whole. The sign of an axis is fixed (largest entry positive): the same
    vectors give the same projection on every machine.

    Args:
        vectors: Embeddings, ``(N, D)``, N at least 1.
        components: How many to keep; None keeps all. Never more than D, or than N - 1 (but at least 1).

    Raises:
        GalcoreError: If there is no vector at all, or one is not finite.
    """
    if vectors.ndim != 2 or vectors.shape[0] == 0:
        raise GalcoreError("there are no embeddings yet; run `embed` first")
    n, d = vectors.shape
    mean = sum(c.astype(np.float64).sum(axis=0) for c in _chunks(vectors)) / n
    covariance = np.zeros((d, d))
    for chunk in _chunks(vectors):
        centred = chunk.astype(np.float64) - mean
        covariance += centred.T @ centred
    covariance /= n
    if not np.isfinite(covariance).all():
        raise GalcoreError("an embedding holds NaN or infinite values; run `embed` again")
    scale = np.sqrt(np.diag(covariance))
    scale[scale < 1e-6 * max(scale.max(), 1e-12)] = 1.0
    _, axes = np.linalg.eigh(covariance / np.outer(scale, scale))
    keep = max(1, min(components or d, d, n - 1))
    axes = axes[:, ::-1][:, :keep].T
    axes = axes * np.sign(axes[np.arange(keep), np.abs(axes).argmax(axis=1)])[:, None]
    return Projection(mean.astype(np.float32), scale.astype(np.float32), axes.astype(np.float32))


def _chunks(vectors: NDArray) -> list[NDArray]:
    """Views of at most CHUNK_ROWS rows."""
    return [vectors[start : start + CHUNK_ROWS] for start in range(0, len(vectors), CHUNK_ROWS)]
