"""Point spread functions: read, drawn, measured from stars, and checked before they are used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from galcore.images.detection import DetectionSettings, detect_sources, measure_background
from galcore.images.image import ImageAddress, SkyImage
from galcore.images.readers import blaming, read_whole
from galcore.simulate.surveys import FWHM_PER_SIGMA
from galcore.types import GalcoreError

OVERSAMPLING = 5
MAX_OFFSET_SHARE = 0.25  # of the stamp: light further off its middle is no centred PSF
MIN_STARS, MAX_STARS = 3, 60
STAR_SNR = 40.0
STAR_ROUNDNESS = 0.3
KERNEL_DAMPING = 1e-3  # of the power of the target
LOCUS_WIDTH = 0.15  # relative spread of the sizes of stars


@dataclass(frozen=True, slots=True, eq=False)
class Psf:
    """A point spread function on the pixels of the image.

    Attributes:
        stamps: ``(C, k, k)`` or ``(1, k, k)`` for all bands; odd ``k``, each of unit sum.
        description: What it is and where it came from, in words.
    """

    stamps: NDArray[np.float32]
    description: str

    @property
    def fwhm_px(self) -> tuple[float, ...]:
        """Full width at half maximum per stamp: of the circle with as many pixels above half."""
        return tuple(measure_fwhm(stamp) for stamp in self.stamps)

    def for_bands(self, count: int) -> NDArray[np.float32]:
        """One stamp a band, ``(C, k, k)``.

        Raises:
            GalcoreError: If it has another number of bands.
        """
        if len(self.stamps) not in (1, count):
            raise GalcoreError(
                f"PSF: {len(self.stamps)} planes do not go with {count} bands; give one, or one a band"
            )
        return np.repeat(self.stamps, count, axis=0) if len(self.stamps) == 1 else self.stamps


def measure_fwhm(stamp: NDArray) -> float:
    """Full width at half maximum in pixels, from the area above half of the peak on a finer grid."""
    fine = ndimage.zoom(
        np.asarray(stamp, dtype=np.float64), OVERSAMPLING, order=3, grid_mode=True, mode="nearest"
    )
    return float(2 * np.sqrt((fine > fine.max() / 2).sum() / np.pi) / OVERSAMPLING)


def gaussian_psf(fwhm_px: float, *, size_px: int | None = None) -> Psf:
    """A round Gaussian integrated over pixels.

    >>> round(gaussian_psf(4.0).fwhm_px[0], 1)
    4.1
    """
    _check_fwhm(fwhm_px)
    sigma = fwhm_px / FWHM_PER_SIGMA
    stamp = _drawn(lambda r2: np.exp(-0.5 * r2 / sigma**2), size_px or _odd(2 * 4.5 * sigma))
    return Psf(stamp[None], f"Gaussian, FWHM {fwhm_px:.3g} px")


def moffat_psf(fwhm_px: float, *, beta: float = 3.5, size_px: int | None = None) -> Psf:
    """A round Moffat (1969) profile ``(1 + r^2 / a^2)^-beta``; ground-based seeing has beta 2.5 to 4.8."""
    _check_fwhm(fwhm_px)
    if beta <= 1:
        raise GalcoreError(f"PSF: a Moffat profile needs beta above 1, not {beta:g}")
    a2 = (fwhm_px / 2) ** 2 / (2 ** (1 / beta) - 1)
    stamp = _drawn(lambda r2: (1 + r2 / a2) ** -beta, size_px or _odd(7 * fwhm_px))
    return Psf(stamp[None], f"Moffat, FWHM {fwhm_px:.3g} px, beta {beta:g}")


def read_psf(path: Path) -> Psf:
    """A PSF from a FITS file (one plane, or one a band).

    Raises:
        GalcoreError: Naming the file, if it is missing, no image, or no PSF.
    """
    if not path.is_file():
        raise GalcoreError(f"{path}: no such file; give a FITS stamp of the PSF, or its FWHM")
    with blaming(path):
        image = read_whole(ImageAddress(path))
    if image.kind == "picture":
        raise GalcoreError(f"{path}: a picture of 8 bits is no PSF; give it as FITS")
    return as_psf(image.pixels, path.name)


def as_psf(stamps: NDArray, source: str = "PSF") -> Psf:
    """Stamps ``(k, k)`` or ``(C, k, k)`` as a PSF: odd, square, centred to the pixel, of unit sum.

    An even stamp has its centre between pixels and is moved by half a pixel; an off-centre one is moved by
    whole pixels. What was done is in the description.

    Raises:
        GalcoreError: If this can be no PSF.
    """
    planes = np.asarray(stamps, dtype=np.float64)
    if planes.ndim == 2:
        planes = planes[None]
    if planes.ndim != 3:
        raise GalcoreError(f"{source}: shape {planes.shape} is no PSF; give (k, k) or (bands, k, k)")
    if min(planes.shape[1:]) < 3:
        raise GalcoreError(f"{source}: {planes.shape[2]} x {planes.shape[1]} pixels are too few for a PSF")
    notes: list[str] = []
    side = _odd(max(planes.shape[1:]))
    made = np.stack([_centred(plane, side, source, notes) for plane in planes])
    text = "; ".join(dict.fromkeys(notes))
    return Psf(made.astype(np.float32), f"{source}{' (' + text + ')' if text else ''}")


def _centred(plane: NDArray, side: int, source: str, notes: list[str]) -> NDArray:
    if not np.isfinite(plane).all():
        raise GalcoreError(f"{source}: the PSF has pixels without a value; fill or crop them")
    total = plane.sum()
    if total <= 0 or plane.max() <= 0:
        raise GalcoreError(f"{source}: the PSF has no light (its sum is {total:.3g})")
    if abs(total - 1) > 1e-3:
        notes.append(f"sum {total:.4g} normalised to 1")
    core = np.where(plane > 0.05 * plane.max(), plane, 0.0)  # wings and their noise say little of the centre
    centre = np.array(ndimage.center_of_mass(core))
    offset = centre - (np.array(plane.shape) - 1) / 2
    if np.abs(offset).max() > MAX_OFFSET_SHARE * min(plane.shape):
        raise GalcoreError(
            f"{source}: the light of the PSF lies {offset[1]:+.1f}, {offset[0]:+.1f} px off its middle; "
            "give a stamp with the star in the middle"
        )
    even = np.array(plane.shape) % 2 == 0
    pixel = np.rint(centre).astype(int)
    moved = ndimage.shift(plane, pixel - centre, order=3) if even.any() else plane
    if even.any():
        notes.append("even stamp moved by part of a pixel")
    elif np.abs(offset).max() > 0.5:
        notes.append(f"moved by {offset[1]:+.0f}, {offset[0]:+.0f} px to its middle")
    out = np.zeros((side, side))
    start = side // 2 - pixel
    rows, columns = (np.arange(plane.shape[axis]) + start[axis] for axis in (0, 1))
    in_rows, in_columns = ((index >= 0) & (index < side) for index in (rows, columns))
    out[np.ix_(rows[in_rows], columns[in_columns])] = moved[np.ix_(in_rows, in_columns)]
    return out / out.sum()


def narrowing_kernel(psf: Psf, target: Psf) -> Psf:
    """What turns ``target`` into ``psf``: taken out of an image, it leaves the image with ``target``.

    Sampled pixels cannot hold a point, and deconvolving only to a narrower PSF is gentler on noise and on
    errors of the PSF (Magain, Courbin & Sohy 1998). The kernel is the quotient of the Fourier transforms,
    damped where the target has no power, without its negative ripples.

    Raises:
        GalcoreError: If the target is not narrower, or the numbers of stamps do not go together.
    """
    if len(target.stamps) not in (1, len(psf.stamps)):
        raise GalcoreError(
            f"target PSF: {len(target.stamps)} planes do not go with {len(psf.stamps)} of the PSF"
        )
    widest, narrowest = max(target.fwhm_px), min(psf.fwhm_px)
    if widest >= narrowest:
        raise GalcoreError(f"target PSF: FWHM {widest:.3g} px must be below {narrowest:.3g} px")
    side = max(psf.stamps.shape[-1], target.stamps.shape[-1])
    wide = np.stack([_framed(stamp, side) for stamp in psf.stamps])
    narrow = np.stack([_framed(stamp, side) for stamp in target.stamps])
    over, under = (np.fft.rfft2(np.fft.ifftshift(stamps, axes=(1, 2))) for stamps in (wide, narrow))
    quotient = over * under.conj() / (np.abs(under) ** 2 + KERNEL_DAMPING)
    kernel = np.fft.fftshift(np.fft.irfft2(quotient, s=(side, side)), axes=(1, 2)).clip(0)
    kernel /= kernel.sum((1, 2), keepdims=True)
    return Psf(kernel.astype(np.float32), f"{psf.description}, taken down to {target.description}")


def _framed(stamp: NDArray, side: int) -> NDArray[np.float64]:
    margin = (side - len(stamp)) // 2
    return np.pad(stamp.astype(np.float64), margin)


def estimate_psf(image: SkyImage) -> Psf:
    """A Moffat profile per band, fitted to the stars of the image.

    Stars are bright, round, whole, alone and of the smallest size that many sources share; they are centred,
    scaled and combined by their median, and the fit keeps the noise of their wings out of the PSF.

    Raises:
        GalcoreError: If fewer than three stars are found.
    """
    stars = find_stars(image)
    stamps, texts = [], []
    half = int(np.clip(np.ceil(4 * stars["semimajor_px"].median() * FWHM_PER_SIGMA / 2), 5, 20))
    for n, band in enumerate(np.asarray(image.pixels, dtype=np.float64)):
        bad = ~np.isfinite(band)
        filled = np.where(bad, np.nanmedian(band), band)
        level, _ = measure_background(filled, bad, min(64, *band.shape), image.source)
        stack = _stack_stars(filled - level, stars["x"].to_numpy(), stars["y"].to_numpy(), half)
        fwhm, beta = _fit_moffat(stack)
        stamps.append(moffat_psf(fwhm, beta=beta, size_px=2 * half + 1).stamps[0])
        texts.append(f"{image.bands[n]}: FWHM {fwhm:.2f} px, beta {beta:.1f}")
    return Psf(np.stack(stamps), f"Moffat from {len(stars)} stars of the image ({'; '.join(texts)})")


def find_stars(image: SkyImage):  # type: ignore[no-untyped-def]  # a pandas table, which is heavy to import
    """Rows of the detection table that look like stars, brightest first.

    Raises:
        GalcoreError: If there are too few.
    """
    settings = DetectionSettings(min_snr=STAR_SNR, min_semimajor_px=0.5, min_area_px=5, threshold_sigma=3.0)
    table = detect_sources(image, settings=settings).table
    alone = ~(table["edge"] | table["deblended"] | table["saturated"] | table["large"])
    round_ = table[alone & (table["ellipticity"] < STAR_ROUNDNESS)]
    stars = round_.iloc[:0]
    if len(round_) >= MIN_STARS:
        sizes = np.sort(round_["semimajor_px"].to_numpy())
        # the narrowest size that holds the most sources: stars share theirs, galaxies do not
        counts = [((sizes >= s) & (sizes <= s * (1 + 2 * LOCUS_WIDTH))).sum() / s**0.5 for s in sizes]
        low = sizes[int(np.argmax(counts))]
        stars = round_[round_["semimajor_px"].between(low, low * (1 + 2 * LOCUS_WIDTH))]
    if len(stars) < MIN_STARS:
        raise GalcoreError(
            f"{image.source or 'image'}: {len(stars)} stars found, a PSF needs {MIN_STARS}; "
            "give the PSF as a FITS stamp, or its FWHM"
        )
    return stars.head(MAX_STARS)


def _stack_stars(band: NDArray, x: NDArray, y: NDArray, half: int) -> NDArray:
    stamps = []
    grid = np.mgrid[-half : half + 1, -half : half + 1].astype(float)
    for xc, yc in zip(x, y, strict=True):
        if not (half <= xc < band.shape[1] - half - 1 and half <= yc < band.shape[0] - half - 1):
            continue
        at = np.stack([grid[0] + yc, grid[1] + xc])
        stamp = ndimage.map_coordinates(band, at, order=3)
        weight = np.exp(-0.5 * (grid**2).sum(0) / max(1.0, half / 4) ** 2)
        flux = (stamp * weight).sum()
        if flux > 0:
            stamps.append(stamp / flux)
    if len(stamps) < MIN_STARS:
        raise GalcoreError(f"image: {len(stamps)} stars away from the edges, a PSF needs {MIN_STARS}")
    return np.median(stamps, axis=0)


def _fit_moffat(stack: NDArray) -> tuple[float, float]:
    """FWHM and beta of a round Moffat profile through a stamp."""
    half = len(stack) // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    r2 = (x**2 + y**2).ravel().astype(float)
    first = max(1.5, measure_fwhm(np.clip(stack, 0, None)))

    def misfit(p: NDArray) -> NDArray:
        beta = 1.2 + np.exp(p[2])
        a2 = (np.exp(p[1]) / 2) ** 2 / (2 ** (1 / beta) - 1)
        return p[0] * (1 + r2 / a2) ** -beta + p[3] - stack.ravel()

    best = optimize.least_squares(misfit, [stack.max(), np.log(first), np.log(2.3), 0.0]).x
    return float(np.clip(np.exp(best[1]), 1.0, 2 * half)), float(np.clip(1.2 + np.exp(best[2]), 1.5, 8.0))


def _drawn(profile, size_px: int) -> NDArray[np.float32]:  # type: ignore[no-untyped-def]
    """A round profile of the squared radius, averaged over each pixel, of unit sum."""
    n = OVERSAMPLING
    axis = (np.arange(size_px * n) + 0.5) / n - size_px / 2
    fine = profile(axis[:, None] ** 2 + axis[None] ** 2)
    stamp = fine.reshape(size_px, n, size_px, n).mean((1, 3))
    return (stamp / stamp.sum()).astype(np.float32)


def _odd(size: float) -> int:
    return max(3, 2 * int(np.ceil((size - 1) / 2)) + 1)


def _check_fwhm(fwhm_px: float) -> None:
    if not 0.3 <= fwhm_px <= 200:
        raise GalcoreError(
            f"PSF: a FWHM of {fwhm_px:g} px makes no sense here; it must lie between 0.3 and 200"
        )
