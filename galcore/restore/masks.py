"""What to mask: read from a file, drawn, or proposed (cosmic rays, bright stars, trails)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from galcore.images.detection import DetectionSettings, detect_sources, detection_plane, measure_background
from galcore.images.image import ImageAddress, SkyImage
from galcore.images.readers import blaming, read_whole
from galcore.restore.input_image import InputImage
from galcore.restore.restoration import as_mask
from galcore.restore.scaling import estimate_noise
from galcore.types import GalcoreError

Defect = Literal["cosmic-ray", "star", "trail"]
KINDS: tuple[Defect, ...] = ("cosmic-ray", "star", "trail")
MIN_SIDE_PX = 16

COSMIC_SIGMA = 5.0  # of the Laplacian
COSMIC_CONTRAST = 4.0  # Laplacian over the fine structure: stars and galaxies stay below
COSMIC_PASSES = 3
SHOT_NOISE = 0.05  # of its variance over that of the sky, per sigma of light: the gain is not known

STAR_SNR = 60.0
STAR_ROUNDNESS = 0.25
STAR_WIDTH = 1.4  # times the width of the narrowest sources
CENTRE_SHARE = 0.12  # of the shorter side: the galaxy in the middle of a stamp is no star
STAMP_PX = 512  # larger images are fields and have no object in the middle
HALO_SIGMA = 2.0  # a star's disc ends where its profile falls to this

TRAIL_LONGEST_PX = 400  # larger planes are reduced before lines are looked for
TRAIL_SIGMA = 2.0
TRAIL_COVER = 0.55  # share of a line's pixels above the threshold
TRAIL_CONTRAST = 2.0  # over the lines beside it
TRAIL_SHARE = 0.4  # of the shorter side: the least length
TRAIL_MAX_WIDTH_PX = 12
TRAIL_EVENNESS = 0.5  # faintest third of a trail over its brightest: galaxies and spikes fade outwards
MAX_TRAILS = 3


@dataclass(frozen=True, slots=True, eq=False)
class MaskProposal:
    """Pixels that somebody may want to mask.

    Attributes:
        kind: What it seems to be.
        mask: ``(H, W)``.
        description: In words, with numbers.
    """

    kind: Defect
    mask: NDArray[np.bool_]
    description: str


def propose_masks(image: InputImage | SkyImage, *, kinds: Sequence[str] = KINDS) -> tuple[MaskProposal, ...]:
    """What looks like a cosmic ray, a bright star or a trail; one proposal a kind, none where none is found.

    Args:
        image: Flux or a picture. Cosmic rays are only looked for in flux: a picture has lost their sharpness.
        kinds: Some of ``KINDS``.

    Raises:
        GalcoreError: If a kind is not known.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise GalcoreError(f"masks: '{unknown[0]}' is not known; choose from {', '.join(KINDS)}")
    sky = image.as_sky_image() if isinstance(image, InputImage) else image
    if min(sky.pixels.shape[1:]) < MIN_SIDE_PX:
        return ()
    finders: dict[str, Callable[[SkyImage], MaskProposal | None]] = {
        "cosmic-ray": propose_cosmic_rays,
        "star": propose_stars,
        "trail": propose_trails,
    }
    found = (finders[kind](sky) for kind in KINDS if kind in kinds)
    return tuple(proposal for proposal in found if proposal is not None)


def read_mask(path: Path, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask from FITS (rows as in the file) or a picture; nonzero is missing.

    Raises:
        GalcoreError: Naming the file, if it cannot be read or has another size than the image.
    """
    if not path.is_file():
        raise GalcoreError(f"{path}: no such file")
    with blaming(path):
        image = read_whole(ImageAddress(path))
    marked = np.asarray(np.nan_to_num(image.pixels.astype(np.float32), nan=1.0).any(0))
    try:
        return as_mask(marked, tuple(shape))
    except GalcoreError as error:
        raise GalcoreError(f"{path}: {error}") from error


def disc_mask(shape: tuple[int, ...], x: float, y: float, radius_px: float) -> NDArray[np.bool_]:
    """A disc: ``(H, W)``, true within ``radius_px`` of ``(x, y)``, 0-based pixel centres."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(np.hypot(columns - x, rows - y) <= radius_px)


def line_mask(
    shape: tuple[int, ...], start: tuple[float, float], end: tuple[float, float], width_px: float
) -> NDArray[np.bool_]:
    """A straight stroke of ``width_px`` from ``(x, y)`` to ``(x, y)`` with round ends.

    >>> int(line_mask((5, 9), (0, 2), (8, 2), 1).sum())
    9
    """
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    dx, dy = end[0] - start[0], end[1] - start[1]
    length2 = dx**2 + dy**2 or 1.0
    along = np.clip(((columns - start[0]) * dx + (rows - start[1]) * dy) / length2, 0, 1)
    distance = np.hypot(columns - start[0] - along * dx, rows - start[1] - along * dy)
    return np.asarray(distance <= width_px / 2)


def propose_cosmic_rays(image: SkyImage) -> MaskProposal | None:
    """Hits of cosmic rays, by the Laplacian (van Dokkum 2001, PASP 113, 1420), in each band of flux."""
    if image.kind == "picture":
        return None
    mask = np.zeros(image.pixels.shape[1:], dtype=bool)
    for band in np.asarray(image.pixels, dtype=np.float64):
        mask |= find_cosmic_rays(band)
    if not mask.any():
        return None
    _, count = ndimage.label(mask, np.ones((3, 3)))
    return MaskProposal("cosmic-ray", mask, f"{count} cosmic-ray hits, {int(mask.sum())} px")


def find_cosmic_rays(band: NDArray) -> NDArray[np.bool_]:
    """Pixels ``(H, W)`` sharper than any PSF.

    On a grid twice as fine the Laplacian of a hit is not drowned by that of its neighbours; hits stand out of
    the noise and of the fine structure of real sources (sampled with two pixels or more across). Repeated,
    with what was found taken out, for hits of several pixels.
    """
    bad = ~np.isfinite(band)
    clean = np.where(bad, np.nanmedian(band), band)
    noise, sky = estimate_noise(np.where(bad, np.nan, band)), float(np.median(clean))
    found = np.zeros(band.shape, dtype=bool)
    for _ in range(COSMIC_PASSES):
        snr = _laplacian(clean) / (2 * noise)
        rows, columns = np.nonzero((snr > COSMIC_SIGMA) & ~bad & ~found)  # few: medians are taken only there
        light = np.clip(_medians(clean, rows, columns, 5) - sky, 0, None)
        shot = np.sqrt(1 + SHOT_NOISE * light / noise)  # bright parts of galaxies are noisier than the sky
        sharpness = (snr[rows, columns] - _medians(snr, rows, columns, 5)) / shot
        seeds = sharpness > COSMIC_SIGMA
        seeds[seeds] &= sharpness[seeds] > COSMIC_CONTRAST * _fine_structure(
            clean, rows[seeds], columns[seeds], noise
        )
        new = np.zeros(band.shape, dtype=bool)
        new[rows[seeds], columns[seeds]] = True
        # neighbours of a hit are hit more easily than pixels at large
        near = ndimage.binary_dilation(new, np.ones((3, 3))) & (snr > COSMIC_SIGMA / 2) & ~bad & ~found
        rows, columns = np.nonzero(near)
        grown = snr[rows, columns] - _medians(snr, rows, columns, 5) > COSMIC_SIGMA / 2
        new[rows[grown], columns[grown]] = True
        if not new.any():
            break
        found |= new
        rows, columns = np.nonzero(found)
        clean[rows, columns] = _medians(clean, rows, columns, 5)
    return found


def _medians(plane: NDArray, rows: NDArray, columns: NDArray, size: int) -> NDArray:
    """Median of the square around each of some pixels."""
    if rows.size == 0:
        return np.empty(0)
    padded = np.pad(plane, size // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
    return np.asarray(np.median(windows[rows, columns], axis=(1, 2)))


def _fine_structure(plane: NDArray, rows: NDArray, columns: NDArray, noise: float) -> NDArray:
    """How much real sources rise within a few pixels, in sigma: median over 3 pixels less that over 7."""
    offsets = np.arange(-3, 4)
    around = [
        np.clip(axis[:, None] + offsets, 0, side - 1)
        for axis, side in zip((rows, columns), plane.shape, strict=True)
    ]
    all_rows = np.repeat(around[0][:, :, None], 7, 2).ravel()
    all_columns = np.repeat(around[1][:, None, :], 7, 1).ravel()
    medians = _medians(plane, all_rows, all_columns, 3).reshape(-1, 49)
    return np.clip((medians[:, 24] - np.median(medians, axis=1)) / noise, 0.01, None)


def _laplacian(band: NDArray) -> NDArray:
    fine = np.repeat(np.repeat(band, 2, 0), 2, 1)
    kernel = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], dtype=np.float64)
    positive = np.clip(ndimage.convolve(fine, kernel, mode="nearest"), 0, None)
    return positive.reshape(band.shape[0], 2, band.shape[1], 2).mean((1, 3))


def propose_stars(image: SkyImage) -> MaskProposal | None:
    """Discs over bright point sources and saturated stars; the object in the middle of a stamp is spared."""
    settings = DetectionSettings(min_snr=STAR_SNR, min_semimajor_px=0.4, min_area_px=5, threshold_sigma=3.0)
    table = detect_sources(image, settings=settings).table
    if table.empty:
        return None
    shape = image.pixels.shape[1:]
    plane, bad = detection_plane(image)
    background, rms = measure_background(plane, bad, min(64, *shape), image.source)
    signal = np.where(bad, 0, plane - background)
    narrow = float(table["semimajor_px"].quantile(0.1)) * STAR_WIDTH
    mask = np.zeros(shape, dtype=bool)
    count = 0
    for row in table.itertuples():
        compact = row.ellipticity < STAR_ROUNDNESS and row.semimajor_px <= narrow
        if not (compact or row.saturated) or _in_the_middle(row.x, row.y, shape):
            continue
        mask |= disc_mask(shape, row.x, row.y, _halo_radius(signal, float(np.median(rms)), row.x, row.y))
        count += 1
    return MaskProposal("star", mask, f"{count} bright stars, {int(mask.sum())} px") if count else None


def _in_the_middle(x: float, y: float, shape: tuple[int, ...]) -> bool:
    distance = np.hypot(x - (shape[1] - 1) / 2, y - (shape[0] - 1) / 2)
    return max(shape) <= STAMP_PX and bool(distance < CENTRE_SHARE * min(shape))


def _halo_radius(signal: NDArray, noise: float, x: float, y: float) -> float:
    """Radius in pixels at which the median profile of a star falls to ``HALO_SIGMA`` of the noise."""
    limit = max(6, min(signal.shape) // 5)
    rows, columns = (slice(max(0, int(v) - limit), int(v) + limit + 1) for v in (y, x))
    part = signal[rows, columns]
    yy, xx = np.ogrid[: part.shape[0], : part.shape[1]]
    ring = np.rint(np.hypot(xx - (x - columns.start), yy - (y - rows.start))).astype(int)
    for radius in range(2, limit):
        if np.median(part[ring == radius]) < HALO_SIGMA * noise:
            return float(radius)
    return float(limit)


def propose_trails(image: SkyImage) -> MaskProposal | None:
    """Straight trails of satellites, aeroplanes and meteors, in each band, by the Hough transform."""
    shape = image.pixels.shape[1:]
    mask = np.zeros(shape, dtype=bool)
    for band in np.asarray(image.pixels, dtype=np.float32):
        mask |= find_trails(band)
    if not mask.any():
        return None
    return MaskProposal("trail", mask, f"trails over {int(mask.sum())} px")


def find_trails(band: NDArray) -> NDArray[np.bool_]:
    """Pixels ``(H, W)`` on straight lines much longer than wide.

    A line counts if most of a long stretch of it lies above the noise and the lines beside it do not: an
    edge-on galaxy is shorter, and wide where it is bright.
    """
    step = max(1, int(np.ceil(max(band.shape) / TRAIL_LONGEST_PX)))
    rows, columns = (size // step for size in band.shape)
    bad = ~np.isfinite(band)
    clean = np.where(bad, np.nanmedian(band), band)
    small = clean[: rows * step, : columns * step].reshape(rows, step, columns, step).mean((1, 3))
    if min(small.shape) < MIN_SIDE_PX:
        return np.zeros(band.shape, dtype=bool)
    level = small - ndimage.median_filter(small, size=13)
    scatter = 1.4826 * float(np.median(np.abs(level))) or 1.0
    above = ndimage.gaussian_filter(level, 0.8) > TRAIL_SIGMA * scatter * 0.45
    found = np.zeros(small.shape, dtype=bool)
    for _ in range(MAX_TRAILS):
        stroke = _brightest_line(above & ~found, level / scatter)
        if stroke is None:
            break
        found |= stroke
    big = np.repeat(np.repeat(found, step, 0), step, 1)
    out = np.zeros(band.shape, dtype=bool)
    out[: big.shape[0], : big.shape[1]] = big
    return out


def _brightest_line(above: NDArray[np.bool_], snr: NDArray) -> NDArray[np.bool_] | None:
    from skimage.transform import hough_line, hough_line_peaks

    angles = np.linspace(-np.pi / 2, np.pi / 2, 360, endpoint=False)
    votes, angles, distances = hough_line(above, angles)
    _, best_angles, best_distances = hough_line_peaks(votes, angles, distances, num_peaks=6)
    for angle, distance in zip(best_angles, best_distances, strict=True):
        stroke = _stroke(above, snr, float(angle), float(distance))
        if stroke is not None:
            return stroke
    return None


def _stroke(
    above: NDArray[np.bool_], snr: NDArray, angle: float, distance: float
) -> NDArray[np.bool_] | None:
    """The covered stretch of one line as a mask, or nothing where it is no trail."""
    rows, columns = np.mgrid[: above.shape[0], : above.shape[1]]
    across = columns * np.cos(angle) + rows * np.sin(angle) - distance
    along = np.rint(rows * np.cos(angle) - columns * np.sin(angle)).astype(int)
    along -= along.min()
    length = along.max() + 1
    near = np.abs(across) <= 1.0
    lit = np.bincount(along[near & above], minlength=length) > 0
    inside = np.bincount(along[near], minlength=length) > 0
    start, end = _longest_run(lit, inside)
    if end - start < TRAIL_SHARE * min(above.shape):
        return None
    stretch = (along >= start) & (along < end)
    core = float(np.mean(above[near & stretch]))
    beside = (np.abs(across) > 4) & (np.abs(across) <= 8) & stretch
    around = float(np.mean(above[beside])) if beside.any() else 1.0
    if core < TRAIL_COVER or core < TRAIL_CONTRAST * around:
        return None
    thirds = (along[near & stretch] - start) * 3 // max(end - start, 1)
    levels = [float(np.median(snr[near & stretch][thirds == n])) for n in range(3)]
    if min(levels) < TRAIL_EVENNESS * max(levels):
        return None
    return stretch & (np.abs(across) <= _half_width(snr, across, stretch))


def _longest_run(lit: NDArray[np.bool_], inside: NDArray[np.bool_]) -> tuple[int, int]:
    """Stretch of a line that is mostly lit: gaps of up to a tenth of its length are bridged."""
    positions = np.flatnonzero(lit & inside)
    if positions.size == 0:
        return 0, 0
    gap = max(4, len(lit) // 20)
    parts = np.split(positions, np.flatnonzero(np.diff(positions) > gap) + 1)
    longest = max(parts, key=lambda part: part[-1] - part[0])
    filled = longest.size / (longest[-1] - longest[0] + 1)
    return (int(longest[0]), int(longest[-1]) + 1) if filled >= TRAIL_COVER else (0, 0)


def _half_width(snr: NDArray, across: NDArray, stretch: NDArray[np.bool_]) -> float:
    for half in range(1, TRAIL_MAX_WIDTH_PX // 2):
        ring = stretch & (np.abs(np.abs(across) - half - 0.5) <= 0.5)
        if not ring.any() or np.median(snr[ring]) < 0.7:
            return half + 0.5
    return TRAIL_MAX_WIDTH_PX / 2
