"""The same galaxies in a blurred and a sharper survey: does deconvolution bring the one nearer to the other?

The pairs are GAMA galaxies in r of SDSS (0.339 arcsec a pixel) and KiDS (0.2), with the PSF of each (ProFit
examples, Robotham et al. 2017), both with the sky taken off and north up. Flux scale: the ratio of the light
within 8 arcsec, which blur hardly changes. Registration: both images are blurred by the PSF of the other, and
the shift is fitted between them. Both are measured once a pair, on the input, and used for it and for every
method alike, so that no method can gain by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from galcore.images.image import ImageAddress
from galcore.images.readers import read_whole
from galcore.restore.classical import blur
from galcore.restore.deconvolution import deconvolve
from galcore.restore.psf import as_psf, read_psf
from galcore.restore.scaling import measure_scaling, stretch
from galcore.types import GalcoreError

if TYPE_CHECKING:
    from galcore.model.restorer import Restorer

BLURRED, SHARP = "profit_pairs_SDSS", "profit_pairs_KiDS"
SCALE_BLURRED, SCALE_SHARP = 0.339, 0.2  # arcsec a pixel
APERTURE_ARCSEC = 8.0
INPUT, TO_SHARPER = "input", ", to the PSF of KiDS"
RIM_PX = 6  # of the sharper grid: the rim of either image has no surroundings
BRIGHT_SIGMA = 3.0  # pixels of the sharper image this far above its noise are compared


@dataclass(frozen=True, slots=True, eq=False)
class SurveyPair:
    """One galaxy in two surveys.

    Attributes:
        name: Of the galaxy.
        blurred: ``(H, W)`` flux.
        blurred_psf: ``(k, k)``.
        noise: Of ``blurred`` per pixel.
        sharp: ``(H', W')`` flux in the units of ``blurred``, on finer pixels.
        sharp_psf: ``(k', k')``.
        usable: ``(H', W')``: pixels of the galaxy, nothing masked.
    """

    name: str
    blurred: NDArray[np.float64]
    blurred_psf: NDArray[np.float64]
    noise: float
    sharp: NDArray[np.float64]
    sharp_psf: NDArray[np.float64]
    usable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Registration:
    """How pixels of the sharper image lie in the blurred one.

    Attributes:
        shift: Rows and columns of the blurred image between the middles.
        gain: Flux of the sharper survey over that of the blurred one.
    """

    shift: tuple[float, float]
    gain: float


@dataclass(frozen=True, slots=True)
class PairRow:
    """One method on one pair.

    Attributes:
        galaxy: Name.
        method: ``input`` is the blurred image before anything was done.
        error: Root mean square difference from the sharper image over the root mean square of that, within
            the galaxy, at the flux scale of the pair.
        error_scaled: The same with the flux scale that suits this image best: shape alone counts.
        psnr: dB, after the asinh stretch of the sharper image, over the frame.
        closer: Whether ``error`` is below that of the input; ``None`` for the input.
        closer_scaled: The same for ``error_scaled``.
        closer_stretched: Whether ``psnr`` is above that of the input.
        error_same_psf: As ``error``, after the restored image got the PSF of the sharper one.
        flux_change: Relative change of the flux by the method, in the middle.
    """

    galaxy: str
    method: str
    error: float
    error_scaled: float
    psnr: float
    closer: bool | None
    closer_scaled: bool | None
    closer_stretched: bool | None
    error_same_psf: float
    flux_change: float


def read_pairs(real_data_dir: Path) -> tuple[SurveyPair, ...]:
    """All pairs that are there in both surveys.

    Raises:
        GalcoreError: If there is none.
    """
    folder = real_data_dir / "fits_realsky" / "images"
    names = sorted(p.name.removesuffix("fitim.fits") for p in (folder / BLURRED).glob("*fitim.fits"))
    both = [name for name in names if (folder / SHARP / f"{name}fitim.fits").is_file()]
    if not both:
        raise GalcoreError(f"{folder}: no pairs of {BLURRED} and {SHARP}; set GALCORE_REAL_DATA")
    return tuple(_read_pair(folder, name) for name in both)


def _read_pair(folder: Path, name: str) -> SurveyPair:
    def plane(survey: str, part: str) -> NDArray[np.float64]:
        return read_whole(ImageAddress(folder / survey / f"{name}{part}.fits")).pixels[0].astype(np.float64)

    sharp, noise = plane(SHARP, "fitim"), plane(SHARP, "sigma")
    rim = np.zeros(sharp.shape, dtype=bool)
    rim[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX] = True
    segments = plane(SHARP, "segim")
    middle = segments[sharp.shape[0] // 2, sharp.shape[1] // 2]
    own = (segments == middle) | (segments == 0)
    bright = ndimage.gaussian_filter(sharp, 1.5) > BRIGHT_SIGMA * np.median(noise)
    return SurveyPair(
        name=name,
        blurred=plane(BLURRED, "fitim"),
        blurred_psf=read_psf(folder / BLURRED / f"{name}psfim.fits").stamps[0].astype(np.float64),
        noise=float(np.median(plane(BLURRED, "sigma"))),
        sharp=sharp,
        sharp_psf=_without_hollow(read_psf(folder / SHARP / f"{name}psfim.fits").stamps[0]),
        usable=rim & own & bright & (plane(SHARP, "mskim") == 0),
    )


def _without_hollow(psf: NDArray) -> NDArray[np.float64]:
    """A measured PSF without the negative wings that too high a sky left: they make its core too heavy."""
    clipped = np.clip(psf.astype(np.float64), 0, None)
    return clipped / clipped.sum()


def on_sharp_grid(image: NDArray, shape: tuple[int, ...], registration: Registration) -> NDArray[np.float64]:
    """An image of the blurred survey on the pixels of the sharper one, flux per pixel scaled by area."""
    ratio = SCALE_SHARP / SCALE_BLURRED
    middle = (np.array(shape) - 1) / 2
    target = (np.array(image.shape) - 1) / 2 + np.array(registration.shift)
    moved = ndimage.affine_transform(
        image, np.full(2, ratio), offset=target - ratio * middle, output_shape=tuple(shape), mode="nearest"
    )
    return np.asarray(registration.gain * ratio**2 * moved)


def register(pair: SurveyPair) -> Registration:
    """Flux scale, and the shift at the resolution that both have after each other's PSF."""
    first = blur(pair.blurred, _resampled_psf(pair.sharp_psf, SCALE_SHARP / SCALE_BLURRED))
    second = blur(pair.sharp, _resampled_psf(pair.blurred_psf, SCALE_BLURRED / SCALE_SHARP))
    gain = _aperture_flux(second, SCALE_SHARP) / _aperture_flux(first, SCALE_BLURRED)
    use = pair.usable
    norm = float(np.sqrt(np.mean(second[use] ** 2)))

    def misfit(p: NDArray) -> NDArray:
        shown = on_sharp_grid(first, pair.sharp.shape, Registration((p[0], p[1]), gain))
        return (shown - second)[use] / norm

    shift = optimize.least_squares(misfit, [0.0, 0.0]).x
    return Registration((float(shift[0]), float(shift[1])), float(gain))


def _aperture_flux(image: NDArray, pixel_scale_arcsec: float) -> float:
    """Light about the brightest point near the middle."""
    smooth = ndimage.gaussian_filter(image, 1.0)
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    middle = (image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2
    near = np.hypot(rows - middle[0], columns - middle[1]) * pixel_scale_arcsec < APERTURE_ARCSEC / 2
    peak = np.unravel_index(np.where(near, smooth, -np.inf).argmax(), image.shape)
    inside = np.hypot(rows - peak[0], columns - peak[1]) * pixel_scale_arcsec <= APERTURE_ARCSEC
    return float(image[inside].sum())


def compare_pairs(pairs: tuple[SurveyPair, ...], restorers: Mapping[str, Restorer]) -> Iterator[PairRow]:
    """Rows of every pair: the input, Wiener, Richardson-Lucy and each network.

    Each method takes out all of the blur and, in a row of its own, only what the sharper survey has not.
    """
    methods: list[tuple[str, str, Restorer | None]] = [
        ("wiener", "wiener", None),
        ("richardson-lucy", "richardson-lucy", None),
        *((name, "model", restorer) for name, restorer in restorers.items()),
    ]
    for pair in pairs:
        registration = register(pair)
        before = _row(pair, INPUT, pair.blurred, registration, None, 0.0)
        yield before
        psf = as_psf(pair.blurred_psf, "PSF of the pair")
        narrow = as_psf(_resampled_psf(pair.sharp_psf, SCALE_SHARP / SCALE_BLURRED), "PSF of the sharper one")
        for (name, method, restorer), target in product(methods, (None, narrow)):
            done = deconvolve(
                pair.blurred, psf, noise_sigma=pair.noise, method=method, restorer=restorer, target=target
            )
            shown = done.pixels[0].astype(np.float64)
            label = name if target is None else f"{name}{TO_SHARPER}"
            yield _row(pair, label, shown, registration, before, done.aperture.relative[0])


def _row(
    pair: SurveyPair,
    method: str,
    image: NDArray,
    registration: Registration,
    before: PairRow | None,
    flux_change: float,
) -> PairRow:
    shown = on_sharp_grid(image, pair.sharp.shape, registration)
    coarse = on_sharp_grid(
        blur(image, _resampled_psf(pair.sharp_psf, SCALE_SHARP / SCALE_BLURRED)),
        pair.sharp.shape,
        registration,
    )
    scaling = measure_scaling(pair.sharp[None].astype(np.float32))
    looks = [stretch(scaling.normalise(plane[None])[0], scaling.softening) for plane in (shown, pair.sharp)]
    inner = (slice(RIM_PX, -RIM_PX), slice(RIM_PX, -RIM_PX))
    mse = float(np.mean((np.clip(looks[0], 0, 1) - np.clip(looks[1], 0, 1))[inner] ** 2))
    psnr = -10 * float(np.log10(mse))
    error, scaled = _error(shown, pair), _error(_scaled(shown, pair), pair)
    return PairRow(
        galaxy=pair.name,
        method=method,
        error=error,
        error_scaled=scaled,
        psnr=psnr,
        closer=None if before is None else error < before.error,
        closer_scaled=None if before is None else scaled < before.error_scaled,
        closer_stretched=None if before is None else psnr > before.psnr,
        error_same_psf=_error(coarse, pair),
        flux_change=flux_change,
    )


def _error(image: NDArray, pair: SurveyPair) -> float:
    difference = (image - pair.sharp)[pair.usable]
    return float(np.sqrt(np.mean(difference**2) / np.mean(pair.sharp[pair.usable] ** 2)))


def _scaled(image: NDArray, pair: SurveyPair) -> NDArray:
    """An image times the factor that brings it nearest to the sharper one."""
    mine, theirs = image[pair.usable], pair.sharp[pair.usable]
    return image * float((mine * theirs).sum() / (mine * mine).sum())


def _resampled_psf(psf: NDArray, zoom: float) -> NDArray[np.float64]:
    """A PSF on pixels of another size, unit sum, centred."""
    half = int(np.ceil(len(psf) // 2 * zoom)) + 1
    axis = np.arange(-half, half + 1) / zoom + len(psf) // 2
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"))
    return as_psf(ndimage.map_coordinates(psf, grid, order=3, mode="constant")).stamps[0].astype(np.float64)
