"""The classical tools, band by band, for comparison: biharmonic filling, Wiener, Richardson-Lucy.

They come from scikit-image. Two numbers had to be chosen, ``WIENER_BALANCE`` and ``RICHARDSON_LUCY_STEPS``:
those with the highest PSNR on simulated galaxies degraded as in the benchmark (`python -m
benchmarks.tune_classical`), never on the real images that the benchmark measures.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.fft import next_fast_len

WIENER_BALANCE = 10.0  # times the noise-to-signal ratio of the band
RICHARDSON_LUCY_STEPS = 15


def fill_biharmonic(band: NDArray, missing: NDArray[np.bool_]) -> NDArray[np.float32]:
    """``(H, W)`` with its missing pixels filled by the smoothest surface (Chui & Mhaskar 2010)."""
    from skimage.restoration import inpaint_biharmonic

    known = band[~missing]
    middle, span = float(np.median(known)), float(np.ptp(known)) or 1.0
    scaled = np.where(missing, 0.0, (band - middle) / span)  # the solver works at about unit scale
    filled = inpaint_biharmonic(
        scaled.astype(np.float64), missing, split_into_regions=bool(missing.mean() < 0.3)
    )
    return np.where(missing, filled * span + middle, band).astype(np.float32)


def fill_smoothly(band: NDArray, missing: NDArray[np.bool_]) -> NDArray:
    """A quick filling for pixels that only have to do no harm: the nearest known ones, smoothed."""
    if not missing.any():
        return band
    nearest = ndimage.distance_transform_edt(missing, return_distances=False, return_indices=True)
    filled = band[tuple(nearest)]
    return np.where(missing, ndimage.gaussian_filter(filled, 1.5), band)


def wiener(
    x: NDArray, psf: NDArray, noise_sigma: float, *, constant: float = WIENER_BALANCE
) -> tuple[NDArray, float]:
    """Wiener-Hunt deconvolution of one band and the noise of its result.

    The regularisation is ``balance |Laplacian|^2`` with ``balance = WIENER_BALANCE (noise / signal)^2``, the
    signal being the scatter of the band above its noise. The filter is linear, so white noise comes out with
    a known standard deviation; the bias of the regularisation is not in it.

    Args:
        x: ``(H, W)``, sky near 0.
        psf: ``(k, k)`` of unit sum.
        noise_sigma: Noise per pixel.
        constant: Of the balance.

    Returns:
        ``(H, W)`` and the standard deviation of the noise in it.
    """
    from skimage import restoration

    balance = wiener_balance(x, noise_sigma, constant)
    padded, inner = _pad(x, psf.shape[0])
    result = restoration.wiener(padded, psf, balance, clip=False)[inner]
    return result, noise_sigma * _wiener_gain(padded.shape, psf, balance)


def wiener_balance(x: NDArray, noise_sigma: float, constant: float = WIENER_BALANCE) -> float:
    """Weight of the Laplacian against the data."""
    signal = max(float(x.var()) - noise_sigma**2, (0.1 * noise_sigma) ** 2, 1e-12)
    return max(constant * noise_sigma**2 / signal, 1e-8)


def _wiener_gain(shape: tuple[int, ...], psf: NDArray, balance: float) -> float:
    """Root mean square of the filter: what white noise is multiplied by."""
    side = min(max(shape), 256)
    transfer = np.fft.rfft2(psf, (side, side))
    laplacian = np.fft.rfft2(np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], float), (side, side))
    power = np.abs(transfer) ** 2
    gain = np.abs(transfer) / (power + balance * np.abs(laplacian) ** 2)
    return float(np.sqrt(np.mean(gain**2)))


def richardson_lucy(
    x: NDArray, psf: NDArray, noise_sigma: float, *, steps: int = RICHARDSON_LUCY_STEPS
) -> NDArray:
    """Richardson-Lucy deconvolution (Richardson 1972, Lucy 1974) of one band.

    The method multiplies, so it needs positive data: a pedestal is added before and taken off after. It
    keeps the sum of the light apart from what crosses the frame.
    """
    from skimage import restoration

    pedestal = max(0.0, -float(x.min())) + noise_sigma + 1e-6
    positive = np.clip(psf, 0, None)
    padded, inner = _pad(x + pedestal, psf.shape[0])
    result = restoration.richardson_lucy(padded, positive / positive.sum(), num_iter=steps, clip=False)
    return result[inner] - pedestal


def blur(x: NDArray, psf: NDArray) -> NDArray:
    """``(H, W)`` convolved with ``(k, k)``, the frame mirrored at its edges."""
    from scipy.signal import fftconvolve

    padded, inner = _pad(x, psf.shape[0])
    return fftconvolve(padded, psf, mode="same")[inner]


def _pad(x: NDArray, width: int) -> tuple[NDArray, tuple[slice, slice]]:
    """Mirrored on all sides, and the slices that undo it; to sizes that transform fast."""
    margin = width + 1
    sizes = [next_fast_len(size + 2 * margin + 1) for size in x.shape]
    sides = [(margin, fast + fast % 2 - size - margin) for size, fast in zip(x.shape, sizes, strict=True)]
    padded = np.pad(np.asarray(x, dtype=np.float64), sides, mode="symmetric")
    return padded, (slice(margin, margin + x.shape[0]), slice(margin, margin + x.shape[1]))
