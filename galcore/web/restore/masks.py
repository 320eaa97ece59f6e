"""Masks on their way between browser and server: run lengths, checked before they are believed.

A mask of ``(H, W)`` pixels travels as the lengths of its runs in the order of the rows, clear and masked in
turn, beginning with clear: a brush stroke on a large image is a few hundred numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galcore.types import GalcoreError

_REFUSED = "the mask that the browser sent does not fit this image ({}); reload the page and draw it again"


def encode_mask(mask: NDArray[np.bool_]) -> list[int]:
    """Run lengths of a mask ``(H, W)``.

    >>> encode_mask(np.array([[False, True], [True, False]]))
    [1, 2, 1]
    >>> encode_mask(np.array([[True, False]]))
    [0, 1, 1]
    """
    flat = np.asarray(mask, dtype=bool).ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    bounds = np.concatenate([[0], edges, [flat.size]])
    runs: list[int] = np.diff(bounds).tolist()
    return [0, *runs] if flat.size and flat[0] else runs


def decode_mask(message: object, *, height: int, width: int) -> NDArray[np.bool_]:
    """The mask ``(H, W)`` in a message ``{"width": W, "height": H, "runs": [...]}``.

    Raises:
        GalcoreError: If it is not one, or not one of this image.

    >>> decode_mask({"width": 2, "height": 2, "runs": [1, 2, 1]}, height=2, width=2).tolist()
    [[False, True], [True, False]]
    """
    if not isinstance(message, dict):
        raise GalcoreError(_REFUSED.format("not a mask"))
    if message.get("height") != height or message.get("width") != width:
        raise GalcoreError(_REFUSED.format(f"it is not {width} × {height} px"))
    lengths = _read_runs(message.get("runs"), height * width)
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(height, width)


def _read_runs(runs: object, n_pixels: int) -> NDArray[np.int64]:
    """Run lengths that are whole, positive after the first, and add up; nothing is allocated before."""
    if not isinstance(runs, list) or len(runs) > n_pixels + 1:
        raise GalcoreError(_REFUSED.format("no list of runs, or too many"))
    if not all(type(run) is int and 0 <= run <= n_pixels for run in runs):
        raise GalcoreError(_REFUSED.format("a run is not a whole number of pixels"))
    if 0 in runs[1:]:
        raise GalcoreError(_REFUSED.format("an empty run"))
    if sum(runs) != n_pixels:
        raise GalcoreError(_REFUSED.format("its runs do not add up"))
    return np.array(runs, dtype=np.int64)
