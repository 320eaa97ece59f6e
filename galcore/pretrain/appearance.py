"""How a picture looks beyond its shape: colour, brightness and how finely it is resolved.

Augmentations change all of these a little, and a contrast alone learns to forget what changes. Yet colour
tells ellipticals from discs, and the grain of the sky against the galaxy's size tells how well resolved it
is. Pretraining asks for them back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LAGS_PX = (1, 2, 4)
_CHUNK = 256
APPEARANCE_DIM = 3 + 3 + len(_LAGS_PX) + 2


def measure_appearance(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Colour, brightness, grain and sharpness of framed pictures.

    Args:
        pictures: (N, H, W, 3) uint8 with the object in the middle.

    Returns:
        (N, APPEARANCE_DIM) float32: log brightness of each band in the core and over the middle, correlation
        of the sky's grain at three lags, log sharpness of the middle and log contrast of core and rim.
    """
    chunks = [_measure(pictures[start : start + _CHUNK]) for start in range(0, len(pictures), _CHUNK)]
    return np.concatenate(chunks).astype(np.float32)


def _measure(pictures: NDArray[np.uint8]) -> NDArray[np.floating]:
    side = pictures.shape[1]
    core = slice(side * 7 // 16, side * 9 // 16)
    middle = slice(side // 4, side * 3 // 4)
    bands = pictures.astype(np.float32)
    core_mean = np.log(bands[:, core, core].mean(axis=(1, 2)) + 3)
    middle_mean = np.log(bands[:, middle, middle].mean(axis=(1, 2)) + 3)
    light = bands.mean(axis=3)
    rim = light[:, : side // 8]  # a strip of sky: the object seldom reaches it
    rim = rim - rim.mean(axis=2, keepdims=True)
    spread = (rim**2).mean(axis=(1, 2)) + 0.05
    grain = [(rim[:, :, lag:] * rim[:, :, :-lag]).mean(axis=(1, 2)) / spread for lag in _LAGS_PX]
    inner = light[:, middle, middle]
    edges = np.abs(np.diff(inner, n=2, axis=1)).mean(axis=(1, 2))
    sharpness = np.log((edges + 0.1) / (inner.mean(axis=(1, 2)) + 3))
    steepness = core_mean.mean(axis=1) - middle_mean.mean(axis=1)
    columns = [core_mean, middle_mean, *(values[:, None] for values in (*grain, sharpness, steepness))]
    return np.concatenate(columns, axis=1)
