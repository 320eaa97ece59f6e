"""Galaxies as files: a soft disc on a noisy sky, written in every format Galcore reads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture
def make_galaxy() -> Callable[..., NDArray[np.float32]]:
    """Makes one plane ``(H, W)``: an exponential disc on a noisy sky."""

    def make(
        height: int = 48, width: int = 48, *, flux: float = 40.0, noise: float = 1.0, seed: int = 0
    ) -> NDArray[np.float32]:
        y, x = np.mgrid[:height, :width]
        radius = np.hypot((x - (width - 1) / 2) / 1.0, (y - (height - 1) / 2) / 0.6)
        sky = np.random.default_rng(seed).normal(0, noise, (height, width))
        return (flux * np.exp(-radius / 5) + sky).astype(np.float32)

    return make
