"""One simulated galaxy and one point source that the tests of this folder restore."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from galcore.restore.classical import blur
from galcore.restore.psf import Psf, gaussian_psf

SKY, NOISE = 12.0, 0.5


@pytest.fixture(scope="session")
def galaxy() -> NDArray[np.float32]:
    """Three bands of a simulated galaxy in flux, ``(3, 128, 128)``, on a sky of 12 with noise."""
    from galcore.simulate.sample import simulate

    flux = simulate(1, survey="SDSS", seed=3, size_px=128, classes=("spiral",)).flux[0]
    return (flux / flux.std() * 20 + SKY).astype(np.float32)


@pytest.fixture(scope="session")
def psf() -> Psf:
    return gaussian_psf(4.0)


@pytest.fixture(scope="session")
def blurred_star(psf: Psf) -> NDArray[np.float32]:
    """A point source of flux 5000 in the middle of ``(1, 65, 65)``, blurred, on a noisy sky."""
    plane = np.zeros((65, 65))
    plane[32, 32] = 5000.0
    seen = blur(plane, psf.stamps[0]) + SKY
    return (seen + np.random.default_rng(1).normal(0, NOISE, seen.shape)).astype(np.float32)[None]
