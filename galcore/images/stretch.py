"""From flux to bytes for the eye. What the model sees never passes through here.

``survey``: asinh with the limits of the whole survey, so that brightness compares across stamps.
``image``: asinh up to the 99.8th percentile of this image. ``zscale``: linear between the IRAF limits.
``faint``: the noise fills a third of the range, for low-surface-brightness structure.
Pictures (JPEG and the like) are already stretched: ``survey`` leaves them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.visualization import ZScaleInterval
from numpy.typing import NDArray

from galcore.images.image import SkyImage
from galcore.types import GalcoreError

STRETCHES = ("survey", "image", "zscale", "faint")
FAMILIAR_BANDS = (("i", "r", "g"), ("z", "r", "g"))  # what colour pictures of galaxies are made of
MAX_MEASURED_PIXELS = 65_536
MIN_SCATTER = 5e-4  # simulations without noise have no scale of their own
SOFTENING_SIGMA = 3.0  # below this many sigma the survey stretch is linear
WHITENING = 0.8  # share of white mixed into a core far brighter than white
GREY_SIGMA = 3.0  # below this many sigma colour fades to grey
WAVELENGTH_ORDER = (
    "fuv",
    "nuv",
    "u",
    "b",
    "g",
    "v",
    "r",
    "vis",
    "i",
    "z",
    "y",
    "j",
    "h",
    "k",
    "ks",
    "w1",
    "w2",
)
# Order matters only between bands with names; unnamed bands keep the order of the file, short to long.


@dataclass(frozen=True, slots=True)
class BandLimits:
    """Levels of one band: sky, its scatter, and the level that looks white."""

    sky: float
    noise: float
    white: float


@dataclass(frozen=True, slots=True)
class SurveyLimits:
    """Levels of each band of one survey."""

    bands: tuple[BandLimits, ...]


def to_rgb(
    image: SkyImage, *, stretch: str, limits: SurveyLimits | None = None, like: SkyImage | None = None
) -> NDArray[np.uint8]:
    """Bytes ``(H, W, 3)`` of an image under a stretch; grey for one band. NaN shows as black.

    Args:
        image: The stamp.
        stretch: One of ``STRETCHES``.
        limits: Levels of the survey; without them ``survey`` takes the levels of this image. The other
            stretches take from them only the balance of the colours.
        like: Levels are measured on this image of the same bands instead, so that two can be compared.

    Raises:
        GalcoreError: If the stretch has another name.
    """
    reference = image if like is None else like
    if stretch not in STRETCHES:
        raise GalcoreError(f"stretch {stretch!r} is unknown; choose one of {', '.join(STRETCHES)}")
    if image.kind == "picture":
        return _picture_to_rgb(image.pixels, stretch, reference.pixels)
    chosen = choose_bands(image.bands)
    planes = np.stack([clean(image.pixels[n]) for n in chosen])
    measured = planes if like is None else np.stack([clean(reference.pixels[n]) for n in chosen])
    survey = None
    if limits is not None and len(limits.bands) == len(image.bands):
        survey = [limits.bands[n] for n in chosen]
    if stretch == "survey" and survey is not None:
        levels = survey
    else:
        levels = _balance([measure_limits(plane) for plane in measured], survey)
    if stretch == "zscale":
        shown: NDArray = _scale_linearly(planes, levels, measured)
    elif stretch == "faint":
        shown = np.stack([_stretch_faint(plane, level) for plane, level in zip(planes, levels, strict=True)])
    else:
        shown = lupton(planes, levels)
    return _to_bytes(shown)


def choose_bands(bands: tuple[str, ...]) -> tuple[int, ...]:
    """Indexes of the bands shown as red, green, blue (one for grey), longest wavelength as red.

    >>> choose_bands(("g", "r", "i", "z", "y"))
    (2, 1, 0)
    >>> choose_bands(("r",))
    (0,)
    """
    count = len(bands)
    if count == 1:
        return (0,)
    order = list(range(count))
    if all(name in WAVELENGTH_ORDER for name in bands):
        order.sort(key=lambda n: WAVELENGTH_ORDER.index(bands[n]))
    if count == 2:
        return (order[1], order[0], order[0])
    if count == 3:
        return (order[2], order[1], order[0])
    for familiar in FAMILIAR_BANDS:
        if set(familiar) <= set(bands):
            return tuple(bands.index(name) for name in familiar)
    shares = (0.75, 0.45, 0.1)  # away from the ends of the spectrum, which are the noisiest in practice
    return tuple(order[round((count - 1) * share)] for share in shares)


def clean(plane: NDArray) -> NDArray[np.float32]:
    """The plane as float32 with everything that is not finite, or absurdly large, set to NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = plane.astype(np.float32)
        values[~np.isfinite(values) | (np.abs(values) > 1e30)] = np.nan
    return values


def measure_limits(plane: NDArray) -> BandLimits:
    """Levels of one plane ``(H, W)``: sky, its scatter, white at the 99.8th percentile.

    A galaxy may fill most of a stamp, so the sky is the median after pixels far above it were clipped, and
    the scatter is the smaller of that below the sky and that between neighbouring pixels.
    """
    plane = plane[
        :: max(1, plane.size // MAX_MEASURED_PIXELS)
    ]  # whole rows, so that neighbours stay neighbours
    values = plane[np.isfinite(plane)].astype(np.float64)
    if values.size == 0:
        return BandLimits(0.0, 1.0, 1.0)
    top = float(np.percentile(values, 99.8))
    sky, noise = _clip_sky(values)
    steps = np.abs(np.diff(plane.astype(np.float64), axis=1))
    steps = steps[np.isfinite(steps)]
    if steps.size:
        between = float(np.median(steps)) / 0.954  # median |difference| of two Gaussian pixels, in sigma
        noise = min(noise, between) if between > 0 else noise
    if noise <= 0:
        noise = float(np.ptp(values)) / 100 or 1.0
    return BandLimits(sky, noise, max(top, sky + 5 * noise))


def _clip_sky(values: NDArray[np.float64]) -> tuple[float, float]:
    for _ in range(5):
        low, sky = np.percentile(values, [15.87, 50])
        kept = values[values <= sky + 3 * (sky - low)]
        if kept.size in (values.size, 0):
            break
        values = kept
    return float(sky), float(sky - low)


def lupton(planes: NDArray, levels: list[BandLimits]) -> NDArray[np.float32]:
    """Colour-preserving asinh of one or three planes, in 0-1.

    Each band is put on one scale, ``x_b = (flux_b - sky_b) / (white_b - sky_b)``. With ``I`` their mean and
    ``s`` the scatter of ``I`` it is shown as ``x_b f(I) / I``, where
    ``f(I) = asinh((I + s) / (k s)) / asinh(1 / (k s))`` (after Lupton et al. 2004, PASP 116, 133): linear in
    the noise, logarithmic above it. Colour fades towards grey within the noise, where a ratio of bands means
    nothing, and towards white in cores brighter than white.
    """
    span = np.array([max(level.white - level.sky, 1e-30) for level in levels])[:, None, None]
    sky = np.array([level.sky for level in levels])[:, None, None]
    scaled = np.nan_to_num((planes - sky) / span, nan=-1e3, posinf=1e6, neginf=-1e3)
    noise = np.array([level.noise for level in levels]) / span[:, 0, 0]
    scatter = float(np.clip(np.sqrt(np.mean(noise**2) / len(levels)), MIN_SCATTER, 0.3))
    intensity = scaled.mean(axis=0)
    softening = SOFTENING_SIGMA * scatter
    curve = np.arcsinh(np.clip(intensity + scatter, 0, None) / softening) / np.arcsinh(1 / softening)
    fade = GREY_SIGMA * scatter
    colour = np.clip(scaled + fade, 0, None) / np.maximum(intensity + fade, fade / 4)
    shown = np.asarray(curve * colour, dtype=np.float32)
    brightest = np.maximum(shown.max(axis=0), 1.0)
    return shown / brightest + (1 - 1 / brightest) * (1 - shown / brightest) * WHITENING


def _stretch_faint(plane: NDArray, level: BandLimits) -> NDArray[np.float32]:
    signal = (plane.astype(np.float64) - level.sky) / level.noise  # 32 bits overflow over a tiny noise
    compressed = np.arcsinh((signal + 1) / 2) / np.arcsinh(10.0)
    return np.asarray(np.clip(np.nan_to_num(compressed, nan=0.0), 0, 1), dtype=np.float32)


def _zscale_limits(plane: NDArray) -> tuple[float, float]:
    values = plane[np.isfinite(plane)]
    if values.size == 0:
        return 0.0, 1.0
    low, high = ZScaleInterval(n_samples=2000).get_limits(values)
    return float(low), float(high)


def _scale_linearly(planes: NDArray, levels: list[BandLimits], measured: NDArray) -> NDArray[np.float64]:
    """All bands between the limits of their balanced mean, so that the sky stays grey."""
    span = np.array([max(level.white - level.sky, 1e-30) for level in levels])[:, None, None]
    sky = np.array([level.sky for level in levels])[:, None, None]
    scaled = (planes.astype(np.float64) - sky) / span
    low, high = _zscale_limits(((measured.astype(np.float64) - sky) / span).mean(axis=0))
    return np.clip(
        np.nan_to_num((scaled - low) / max(high - low, 1e-30), nan=0.0, posinf=1.0, neginf=0.0), 0, 1
    )


def _balance(own: list[BandLimits], survey: list[BandLimits] | None) -> list[BandLimits]:
    """Levels of an image with the ratio of the bands that its survey has."""
    if survey is None or len(own) < 2:
        return own
    ratios = [
        (mine.white - mine.sky) / max(theirs.white - theirs.sky, 1e-30)
        for mine, theirs in zip(own, survey, strict=True)
    ]
    share = float(np.mean(ratios))
    return [
        BandLimits(mine.sky, mine.noise, mine.sky + share * (theirs.white - theirs.sky))
        for mine, theirs in zip(own, survey, strict=True)
    ]


def _picture_to_rgb(
    pixels: NDArray[np.uint8], stretch: str, measured: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    if stretch == "survey":
        return np.ascontiguousarray(pixels.transpose(1, 2, 0))
    planes = pixels.astype(np.float32)
    luminance = measured.mean(axis=0, dtype=np.float32)
    sky = float(np.median(luminance))
    if stretch == "image":
        white = max(float(np.percentile(luminance, 99.8)), sky + 4)
        black = max(sky - 8, 0)
        shown = _curve_picture(planes, black, white, 4.0)
    elif stretch == "zscale":
        low, high = _zscale_limits(luminance)
        shown = np.clip((planes - low) / max(high - low, 1.0), 0, 1)
    else:
        noise = max(sky - float(np.percentile(luminance, 15.87)), 1.0)
        shown = _curve_picture(planes, max(sky - noise, 0), max(sky + 60 * noise, sky + 60), 30.0)
    return _to_bytes(shown)


def _curve_picture(planes: NDArray, black: float, white: float, softening: float) -> NDArray[np.float32]:
    scaled = np.clip((planes - black) / max(white - black, 1.0), 0, None)
    intensity = scaled.mean(axis=0)
    factor = np.arcsinh(softening * intensity) / np.arcsinh(softening)
    shown = scaled * np.divide(factor, intensity, out=np.zeros_like(factor), where=intensity > 0)
    return shown / np.maximum(shown.max(axis=0), 1.0)


def _to_bytes(shown: NDArray) -> NDArray[np.uint8]:
    rgb = np.broadcast_to(shown, (3, *shown.shape[1:])) if len(shown) == 1 else shown
    return np.ascontiguousarray((np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0))
