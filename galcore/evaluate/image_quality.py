"""How near a restored picture is to the true one: MSE, PSNR, SSIM, and whether its sigma is honest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_MSE = 1e-12  # of identical pictures, whose PSNR is not finite


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one picture.

    Attributes:
        mse: Mean squared difference of the pictures clipped to 0-1.
        psnr: ``10 log10(1 / mse)`` in dB.
        ssim: Structural similarity, data range 1.
        within_1_sigma: Share of the restored pixels whose error is below the stated sigma; NaN without one.
        within_2_sigma: As before, twice the sigma. A Gaussian error gives .683 and .954.
    """

    mse: float
    psnr: float
    ssim: float
    within_1_sigma: float = float("nan")
    within_2_sigma: float = float("nan")


def measure_quality(
    picture: NDArray,
    truth: NDArray,
    *,
    sigma: NDArray | None = None,
    where: NDArray[np.bool_] | None = None,
) -> Quality:
    """Figures of one restored picture.

    Args:
        picture: ``(C, H, W)``.
        truth: ``(C, H, W)``, 0 to 1.
        sigma: ``(C, H, W)``: what the method says of its error.
        where: ``(H, W)``: pixels that the sigma speaks of; all by default.

    >>> quality = measure_quality(np.full((1, 16, 16), 0.6), np.full((1, 16, 16), 0.5))
    >>> round(quality.mse, 4), round(quality.psnr, 2)
    (0.01, 20.0)
    """
    from skimage.metrics import structural_similarity

    shown, true = np.clip(picture, 0, 1), np.clip(truth, 0, 1)
    mse = float(np.mean((shown.astype(np.float64) - true) ** 2))
    ssim = float(structural_similarity(shown, true.astype(shown.dtype), data_range=1.0, channel_axis=0))
    psnr = -10 * float(np.log10(max(mse, LEAST_MSE)))
    if sigma is None:
        return Quality(mse, psnr, ssim)
    error = np.abs(picture - truth)
    counted = np.ones(error.shape, bool) if where is None else np.broadcast_to(where, error.shape)
    shares = [float(np.mean(error[counted] <= n * sigma[counted])) for n in (1, 2)]
    return Quality(mse, psnr, ssim, *shares)
