"""The k nearest neighbours of every galaxy among all: the graph that the map is drawn from."""

from __future__ import annotations

import faiss
import numpy as np
from numpy.typing import NDArray

EXACT_GRAPH_LIMIT = 50_000
"""Above this many rows the graph comes from an inverted file: exact search costs N squared."""


def neighbour_graph(
    vectors: NDArray[np.float32], k: int, *, seed: int = 0
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Neighbours and Euclidean distances of every row, itself first.

    Args:
        vectors: ``(N, P)`` float32.
        k: Neighbours per row, the row itself included; cut down to N.
        seed: Of the inverted file's k-means (above ``EXACT_GRAPH_LIMIT`` rows only).

    Returns:
        Row numbers ``(N, k)`` and distances ``(N, k)``, ascending; column 0 is the row itself at 0.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    n = len(vectors)
    k = min(k, n)
    index = _graph_index(vectors, seed)
    squared, rows = index.search(vectors, k)
    rows, squared = _put_self_first(rows, squared)
    return rows.astype(np.int32), np.sqrt(np.maximum(squared, 0.0), dtype=np.float32)


def nearest_rows(
    reference: NDArray[np.float32], queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows of ``reference`` ``(N, P)`` nearest to each of ``queries`` ``(Q, P)`` with Euclidean distances.

    Both results are ``(Q, min(k, N))``, ascending. Exact.
    """
    index = faiss.IndexFlatL2(reference.shape[1])
    index.add(np.ascontiguousarray(reference, dtype=np.float32))
    squared, rows = index.search(np.ascontiguousarray(queries, dtype=np.float32), min(k, len(reference)))
    return rows, np.sqrt(np.maximum(squared, 0.0))


def _graph_index(vectors: NDArray[np.float32], seed: int) -> faiss.Index:
    n, dimensions = vectors.shape
    flat = faiss.IndexFlatL2(dimensions)
    if n <= EXACT_GRAPH_LIMIT:
        flat.add(vectors)
        return flat
    n_lists = int(4 * np.sqrt(n))
    index = faiss.IndexIVFFlat(flat, dimensions, n_lists)
    index.cp.seed = seed + 1
    index.train(vectors)
    index.add(vectors)
    index.nprobe = 24
    return index


def _put_self_first(
    rows: NDArray[np.int64], squared: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Move each row's own number to column 0: identical vectors may come before it, or push it out.

    A gap of the inverted file (row -1) becomes the row itself.
    """
    own = np.arange(len(rows))[:, None]
    rows = np.where(rows < 0, own, rows)
    squared = np.where(np.isfinite(squared), squared, 0.0)
    is_self = rows == own
    position = np.where(is_self.any(axis=1), is_self.argmax(axis=1), rows.shape[1] - 1)
    take = np.arange(len(rows))
    first = squared[:, 0].copy()
    rows[take, position] = rows[:, 0]
    squared[take, position] = first
    rows[:, 0] = take
    squared[:, 0] = 0.0
    order = np.argsort(squared[:, 1:], axis=1, kind="stable") + 1
    rows[:, 1:] = np.take_along_axis(rows, order, axis=1)
    squared[:, 1:] = np.take_along_axis(squared, order, axis=1)
    return rows, squared
