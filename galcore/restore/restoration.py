"""What a restoration returns, and whether it kept the light."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from galcore.code_version import code_version
from galcore.images.image import Kind
from galcore.restore.fingerprint import fingerprint
from galcore.types import CancelCheck, GalcoreError, Provenance

if TYPE_CHECKING:
    from galcore.model.restorer import Restorer
    from galcore.restore.scaling import Scaling

Task = Literal["reconstruct", "deconvolve"]
APERTURE_SHARE = 0.25  # radius of the flux aperture over the shorter side


@dataclass(frozen=True, slots=True)
class FluxChange:
    """Light above the sky before and after, one entry a band, in the units of the image.

    Attributes:
        before: Sum over the pixels that were known.
        after: Sum over the same frame of the result.
        relative: ``(after - before) / |before|``; NaN where ``before`` is within its noise of zero.
    """

    before: tuple[float, ...]
    after: tuple[float, ...]
    relative: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Restoration:
    """A restored image beside what was done to it.

    Attributes:
        pixels: ``(C, H, W)`` float32, units of the input.
        sigma: One standard deviation per pixel, ``(C, H, W)``; ``None`` where the method has none. Zero at
            pixels that were known.
        residual: ``(C, H, W)``: original minus result; for deconvolution original minus PSF * result.
        mask: ``(H, W)``: pixels that were missing in any band, asked for or not finite.
        task: ``reconstruct`` or ``deconvolve``.
        method: Name of the method.
        kind: ``flux`` or ``picture`` (0 to 1).
        total: Light in the whole frame. A reconstruction adds the light that it puts into the mask.
        aperture: Light within ``aperture_radius_px`` of the middle.
        aperture_radius_px: Radius of that aperture.
        seconds: Time taken.
        provenance: Everything that made the result; ``parameters`` holds PSF, noise, sky and scale.
    """

    pixels: NDArray[np.float32]
    sigma: NDArray[np.float32] | None
    residual: NDArray[np.float32]
    mask: NDArray[np.bool_]
    task: Task
    method: str
    kind: Kind
    total: FluxChange
    aperture: FluxChange
    aperture_radius_px: float
    seconds: float
    provenance: Provenance

    @property
    def flux_before(self) -> tuple[float, ...]:
        """Light in the whole frame before, per band."""
        return self.total.before

    @property
    def flux_after(self) -> tuple[float, ...]:
        """Light in the whole frame after, per band."""
        return self.total.after


def as_bands(flux: NDArray, name: str = "image") -> NDArray[np.float32]:
    """Pixels as ``(C, H, W)`` float32; one plane becomes one band.

    Raises:
        GalcoreError: If the shape is none of an image, or no pixel has a value.
    """
    pixels = np.asarray(flux, dtype=np.float32)
    if pixels.ndim == 2:
        pixels = pixels[None]
    if pixels.ndim != 3 or min(pixels.shape) == 0:
        raise GalcoreError(f"{name}: shape {np.shape(flux)} is no image; give (H, W) or (bands, H, W)")
    if min(pixels.shape[1:]) < 4:
        raise GalcoreError(f"{name}: {pixels.shape[2]} x {pixels.shape[1]} pixels are too few to restore")
    empty = [n + 1 for n in range(len(pixels)) if not np.isfinite(pixels[n]).any()]
    if empty:
        raise GalcoreError(f"{name}: band {empty[0]} holds no pixel with a value; leave it out")
    return pixels


def as_mask(mask: NDArray, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """``(H, W)``, true where a mask is not zero.

    Raises:
        GalcoreError: If it has another size than the image.
    """
    asked = np.asarray(mask)
    if asked.shape != tuple(shape):
        text = " x ".join(str(n) for n in asked.shape[::-1])
        raise GalcoreError(f"mask: {text} pixels do not match the image of {shape[1]} x {shape[0]}")
    return np.asarray(np.nan_to_num(asked.astype(np.float32), nan=1.0) != 0)


def find_missing(pixels: NDArray[np.float32], mask: NDArray | None) -> NDArray[np.bool_]:
    """``(C, H, W)``: pixels asked for, or without a value.

    Raises:
        GalcoreError: If the mask has another size than the image.
    """
    missing: NDArray[np.bool_] = ~np.isfinite(pixels)
    return missing if mask is None else missing | as_mask(mask, pixels.shape[1:])


def describe_restoration(
    task: Task,
    method: str,
    kind: Kind,
    pixels: NDArray[np.float32],
    missing: NDArray[np.bool_],
    *,
    result: NDArray[np.float32],
    sigma: NDArray[np.float32] | None,
    residual: NDArray[np.float32],
    scaling: Scaling,
    restorer: Restorer | None,
    parameters: dict[str, Any],
    started: float,
) -> Restoration:
    """A finished result with its change of light, its time since ``started`` and its provenance."""
    total, aperture, radius = measure_changes(pixels, result, missing, scaling.sky, scaling.noise)
    made_by = (restorer.model_name, restorer.model_hash) if restorer is not None else ("", "")
    return Restoration(
        pixels=result,
        sigma=sigma,
        residual=residual,
        mask=np.asarray(missing.any(0)),
        task=task,
        method=method,
        kind=kind,
        total=total,
        aperture=aperture,
        aperture_radius_px=radius,
        seconds=time.monotonic() - started,
        provenance=make_provenance(*made_by, fingerprint(pixels), parameters),
    )


def measure_changes(
    before: NDArray, after: NDArray, missing: NDArray[np.bool_], sky: NDArray, noise: NDArray
) -> tuple[FluxChange, FluxChange, float]:
    """Change of the light in the whole frame and in an aperture, and the radius of that."""
    disc, radius = aperture_mask(before.shape[1:])
    whole = measure_flux(before, after, sky, noise, ~missing)
    return whole, measure_flux(before, np.where(disc, after, np.nan), sky, noise, ~missing & disc), radius


def measure_flux(
    before: NDArray, after: NDArray, sky: NDArray, noise: NDArray, known: NDArray[np.bool_]
) -> FluxChange:
    """Light above the sky before and after.

    Args:
        before: ``(C, H, W)``, may hold NaN.
        after: ``(C, H, W)``.
        sky: Level per band, ``(C,)``.
        noise: Per pixel and band, ``(C,)``; tells which sums are nothing but noise.
        known: ``(C, H, W)``: pixels that count before; after, every finite pixel counts.
    """
    level = sky[:, None, None]
    first = np.asarray(np.where(known, before - level, 0.0).sum((1, 2), dtype=np.float64))
    second = np.asarray(np.where(np.isfinite(after), after - level, 0.0).sum((1, 2), dtype=np.float64))
    floor = 3.0 * noise * np.sqrt(known.sum((1, 2)))
    certain = np.abs(first) > floor
    safe = np.where(certain, np.abs(first), 1.0)
    relative = np.where(certain, (second - first) / safe, np.nan)
    return FluxChange(_numbers(first), _numbers(second), _numbers(relative))


def _numbers(values: NDArray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def aperture_mask(shape: tuple[int, ...]) -> tuple[NDArray[np.bool_], float]:
    """A disc about the middle of ``(H, W)``, and its radius in pixels."""
    height, width = shape
    radius = max(2.0, APERTURE_SHARE * min(height, width))
    y, x = np.ogrid[:height, :width]
    return np.hypot(y - (height - 1) / 2, x - (width - 1) / 2) <= radius, radius


def make_provenance(
    model_name: str, model_hash: str, data_hash: str, parameters: dict[str, Any]
) -> Provenance:
    """Provenance of a restoration made now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Provenance(code_version(), model_name, model_hash, data_hash, parameters, now)


def stop_if(cancel: CancelCheck | None) -> None:
    """Ends a restoration that was cancelled.

    Raises:
        GalcoreError: If it was.
    """
    if cancel is not None and cancel():
        raise GalcoreError("the restoration was cancelled; nothing was written")
