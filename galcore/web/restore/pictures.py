"""Restorations as pictures: every panel on one stretch, residual and uncertainty on scales of their own.

Original and results share the levels of the original. Residuals lie on a symmetric scale from blue (the
original was fainter) over black to amber (it was brighter), which colour-blind eyes tell apart; uncertainty
on one from black to white.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from galcore.images.image import SkyImage
from galcore.images.stretch import SurveyLimits, to_rgb
from galcore.web.restore.attempt import WHITE, Attempt, RestoreSource

Panel = Literal["original", "result", "residual", "sigma"]
PANELS: tuple[Panel, ...] = ("original", "result", "residual", "sigma")
ALL_BANDS = -1

RESIDUAL_COLOURS = ("#a9e3ff", "#2f8fd6", "#123a63", "#0a0d14", "#6b4108", "#dd8f1f", "#ffe6a8")
SIGMA_COLOURS = ("#0a0d14", "#2b2a5c", "#6a3d8c", "#b4577f", "#ee8a5f", "#ffd58a", "#fffbe8")
UNKNOWN_COLOUR = (52, 56, 66)  # pixels without a number
_PERCENTILE = 99.5
_HEADROOM = 1.25  # an uncertainty that is the same everywhere is not painted white


@dataclass(frozen=True, slots=True)
class Scales:
    """Upper ends of the residual scale (it runs from minus to plus) and of the uncertainty scale."""

    residual: float
    sigma: float


def measure_scales(attempts: Sequence[Attempt], band: int) -> Scales:
    """Scales that hold 99.5 % of what there is to see in all of these results together."""
    residual = max(_top(attempt, "residual", band) for attempt in attempts)
    sigma = max(_HEADROOM * _top(attempt, "sigma", band) for attempt in attempts)
    return Scales(residual or 1.0, sigma or 1.0)


def render_original(source: RestoreSource, *, stretch: str, band: int = ALL_BANDS) -> NDArray[np.uint8]:
    """The image as it is, ``(H, W, 3)`` bytes."""
    image, limits = _one_band(source.image, source.limits, band)
    return to_rgb(image, stretch=stretch, limits=limits)


def render_panel(
    attempt: Attempt, panel: Panel, *, stretch: str, band: int, scales: Scales
) -> NDArray[np.uint8]:
    """One panel of a finished attempt, ``(H, W, 3)`` bytes."""
    source = attempt.request.source
    if panel == "original":
        return render_original(source, stretch=stretch, band=band)
    assert attempt.result is not None
    if panel == "result":
        shown = result_image(attempt)
        original, limits = _one_band(source.image, source.limits, band)
        return to_rgb(_one_band(shown, None, band)[0], stretch=stretch, limits=limits, like=original)
    plane = panel_plane(attempt, panel, band)
    if plane is None:
        return np.full((*source.image.pixels.shape[-2:], 3), UNKNOWN_COLOUR, np.uint8)
    if panel == "residual":
        return paint((plane / scales.residual + 1) / 2, RESIDUAL_COLOURS)
    return paint(plane / scales.sigma, SIGMA_COLOURS)


def result_image(attempt: Attempt) -> SkyImage:
    """The result as an image of the kind that the original has."""
    assert attempt.result is not None
    image = attempt.request.source.image
    pixels = attempt.result.pixels
    if image.kind == "picture":
        pixels = np.rint(np.clip(np.nan_to_num(pixels), 0, 1) * WHITE).astype(np.uint8)
    return SkyImage(pixels, image.kind, image.bands, image.pixel_scale_arcsec, image.source)


def paint(values: NDArray, colours: Sequence[str]) -> NDArray[np.uint8]:
    """Values in 0-1, ``(H, W)``, as ``(H, W, 3)`` bytes between evenly spaced colours."""
    anchors = np.array([[int(each[n : n + 2], 16) for n in (1, 3, 5)] for each in colours], float)
    known = np.isfinite(values)
    at = np.clip(np.where(known, values, 0), 0, 1) * (len(anchors) - 1)
    steps = np.arange(len(anchors))
    rgb = np.stack([np.interp(at, steps, anchors[:, channel]) for channel in range(3)], axis=-1)
    rgb[~known] = UNKNOWN_COLOUR
    return (rgb + 0.5).astype(np.uint8)


def encode_png(rgb: NDArray[np.uint8]) -> bytes:
    """PNG bytes: no pixel changes on the way to the eye."""
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "PNG", compress_level=3)
    return stream.getvalue()


def values_at(attempt: Attempt, x: int, y: int, band: int) -> dict[str, float | None]:
    """Original, result, residual and uncertainty of one pixel; of several bands their mean."""
    height, width = attempt.request.source.image.pixels.shape[-2:]
    if not (0 <= y < height and 0 <= x < width):
        return {}
    cubes = {panel: _cube(attempt, panel) for panel in PANELS}
    return {
        panel: _number(_flatten(attempt, cube[:, y : y + 1, x : x + 1], band)[0, 0])
        for panel, cube in cubes.items()
        if cube is not None
    }


def in_noise_units(source: RestoreSource, band: int) -> bool:
    """Whether residuals and uncertainties are told in units of the noise.

    Bands of flux may differ by any factor: their mean says something only after each is divided by its noise.
    """
    return band == ALL_BANDS and source.image.kind == "flux" and len(source.image.bands) > 1


def panel_plane(attempt: Attempt, panel: Panel, band: int) -> NDArray | None:
    """One plane ``(H, W)`` of a panel: the band's, or the mean of all; ``None`` where the method has none."""
    cube = _cube(attempt, panel)
    return None if cube is None else _flatten(attempt, cube, band)


def _flatten(attempt: Attempt, cube: NDArray, band: int) -> NDArray:
    """One plane of a cube ``(C, H, W)``: a band, or the mean of all, in the units in which it is told."""
    if band != ALL_BANDS:
        return cube[band]
    if in_noise_units(attempt.request.source, band) and attempt.result is not None:
        noise = np.asarray(attempt.result.provenance.parameters["noise_sigma"], dtype=np.float32)
        cube = cube / np.where(noise > 0, noise, np.nan)[:, None, None]
    return cube.mean(axis=0)


def _cube(attempt: Attempt, panel: Panel) -> NDArray | None:
    if panel == "original":
        return attempt.request.source.flux
    if attempt.result is None:
        return None
    parts = {
        "result": attempt.result.pixels,
        "residual": attempt.result.residual,
        "sigma": attempt.result.sigma,
    }
    return parts[panel]


def _one_band(
    image: SkyImage, limits: SurveyLimits | None, band: int
) -> tuple[SkyImage, SurveyLimits | None]:
    if band == ALL_BANDS:
        return image, limits
    plane = image.pixels[band : band + 1]
    if image.kind == "picture":
        plane = np.repeat(plane, 3, axis=0)
        return SkyImage(plane, "picture", image.bands, image.pixel_scale_arcsec, image.source), None
    single = SkyImage(plane, "flux", image.bands[band : band + 1], image.pixel_scale_arcsec, image.source)
    return single, None if limits is None else SurveyLimits(limits.bands[band : band + 1])


def _top(attempt: Attempt, panel: Panel, band: int) -> float:
    """What all but a few of the sizes in a panel stay under; measured once for each answer."""

    def measure() -> float:
        plane = panel_plane(attempt, panel, band)
        if plane is None:
            return 0.0
        sizes = np.abs(plane)
        telling = sizes[np.isfinite(sizes) & (sizes > 0)]
        return float(np.percentile(telling, _PERCENTILE)) if telling.size else 0.0

    return attempt.measured(f"top {panel} {band}", measure)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def unit_text(source: RestoreSource, band: int) -> str:
    """Unit of residuals and uncertainties for people."""
    return "× noise of its band" if in_noise_units(source, band) else source.unit_words


def figure_text(value: float) -> str:
    """A number short enough for a colour bar.

    >>> figure_text(0.012345), figure_text(123456.0), figure_text(2.0)
    ('0.0123', '1.23e+05', '2')
    """
    return f"{value:.3g}"
