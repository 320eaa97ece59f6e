"""The blur of the atmosphere and the optics taken out, with the light kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from galcore.images.image import Kind
from galcore.restore import network
from galcore.restore.classical import (
    RICHARDSON_LUCY_STEPS,
    WIENER_BALANCE,
    blur,
    fill_smoothly,
    richardson_lucy,
    wiener,
)
from galcore.restore.psf import Psf, as_psf, measure_fwhm, narrowing_kernel
from galcore.restore.restoration import (
    Restoration,
    as_bands,
    describe_restoration,
    find_missing,
    stop_if,
)
from galcore.restore.scaling import Scaling, measure_scaling
from galcore.types import CancelCheck, GalcoreError, Progress, ProgressCallback

if TYPE_CHECKING:
    from galcore.model.restorer import Restorer

FEEDBACK_FWHM, LEAST_FEEDBACK_PX = 2.0, 6.0  # sigma of what counts as large scale, over the FWHM of the PSF
DECONVOLUTION_METHODS = ("model", "wiener", "richardson-lucy")


def deconvolve(
    flux: NDArray,
    psf: Psf | NDArray,
    *,
    noise_sigma: NDArray | float | None = None,
    method: str = "model",
    kind: Kind = "flux",
    restorer: Restorer | None = None,
    mask: NDArray | None = None,
    target: Psf | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> Restoration:
    """Take the blur of a PSF out of an image.

    Pixels that are missing (not finite, or in ``mask``) are bridged so that they do no harm, and come back
    as NaN: nothing was measured there. Fill them first with :func:`reconstruct` where a value is wanted.

    Args:
        flux: ``(C, H, W)`` or ``(H, W)``.
        psf: One stamp, or one a band; scaled to unit sum, so that the light is kept.
        noise_sigma: Noise per pixel in the units of ``flux``, one number or one a band; estimated by default.
        method: One of ``DECONVOLUTION_METHODS``.
        kind: ``picture``: 0 to 1, already stretched for the eye and blurred as it is.
        restorer: Network of the method ``model``; the shipped one by default.
        mask: ``(H, W)``, true where pixels are not to be trusted.
        target: A narrower PSF that the result keeps, see :func:`~galcore.restore.psf.narrowing_kernel`; by
            default all of the blur is taken out.
        progress: Told after each tile or band.
        cancel: Asked after each tile or band.

    Raises:
        GalcoreError: If PSF, mask or noise do not go with the image, or it was cancelled.
    """
    started = time.monotonic()
    if method not in DECONVOLUTION_METHODS:
        raise GalcoreError(
            f"--method: '{method}' does not deconvolve; choose {', '.join(DECONVOLUTION_METHODS)}"
        )
    pixels = as_bands(flux)
    checked = psf if isinstance(psf, Psf) else as_psf(psf)
    if target is not None:
        checked = narrowing_kernel(checked, target)
    stamps = _cropped(checked.for_bands(len(pixels)), pixels.shape[1:])
    missing = find_missing(pixels, mask)
    if missing.all((1, 2)).any():
        raise GalcoreError("mask: covers the whole image; nothing is left to deconvolve")
    bridged = np.stack([fill_smoothly(band, missing[n]) for n, band in enumerate(pixels)])
    _check_noise(noise_sigma, len(pixels))
    scaling = measure_scaling(np.where(missing, np.nan, pixels), kind=kind, noise_sigma=noise_sigma)
    x = scaling.normalise(bridged)
    used = (restorer or network.load()) if method == "model" else None
    if used is not None:
        sharp, sigma = _with_model(x, stamps, scaling, used, progress, cancel)
    else:
        sharp, sigma = _with_classical(x, stamps, scaling, method, progress, cancel)
    restored = scaling.denormalise(sharp)
    blurred = _blur_bands(restored, stamps)
    result = np.where(missing, np.nan, restored).astype(np.float32)
    return describe_restoration(
        "deconvolve",
        method,
        kind,
        pixels,
        missing,
        result=result,
        sigma=None if sigma is None else np.where(missing, np.nan, scaling.denormalise_sigma(sigma)),
        residual=np.where(missing, np.nan, pixels - blurred).astype(np.float32),
        scaling=scaling,
        restorer=used,
        parameters=_describe(scaling, method, checked),
        started=started,
    )


def _cropped(stamps: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Stamps no wider than the image: beyond that their light has nowhere to come from."""
    limit = min(shape) - 1 + min(shape) % 2
    cut = (stamps.shape[-1] - limit) // 2
    if cut <= 0:
        return stamps
    inner = stamps[:, cut:-cut, cut:-cut]
    return inner / inner.sum((1, 2), keepdims=True)


def _check_noise(noise_sigma: NDArray | float | None, count: int) -> None:
    if noise_sigma is None:
        return
    values = np.atleast_1d(np.asarray(noise_sigma, dtype=np.float64))
    if values.shape not in ((1,), (count,)):
        raise GalcoreError(
            f"noise: {values.size} values do not go with {count} bands; give one, or one a band"
        )
    if not (np.isfinite(values).all() and (values > 0).all()):
        raise GalcoreError("noise: must be above 0, in the units of the image")


def _with_model(
    x: NDArray[np.float32],
    stamps: NDArray[np.float32],
    scaling: Scaling,
    restorer: Restorer,
    progress: ProgressCallback | None,
    cancel: CancelCheck | None,
) -> tuple[NDArray, NDArray | None]:
    """The network's result with the light it lost put back, and its sigma.

    A network that is right in the middle (the median, a stretched scale) is not right in the sum. What the
    blurred result lacks of the image on scales where no structure is at stake is added to it; the noise of
    that is a few hundredths of a pixel's.
    """
    sharp, sigma = network.deconvolve_scaled(
        x,
        stamps,
        scaling.noise / scaling.scale,
        restorer,
        softening=scaling.softening,
        reverse=scaling.softening is not None,
        progress=progress,
        cancel=cancel,
    )
    lacking = x - _blur_bands(sharp, stamps)
    widths = [max(LEAST_FEEDBACK_PX, FEEDBACK_FWHM * measure_fwhm(stamp)) for stamp in stamps]
    added = [gaussian_filter(band, width) for band, width in zip(lacking, widths, strict=True)]
    return sharp + np.stack(added), sigma


def _blur_bands(bands: NDArray, stamps: NDArray) -> NDArray:
    return np.stack([blur(band, stamps[n]) for n, band in enumerate(bands)])


def _with_classical(
    x: NDArray,
    stamps: NDArray,
    scaling: Scaling,
    method: str,
    progress: ProgressCallback | None,
    cancel: CancelCheck | None,
) -> tuple[NDArray, NDArray | None]:
    planes, sigmas = [], []
    noise = scaling.noise / scaling.scale
    for n, band in enumerate(x):
        stop_if(cancel)
        if method == "wiener":
            plane, sigma = wiener(band, stamps[n], float(noise[n]))
            sigmas.append(np.full(band.shape, sigma, np.float32))
        else:
            plane = richardson_lucy(band, stamps[n], float(noise[n]))
        planes.append(plane)
        if progress is not None:
            progress(Progress("restore", n + 1, len(x)))
    return np.stack(planes), np.stack(sigmas) if sigmas else None


def _describe(scaling: Scaling, method: str, psf: Psf) -> dict[str, Any]:
    choice: dict[str, dict[str, object]] = {
        "wiener": {"balance": WIENER_BALANCE},
        "richardson-lucy": {"steps": RICHARDSON_LUCY_STEPS},
    }
    return {
        "psf": psf.description,
        "psf_fwhm_px": [round(float(fwhm), 3) for fwhm in psf.fwhm_px],
        "psf_size_px": int(psf.stamps.shape[-1]),
        **scaling.as_parameters(),
        **choice.get(method, {}),
    }
