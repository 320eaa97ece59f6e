"""The free numbers of the classical tools, by simulated galaxies: `python -m benchmarks.tune_classical`.

Prints the mean PSNR for each try; `galcore/restore/classical.py` holds the best. The images that
`benchmark restore` measures take no part.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galcore.evaluate.benchmark_pictures import simulated
from galcore.evaluate.degradations import Degraded, degrade
from galcore.evaluate.image_quality import measure_quality
from galcore.restore import classical

N = 60
BALANCES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
STEPS = (2, 3, 4, 5, 6, 8, 10, 15, 20, 30)


def mean_psnr(restore, degraded: list[Degraded]) -> float:
    """Mean PSNR of a method ``(band, psf, noise) -> band`` over all pictures."""
    values = []
    for item in degraded:
        planes: list[NDArray] = [
            restore(band, item.psf[n], float(item.noise[n])) for n, band in enumerate(item.observed)
        ]
        values.append(measure_quality(np.stack(planes), item.truth).psnr)
    return float(np.mean(values))


def main() -> None:
    """Try every value."""
    rng = np.random.default_rng(11)
    degraded = [degrade(picture, rng) for picture in simulated(N, seed=11)]
    print(f"blurred input {mean_psnr(lambda band, _psf, _noise: band, degraded):.3f} dB, {N} pictures")
    for balance in BALANCES:

        def by_wiener(band: NDArray, psf: NDArray, noise: float, constant: float = balance) -> NDArray:
            return classical.wiener(band, psf, noise, constant=constant)[0]

        print(f"Wiener, balance {balance:g} x noise / signal: {mean_psnr(by_wiener, degraded):.3f} dB")
    for steps in STEPS:

        def by_lucy(band: NDArray, psf: NDArray, noise: float, count: int = steps) -> NDArray:
            return classical.richardson_lucy(band, psf, noise, steps=count)

        print(f"Richardson-Lucy, {steps} steps: {mean_psnr(by_lucy, degraded):.3f} dB")


if __name__ == "__main__":
    main()
