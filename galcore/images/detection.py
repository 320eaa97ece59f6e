"""Sources in a field: background, segmentation, deblending (photutils), shapes and stamp sizes.

The field is reduced to one detection plane: the luminance of a picture, or the bands weighted by their noise.
Background and its scatter come from a mesh of sigma-clipped medians (Bertin & Arnouts 1996, A&AS 117, 393);
pixels of the smoothed plane above the threshold are joined into segments, and segments with several peaks are
split by multi-thresholding and watershed, within a limit of time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from photutils.background import Background2D, MADStdBackgroundRMS, MedianBackground
from photutils.segmentation import SegmentationImage, deblend_sources
from photutils.segmentation import detect_sources as find_segments
from scipy.ndimage import gaussian_filter

from galcore.images.image import SkyImage
from galcore.images.quiet import quiet
from galcore.images.segments import measure_segments
from galcore.types import GalcoreError, LeftOut, Progress, ProgressCallback

STAMP_PER_SEMIMAJOR = 7.0  # side of a stamp in units of the semi-major axis: the galaxy fills half of it
MIN_STAMP_PX, MAX_STAMP_PX = 20, 768


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """What counts as a source.

    Attributes:
        threshold_sigma: A pixel of the smoothed plane belongs to a source this far above its scatter.
        min_area_px: Smallest number of joined pixels.
        min_snr: Smallest signal-to-noise ratio of the flux in the segment.
        min_semimajor_px: Smallest semi-major axis: smaller ones show no shape.
        smoothing_fwhm_px: Width of the Gaussian that brings out faint extended light.
        box_px: Side of a background cell; 0: a tenth of the field, between 32 and 256.
        deblend: Whether to split segments with several peaks.
        deblend_contrast: Least share of the flux that makes a peak a source of its own.
        deblend_time_s: Limit; segments not reached by then stay whole and are counted.
        band: Name of the band to detect on; empty: all together.
    """

    threshold_sigma: float = 2.0
    min_area_px: int = 12
    min_snr: float = 25.0
    min_semimajor_px: float = 1.8
    smoothing_fwhm_px: float = 2.5
    box_px: int = 0
    deblend: bool = True
    deblend_contrast: float = 0.005
    deblend_time_s: float = 60.0
    band: str = ""


@dataclass(frozen=True, slots=True)
class Detections:
    """Sources found in a field.

    Attributes:
        table: One row a source: ``x y flux snr semimajor_px ellipticity orientation_deg area_px peak
            stamp_size_px edge deblended saturated large``; positions 0-based in the axes of the field.
        left_out: Groups of sources that did not pass, and why.
        n_segments: Segments before the selection.
    """

    table: pd.DataFrame
    left_out: tuple[LeftOut, ...]
    n_segments: int


def detect_sources(
    field: SkyImage,
    *,
    settings: DetectionSettings | None = None,
    progress: ProgressCallback | None = None,
) -> Detections:
    """Sources in a field, brightest first.

    Raises:
        GalcoreError: If the field is too small, empty, or has no such band.
    """
    chosen = settings or DetectionSettings()
    report = progress or (lambda _: None)
    report(Progress("detect", 0, 4, "background"))
    plane, bad = detection_plane(field, chosen.band)
    background, rms = measure_background(plane, bad, _box_size(chosen, plane.shape), field.source)
    signal = np.where(bad, 0, plane - background).astype(np.float32)
    report(Progress("detect", 1, 4, "segments"))
    smooth, smooth_rms = _smooth(signal, rms, bad, chosen.smoothing_fwhm_px)
    with quiet():  # an empty sky is no reason to warn
        segments = find_segments(smooth, chosen.threshold_sigma * smooth_rms, chosen.min_area_px, mask=bad)
    if segments is None:
        return Detections(_empty_table(), (), 0)
    report(Progress("detect", 2, 4, f"splitting {segments.n_labels:,} segments"))
    labels, parents, unsplit = _deblend(smooth, segments, chosen)
    report(Progress("detect", 3, 4, "shapes"))
    table = measure_segments(signal, smooth, rms, labels)
    table["deblended"] = np.isin(table["label"].to_numpy(), parents)
    table = _flag(table, field, plane, labels, bad)
    selected, left_out = _select(table, chosen, field.source)
    if unsplit:
        reason = f"{unsplit} large or late segments were not split within {chosen.deblend_time_s:.0f} s"
        left_out = (*left_out, LeftOut(field.source, reason))
    report(Progress("detect", 4, 4, f"{len(selected):,} sources"))
    return Detections(selected, left_out, len(table))


def detection_plane(field: SkyImage, band: str = "") -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The plane to detect on ``(H, W)`` and where it has no data.

    Raises:
        GalcoreError: If the field has no band of that name, or no pixel.
    """
    if band and band not in field.bands:
        raise GalcoreError(f"{field.source}: has no band {band!r}; it has {', '.join(field.bands)}")
    if field.kind == "picture":
        return field.pixels.mean(axis=0, dtype=np.float32), np.zeros(field.pixels.shape[1:], dtype=bool)
    chosen = [field.bands.index(band)] if band else range(len(field.bands))
    total = np.zeros(field.pixels.shape[1:], dtype=np.float32)
    weight, bad = 0, None
    for n in chosen:
        plane = np.asarray(field.pixels[n], dtype=np.float32)
        hole = ~np.isfinite(plane)
        values = plane[~hole]
        if values.size == 0:
            continue
        median = np.median(values)
        scatter = 1.4826 * np.median(np.abs(values - median)) or float(values.std()) or 1.0
        total += np.where(hole, 0, plane - median) / scatter
        weight += 1
        bad = hole if bad is None else bad & hole
    if bad is None:
        raise GalcoreError(f"{field.source}: holds no pixel with a value")
    return np.asarray(total / np.sqrt(weight), dtype=np.float32), bad


def measure_background(
    plane: NDArray, bad: NDArray[np.bool_], box_px: int, source: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Background and its scatter, each ``(H, W)``; the scatter is nowhere zero.

    Raises:
        GalcoreError: If the field is smaller than 16 pixels.
    """
    if min(plane.shape) < 16:
        raise GalcoreError(f"{source}: {plane.shape[1]} x {plane.shape[0]} pixels are too few for a field")
    tilt = _fit_tilt(plane, bad)
    level = plane - tilt
    with quiet():
        try:
            mesh = Background2D(
                level,
                box_px,
                mask=bad,
                filter_size=3,
                exclude_percentile=50,
                bkg_estimator=MedianBackground(),
                bkg_rms_estimator=MADStdBackgroundRMS(),
            )
            background, rms = mesh.background, mesh.background_rms
        except ValueError:  # every cell is crowded or masked: one value for the field
            values = level[~bad]
            median = np.median(values)
            background = np.full(plane.shape, median)
            rms = np.full(plane.shape, 1.4826 * np.median(np.abs(values - median)))
    # bytes and clipped skies have cells without any scatter; a quarter of a typical cell is the floor
    typical = float(np.median(rms[rms > 0])) if (rms > 0).any() else 1.0
    return (background + tilt).astype(np.float32), np.maximum(rms, typical / 4).astype(np.float32)


def _fit_tilt(plane: NDArray, bad: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Plane through the sky, clipped of sources: beyond its outermost centres the mesh alone is flat."""
    step = max(1, int(np.sqrt(plane.size / 40_000)))
    rows, columns = np.nonzero(~bad[::step, ::step])
    values = plane[::step, ::step][rows, columns].astype(np.float64)
    terms = np.stack([np.ones(len(rows)), rows * step, columns * step], axis=1)
    solution = np.array([np.median(values), 0.0, 0.0])
    for _ in range(8):
        rest = values - terms @ solution
        kept = np.abs(rest - np.median(rest)) <= 3 * 1.4826 * np.median(np.abs(rest - np.median(rest)))
        if kept.sum() < 50:
            break
        solution = np.linalg.lstsq(terms[kept], values[kept], rcond=None)[0]
    y, x = np.ogrid[: plane.shape[0], : plane.shape[1]]
    return np.asarray(solution[0] + solution[1] * y + solution[2] * x, dtype=np.float32)


def _box_size(settings: DetectionSettings, shape: tuple[int, ...]) -> int:
    if settings.box_px:
        return min(settings.box_px, *shape)
    return int(np.clip(min(shape) // 10, min(32, *shape), 256))


def _smooth(
    signal: NDArray, rms: NDArray, bad: NDArray[np.bool_], fwhm_px: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    if fwhm_px <= 0:
        return signal, rms
    sigma = fwhm_px / 2.3548
    smooth = gaussian_filter(signal, sigma)
    # measured, not computed: the noise of resampled images and JPEG is correlated
    below = smooth[(~bad) & (smooth < 0)] / rms[(~bad) & (smooth < 0)]
    ratio = float(np.sqrt(np.mean(np.square(np.clip(below, -5, 0))))) if below.size > 100 else 1.0
    return smooth, (rms * np.clip(ratio, 0.15, 1.0)).astype(np.float32)


def _deblend(
    smooth: NDArray, segments: Any, settings: DetectionSettings
) -> tuple[NDArray[np.int32], NDArray[np.int64], int]:
    """Segment of each pixel, labels that came out of a split, and how many segments were not tried."""
    labels = segments.data.astype(np.int32)
    if not settings.deblend:
        return labels, np.array([], dtype=np.int64), 0
    areas = segments.areas
    order = segments.labels[np.argsort(areas)]
    worth = order[np.sort(areas) >= 2 * settings.min_area_px]
    huge = labels.size // 20
    small_enough = [label for label in worth if areas[label - 1] <= huge]
    deadline = time.monotonic() + settings.deblend_time_s
    children: list[NDArray] = []
    next_label, tried = int(labels.max()) + 1, 0
    slices = segments.slices
    for label in small_enough:
        if time.monotonic() > deadline:
            break
        tried += 1
        part = slices[label - 1]
        split = _split(smooth[part], labels[part] == label, settings)
        if split is not None:
            inside = split > 0
            labels[part][inside] = split[inside] + next_label - 1
            children.append(np.arange(next_label, next_label + split.max()))
            next_label += int(split.max())
    made = np.concatenate(children) if children else np.array([], dtype=np.int64)
    return labels, made, len(worth) - tried


def _split(values: NDArray, inside: NDArray[np.bool_], settings: DetectionSettings) -> NDArray | None:
    segment = SegmentationImage(inside.astype(np.int32))
    with quiet():  # faint segments fall back from exponential to linear levels with a warning
        split = deblend_sources(
            values,
            segment,
            settings.min_area_px,
            n_levels=24,
            contrast=settings.deblend_contrast,
            progress_bar=False,
        )
    return split.data if split.n_labels > 1 else None


def _flag(
    table: pd.DataFrame, field: SkyImage, plane: NDArray, labels: NDArray, bad: NDArray[np.bool_]
) -> pd.DataFrame:
    rim = np.zeros(labels.shape, dtype=bool)
    rim[[0, -1], :] = rim[:, [0, -1]] = True
    touching = np.unique(labels[rim | _beside(bad)])
    table["edge"] = table["label"].isin(touching)
    top = 254.0 if field.kind == "picture" else float(np.nanmax(plane)) * 0.98
    count = np.bincount(labels.ravel(), weights=(plane >= top).ravel(), minlength=labels.max() + 1)
    table["saturated"] = count[table["label"]] >= (4 if field.kind == "picture" else 8)
    table["large"] = table["area_px"] > labels.size / 50
    wanted = STAMP_PER_SEMIMAJOR * table["semimajor_px"].to_numpy()
    extent = 1.5 * table["extent_px"].to_numpy()
    size = np.clip(np.ceil(np.clip(wanted, extent, 2 * extent) / 2) * 2, MIN_STAMP_PX, MAX_STAMP_PX)
    table["stamp_size_px"] = np.minimum(size, 2 * max(labels.shape)).astype(int)
    return table


def _beside(bad: NDArray[np.bool_]) -> NDArray[np.bool_]:
    near = np.zeros_like(bad)
    near[1:] |= bad[:-1]
    near[:-1] |= bad[1:]
    near[:, 1:] |= bad[:, :-1]
    near[:, :-1] |= bad[:, 1:]
    return near


def _select(
    table: pd.DataFrame, settings: DetectionSettings, source: str
) -> tuple[pd.DataFrame, tuple[LeftOut, ...]]:
    faint = table["snr"] < settings.min_snr
    small = ~faint & (table["semimajor_px"] < settings.min_semimajor_px)
    reasons = (
        (faint, f"fainter than {settings.min_snr:g} sigma"),
        (small, f"semi-major axis under {settings.min_semimajor_px:g} px, no shape to see"),
    )
    left_out = tuple(
        LeftOut(source, f"{int(mask.sum()):,} detections are {reason}")
        for mask, reason in reasons
        if mask.any()
    )
    kept = table[~(faint | small)].drop(columns=["label", "extent_px"])
    return kept.sort_values("flux", ascending=False, ignore_index=True), left_out


def _empty_table() -> pd.DataFrame:
    numbers = ("x", "y", "flux", "snr", "semimajor_px", "ellipticity", "orientation_deg", "peak")
    table = pd.DataFrame({name: pd.Series(dtype="float64") for name in numbers})
    for name in ("area_px", "stamp_size_px"):
        table[name] = pd.Series(dtype="int64")
    for name in ("edge", "deblended", "saturated", "large"):
        table[name] = pd.Series(dtype="bool")
    return table
