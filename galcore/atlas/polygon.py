"""Which points lie inside a drawn polygon."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from galcore.types import GalcoreError

MAX_VERTICES = 5_000


def points_in_polygon(xy: NDArray, polygon: ArrayLike) -> NDArray[np.bool_]:
    """Mask of the points inside a closed polygon, by the even-odd rule.

    A ray to the right of each point crosses an odd number of edges exactly if the point is inside. A
    self-crossing lasso therefore leaves out what it encloses twice. Points outside the bounding box are
    dropped first, the rest is tested edge by edge: O(points in the box times vertices).

    Args:
        xy: Points, ``(N, 2)``. A point that is not finite is outside.
        polygon: Vertices, ``(V, 2)``; the last joins the first. Fewer than three enclose nothing.

    Returns:
        ``(N,)``.

    Raises:
        GalcoreError: If the polygon is not ``(V, 2)`` finite numbers, or has too many vertices.

    >>> points_in_polygon(np.array([[0.5, 0.5], [2.0, 0.5]]), [(0, 0), (1, 0), (1, 1), (0, 1)])
    array([ True, False])
    """
    xy = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    vertices = _vertices(polygon)
    inside = np.zeros(len(xy), dtype=bool)
    if len(vertices) < 3:
        return inside
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    in_box = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
    x, y = xy[in_box].T
    odd = np.zeros(len(in_box), dtype=bool)
    for (x0, y0), (x1, y1) in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
        if y0 == y1:
            continue  # a horizontal edge is never crossed by a horizontal ray
        straddles = (y0 > y) != (y1 > y)
        odd ^= straddles & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    inside[in_box] = odd
    return inside


def _vertices(polygon: ArrayLike) -> NDArray[np.float64]:
    try:
        vertices = np.asarray(polygon, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise GalcoreError("a lasso is a list of (x, y) numbers") from error
    if vertices.size == 0:
        return np.empty((0, 2))
    if vertices.ndim != 2 or vertices.shape[1] != 2 or not np.isfinite(vertices).all():
        raise GalcoreError("a lasso is a list of finite (x, y) numbers")
    if len(vertices) > MAX_VERTICES:
        raise GalcoreError(f"a lasso of {len(vertices)} corners is too long; {MAX_VERTICES} at most")
    return vertices
