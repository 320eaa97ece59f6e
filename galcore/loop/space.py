"""The space the learner works in.

The vectors of a workspace are brought to length 1, standardised, rotated onto their principal components and
scaled to a mean squared length of 1. The space never looks at a label, so it is made once and kept; a fit
then is small and regularised the same way for every encoder.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COMPONENTS = 128  # chosen by replay on real sets; the numbers are in docs/adr/0003-learner.md
_FIT_ROWS = 20_000  # rows that are enough to find the principal components
_CHUNK_ROWS = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSpace:
    """Vectors of a workspace, ready to be learned from.

    Attributes:
        features: (N, k) float32, mean squared length 1; rows of a galaxy whose vector was not finite are 0.
        digest: Short hash of what the space was made from.
    """

    features: NDArray[np.float32]
    digest: str

    @classmethod
    def from_vectors(cls, vectors: NDArray[np.floating], *, components: int = COMPONENTS) -> FeatureSpace:
        """Bring to length 1, standardise over the workspace, rotate onto the principal components, scale.

        Args:
            vectors: (N, D) frozen embeddings.
            components: Principal components kept (fewer where D or N is smaller).

        Raises:
            ValueError: If the vectors are not a matrix.
        """
        if vectors.ndim != 2:
            raise ValueError(f"vectors must be a matrix (N, D), got shape {vectors.shape}")
        sample = _unit_length(vectors[_even_rows(len(vectors), _FIT_ROWS)])
        sample = sample[np.isfinite(sample).all(axis=1)]
        if len(sample) == 0:
            return cls(np.zeros((len(vectors), 1), np.float32), _digest(vectors))
        mean, scale = sample.mean(axis=0), sample.std(axis=0)
        scale[scale < 1e-6 * max(float(scale.max()), 1e-12)] = np.inf  # a constant column says nothing
        basis = _principal_axes((sample - mean) / scale, components)
        features = np.empty((len(vectors), basis.shape[1]), np.float32)
        for start in range(0, len(vectors), _CHUNK_ROWS):
            rows = slice(start, start + _CHUNK_ROWS)
            block = (_unit_length(vectors[rows]) - mean) / scale
            block[~np.isfinite(block).all(axis=1)] = 0
            features[rows] = block @ basis
        length = float(np.sqrt(np.mean(np.einsum("nk,nk->n", features, features, dtype=np.float64))))
        features /= max(length, 1e-12)
        return cls(features, _digest(vectors))

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> FeatureSpace:
        """The same space for some of the galaxies."""
        return FeatureSpace(np.ascontiguousarray(self.features[rows]), self.digest)


def _unit_length(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """The direction of an embedding says what it is; its length follows brightness and size more."""
    block = vectors.astype(np.float32)
    return block / np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-12)


def _even_rows(count: int, wanted: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, wanted)).astype(np.intp))


def _principal_axes(standardised: NDArray[np.float32], components: int) -> NDArray[np.float32]:
    """Leading eigenvectors of the covariance, (D, k), signs fixed so that the same data gives the same."""
    n_rows, n_columns = standardised.shape
    if n_columns > 4 * n_rows:  # raw pixels: the small side of the singular value problem
        axes = np.linalg.svd(standardised, full_matrices=False)[2].T
    else:
        _, axes = np.linalg.eigh(standardised.T.astype(np.float64) @ standardised)
        axes = axes[:, ::-1]
    axes = axes[:, : min(components, n_rows, n_columns)]
    largest = np.abs(axes).argmax(axis=0)
    return (axes * np.sign(axes[largest, np.arange(axes.shape[1])])).astype(np.float32)


def _digest(vectors: NDArray[np.floating]) -> str:
    digest = hashlib.blake2b(str(vectors.shape).encode(), digest_size=8)
    digest.update(np.ascontiguousarray(vectors[_even_rows(len(vectors), 1000)]).tobytes())
    return digest.hexdigest()
