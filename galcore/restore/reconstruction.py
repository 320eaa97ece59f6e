"""Masked pixels filled in; what was known comes back bit for bit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from galcore.images.image import Kind
from galcore.restore import network
from galcore.restore.classical import fill_biharmonic
from galcore.restore.restoration import (
    Restoration,
    as_bands,
    describe_restoration,
    find_missing,
    stop_if,
)
from galcore.restore.scaling import Scaling, measure_scaling, stretch, unstretch, unstretch_sigma
from galcore.types import CancelCheck, GalcoreError, Progress, ProgressCallback

if TYPE_CHECKING:
    from galcore.model.restorer import Restorer

RECONSTRUCTION_METHODS = ("model", "biharmonic")
MAX_MISSING_SHARE = 0.98


def reconstruct(
    flux: NDArray,
    mask: NDArray | None = None,
    *,
    method: str = "model",
    kind: Kind = "flux",
    restorer: Restorer | None = None,
    noise_sigma: NDArray | float | None = None,
    description: str = "",
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> Restoration:
    """Fill the missing pixels of an image.

    Args:
        flux: ``(C, H, W)`` or ``(H, W)``; pixels that are not finite are missing too.
        mask: ``(H, W)``, true (nonzero) where pixels are to be replaced in every band.
        method: One of ``RECONSTRUCTION_METHODS``.
        kind: ``picture``: 0 to 1, already stretched for the eye.
        restorer: Network of the method ``model``; the shipped one by default.
        noise_sigma: Noise per pixel, one number or one a band; estimated by default.
        description: What the mask is, for the record.
        progress: Told after each tile or band.
        cancel: Asked after each tile or band.

    Raises:
        GalcoreError: If nothing is missing, nearly everything is, shapes do not go together, or it was
            cancelled.
    """
    started = time.monotonic()
    if method not in RECONSTRUCTION_METHODS:
        raise GalcoreError(
            f"--method: '{method}' does not fill; choose {' or '.join(RECONSTRUCTION_METHODS)}"
        )
    pixels = as_bands(flux)
    missing = find_missing(pixels, mask)
    _check_share(missing)
    union: NDArray[np.bool_] = np.asarray(missing.any(0))
    clear = np.where(missing, np.nan, pixels)
    scaling = measure_scaling(clear, kind=kind, noise_sigma=noise_sigma)
    sigma: NDArray | None = None
    used = (restorer or network.load()) if method == "model" else None
    if used is not None:
        filled, sigma = _with_model(clear, union, scaling, used, progress, cancel)
        sigma = np.where(missing, sigma, 0).astype(np.float32)
    else:
        filled = _with_biharmonic(clear, missing, progress, cancel)
    result = np.where(missing, filled, pixels).astype(np.float32)
    parameters: dict[str, Any] = {
        "mask": description or "given",
        "missing_share": float(union.mean()),
        **scaling.as_parameters(),
    }
    return describe_restoration(
        "reconstruct",
        method,
        kind,
        pixels,
        missing,
        result=result,
        sigma=sigma,
        residual=(pixels - result).astype(np.float32),
        scaling=scaling,
        restorer=used,
        parameters=parameters,
        started=started,
    )


def _check_share(missing: NDArray[np.bool_]) -> None:
    if not missing.any():
        raise GalcoreError("mask: marks no pixel, and the image has none without a value; nothing to fill")
    share = float(missing.mean((1, 2)).max())
    if share > MAX_MISSING_SHARE:
        raise GalcoreError(f"mask: covers {share:.1%} of the image; too little is left to fill from")


def _with_model(
    clear: NDArray,
    missing: NDArray[np.bool_],
    scaling: Scaling,
    restorer: Restorer,
    progress: ProgressCallback | None,
    cancel: CancelCheck | None,
) -> tuple[NDArray, NDArray]:
    x = np.nan_to_num(stretch(scaling.normalise(clear), scaling.softening), nan=0.0)
    reverse = scaling.softening is not None
    y, sigma = network.reconstruct_scaled(
        x, missing, restorer, reverse=reverse, progress=progress, cancel=cancel
    )
    flux = scaling.denormalise(unstretch(y, scaling.softening))
    return flux, scaling.denormalise_sigma(unstretch_sigma(y, sigma, scaling.softening))


def _with_biharmonic(
    clear: NDArray,
    missing: NDArray[np.bool_],
    progress: ProgressCallback | None,
    cancel: CancelCheck | None,
) -> NDArray:
    planes = []
    for n, band in enumerate(clear):
        stop_if(cancel)
        planes.append(fill_biharmonic(band, missing[n]) if missing[n].any() else band)
        if progress is not None:
            progress(Progress("restore", n + 1, len(clear)))
    return np.stack(planes)
