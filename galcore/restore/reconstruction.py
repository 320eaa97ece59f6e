"""Masked pixels filled in; what was known comes back bit for bit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from galcore.restore import network
from galcore.restore.classical import fill_biharmonic
from galcore.restore.fingerprint import fingerprint
from galcore.restore.restoration import (
    Kind,
    Restoration,
    as_bands,
    as_mask,
    make_provenance,
    measure_changes,
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
    missing = _missing_pixels(pixels, mask)
    union: NDArray[np.bool_] = np.asarray(missing.any(0))
    clear = np.where(missing, np.nan, pixels)
    scaling = measure_scaling(clear, kind=kind, noise_sigma=noise_sigma)
    name, model_hash = "", ""
    sigma: NDArray | None = None
    if method == "model":
        restorer = restorer or network.load()
        name, model_hash = restorer.model_name, restorer.model_hash
        filled, sigma = _with_model(clear, union, scaling, restorer, progress, cancel)
        sigma = np.where(missing, sigma, 0).astype(np.float32)
    else:
        filled = _with_biharmonic(clear, missing, progress, cancel)
    result = np.where(missing, filled, pixels).astype(np.float32)
    parameters: dict[str, Any] = {
        "mask": description or "given",
        "missing_share": float(union.mean()),
        **scaling.as_parameters(),
    }
    total, aperture, radius = measure_changes(pixels, result, missing, scaling.sky, scaling.noise)
    return Restoration(
        pixels=result,
        sigma=sigma,
        residual=(pixels - result).astype(np.float32),
        mask=union,
        task="reconstruct",
        method=method,
        kind=kind,
        total=total,
        aperture=aperture,
        aperture_radius_px=radius,
        seconds=time.monotonic() - started,
        provenance=make_provenance(name, model_hash, fingerprint(pixels), parameters),
    )


def _missing_pixels(pixels: NDArray, mask: NDArray | None) -> NDArray[np.bool_]:
    """``(C, H, W)``: asked for, or not finite."""
    missing = ~np.isfinite(pixels)
    if mask is not None:
        missing = missing | as_mask(mask, pixels.shape[1:])
    if not missing.any():
        raise GalcoreError("mask: marks no pixel, and the image has none without a value; nothing to fill")
    share = float(missing.mean((1, 2)).max())
    if share > MAX_MISSING_SHARE:
        raise GalcoreError(f"mask: covers {share:.1%} of the image; too little is left to fill from")
    return missing


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
