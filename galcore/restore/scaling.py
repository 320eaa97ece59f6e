"""From flux to the scale that a network works on, and back with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.images.detection import measure_background
from galcore.images.image import Kind

BRIGHT_PERCENTILE = 99.9  # the level that becomes 1: cores of stars may lie above it
LEAST_SNR = 20.0  # of that level, so that an empty sky is not blown up to white
SOFTENING_SIGMA = 10.0  # asinh is linear below this many sigma of the noise
SOFTENING_RANGE = (0.01, 0.2)  # what the network has seen
FIELD_PX = 256  # images of this side on have a background mesh; smaller ones the rim of the frame
RIM_SHARE = 0.12
RIM_PARTS, RIM_PERCENTILE = 4, 25  # of each side; a galaxy may reach the rim somewhere
BOX_PX, SAMPLED_PX = 64, 512


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """``x = (flux - sky) / scale`` per band, about 0 to 1, and the asinh on top of it.

    Attributes:
        sky: Level of the sky, ``(C,)``.
        noise: Standard deviation of the noise per pixel, ``(C,)``.
        scale: Flux above the sky that becomes 1, ``(C,)``.
        softening: Of ``asinh(x / softening) / asinh(1 / softening)``; ``None`` for pictures, which stay.
    """

    sky: NDArray[np.float64]
    noise: NDArray[np.float64]
    scale: NDArray[np.float64]
    softening: float | None

    def as_parameters(self) -> dict[str, object]:
        """What a record of a restoration says of it."""
        return {
            "sky": self.sky.tolist(),
            "noise_sigma": self.noise.tolist(),
            "scale": self.scale.tolist(),
            "softening": self.softening,
        }

    def normalise(self, flux: NDArray) -> NDArray[np.float32]:
        """Linear flux ``(C, H, W)`` to about 0 to 1."""
        return ((flux - self.sky[:, None, None]) / self.scale[:, None, None]).astype(np.float32)

    def denormalise(self, x: NDArray) -> NDArray[np.float32]:
        """Back to flux."""
        return (x * self.scale[:, None, None] + self.sky[:, None, None]).astype(np.float32)

    def denormalise_sigma(self, sigma: NDArray) -> NDArray[np.float32]:
        """A standard deviation back to flux."""
        return (sigma * self.scale[:, None, None]).astype(np.float32)


def stretch(x: NDArray, softening: float | None) -> NDArray:
    """``asinh(x / s) / asinh(1 / s)`` (Lupton et al. 1999); ``x`` itself without a softening."""
    return x if softening is None else np.arcsinh(x / softening) / np.arcsinh(1 / softening)


def unstretch(y: NDArray, softening: float | None) -> NDArray:
    """Inverse of :func:`stretch`.

    >>> bool(np.allclose(unstretch(stretch(np.array([-0.1, 2.0]), 0.05), 0.05), [-0.1, 2.0]))
    True
    """
    return y if softening is None else softening * np.sinh(y * np.arcsinh(1 / softening))


def unstretch_sigma(y: NDArray, sigma: NDArray, softening: float | None) -> NDArray:
    """Standard deviation of ``unstretch(y)`` to first order: ``|dx/dy| sigma``."""
    if softening is None:
        return sigma
    gain = np.arcsinh(1 / softening)
    return softening * np.cosh(y * gain) * gain * sigma


def measure_scaling(
    flux: NDArray, *, kind: Kind = "flux", noise_sigma: NDArray | float | None = None
) -> Scaling:
    """Sky, noise and scale of each band.

    The sky is the median of a background mesh for fields, and a low quartile of clipped medians along the rim
    for stamps; the noise comes from second differences of neighbouring pixels, which light that varies
    smoothly does not enter. Resampling correlates noise and hides it from neighbours: in flux the estimate
    from pixels binned by two is taken where it is larger.

    Args:
        flux: ``(C, H, W)``; NaN is left out.
        kind: Pictures keep their scale: sky 0, scale 1.
        noise_sigma: Noise per pixel, one number or one a band, where it is known.
    """
    count = len(flux)
    known = None if noise_sigma is None else np.broadcast_to(np.asarray(noise_sigma, float), (count,))
    estimate = estimate_noise if kind == "picture" else estimate_correlated_noise
    noise = np.array([estimate(band) for band in flux]) if known is None else known.copy()
    if kind == "picture":
        return Scaling(np.zeros(count), noise, np.ones(count), None)
    sky = np.array([estimate_sky(band) for band in flux])
    scale = np.array([_bright_level(band, sky[n], noise[n]) for n, band in enumerate(flux)])
    softening = float(np.clip(np.median(SOFTENING_SIGMA * noise / scale), *SOFTENING_RANGE))
    return Scaling(sky, noise, scale, softening)


def estimate_noise(band: NDArray) -> float:
    """Noise per pixel of ``(H, W)`` from the median size of mixed second differences.

    Of four pixels in a square, ``(a - b - c + d) / 2`` has the variance of one pixel and loses every level
    and slope (in the spirit of Immerkaer 1996). 1.4826 turns a median deviation into a standard deviation.

    >>> noise = np.random.default_rng(0).normal(size=(200, 200)) * 3.0
    >>> bool(2.8 < estimate_noise(noise + np.arange(200)) < 3.2)
    True
    """
    values = np.asarray(band, dtype=np.float64)
    mixed = (values[1:, 1:] - values[1:, :-1] - values[:-1, 1:] + values[:-1, :-1]) / 2
    mixed = mixed[np.isfinite(mixed)]
    noise = 1.4826 * float(np.median(np.abs(mixed))) if mixed.size else 0.0
    if noise > 0:
        return noise
    finite = values[np.isfinite(values)]  # simulations without noise: a millionth of the range
    return float(np.ptp(finite)) * 1e-6 or 1e-12


def estimate_correlated_noise(band: NDArray) -> float:
    """Noise per pixel that, were it white, would leave as much on scales of two pixels and more.

    >>> noise = np.random.default_rng(0).normal(size=(200, 200))
    >>> bool(0.95 < estimate_correlated_noise(noise) < 1.1)
    True
    >>> smooth = (noise[1:] + noise[:-1]) / 2
    >>> estimate_noise(smooth) < estimate_correlated_noise(smooth)
    True
    """
    height, width = (size // 2 * 2 for size in band.shape)
    binned = np.asarray(band, dtype=np.float64)[:height, :width].reshape(height // 2, 2, width // 2, 2)
    return max(estimate_noise(band), 2 * estimate_noise(binned.mean((1, 3))))


def estimate_sky(band: NDArray) -> float:
    """Level of the sky of ``(H, W)``."""
    bad = ~np.isfinite(band)
    if min(band.shape) >= FIELD_PX and bad.mean() < 0.5:
        step = max(1, min(band.shape) // SAMPLED_PX)  # one level is asked for: a share of the pixels tells it
        part, hole = band[::step, ::step], bad[::step, ::step]
        filled = np.where(hole, np.median(part[~hole]), part).astype(np.float32)
        return float(np.median(measure_background(filled, hole, BOX_PX, "image")[0]))
    rim = max(2, round(RIM_SHARE * min(band.shape)))
    strips = (band[:rim], band[-rim:], band[:, :rim].T, band[:, -rim:].T)
    parts = [part for strip in strips for part in np.array_split(strip, RIM_PARTS, axis=1)]
    levels = [_clipped_median(part[np.isfinite(part)]) for part in parts if np.isfinite(part).sum() >= 8]
    return float(np.percentile(levels, RIM_PERCENTILE)) if levels else _clipped_median(band[~bad])


def _clipped_median(values: NDArray) -> float:
    for _ in range(5):
        middle = np.median(values)
        scatter = 1.4826 * np.median(np.abs(values - middle))
        kept = values[np.abs(values - middle) <= 3 * scatter]
        if kept.size in (0, values.size):
            break
        values = kept
    return float(np.median(values))


def _bright_level(band: NDArray, sky: float, noise: float) -> float:
    finite = band[np.isfinite(band)]
    top = float(np.percentile(finite, BRIGHT_PERCENTILE)) - sky
    return max(top, LEAST_SNR * noise)
