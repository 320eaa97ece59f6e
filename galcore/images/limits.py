"""Levels of a survey, measured once over a sample of a workspace and kept beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np

from galcore.images.image import SkyImage
from galcore.images.stretch import BandLimits, SurveyLimits, clean, measure_limits
from galcore.types import GalcoreError
from galcore.whole_files import write_json

LIMITS_FILE = "images/limits.json"
SAMPLE_SIZE = 48
MAX_SKY_SHIFT = 3.0  # in units of the span from sky to white
MAX_BRIGHTNESS = 100.0  # in the same units: a star may outshine a bright galaxy, not by this
MAX_NOISE_RATIO = 20.0


def estimate_limits(
    galaxy_ids: Sequence[str], load_image: Callable[[str], SkyImage], *, seed: int = 0
) -> SurveyLimits | None:
    """Median levels over a sample of galaxies of one survey; ``None`` when there is no flux to measure.

    White is that of a typical galaxy among the brightest quarter of the sample, band by band, so that a
    galaxy of ordinary colour looks neither red nor blue.
    """
    rng = np.random.default_rng(seed)
    sample = rng.permutation(np.asarray(galaxy_ids, dtype=object))[:SAMPLE_SIZE]
    measured: list[list[BandLimits]] = []
    for galaxy_id in sample:
        with suppress(GalcoreError):
            image = load_image(str(galaxy_id))
            if image.kind == "flux" and (not measured or len(measured[0]) == len(image.pixels)):
                measured.append([measure_limits(clean(plane)) for plane in image.pixels])
    if not measured:
        return None
    levels = np.array([[(band.sky, band.noise, band.white) for band in bands] for bands in measured])
    sky, noise = np.median(levels[..., 0], axis=0), np.median(levels[..., 1], axis=0)
    above = levels[..., 2] - levels[..., 0]  # (images, bands)
    depth = (above / levels[..., 1]).max(axis=1)
    bright = depth >= np.percentile(depth, 75)
    white = sky + np.median(above[bright], axis=0)
    return SurveyLimits(tuple(BandLimits(*map(float, band)) for band in zip(sky, noise, white, strict=True)))


def belongs_to_survey(image: SkyImage, limits: SurveyLimits) -> bool:
    """Whether the levels of a survey can show an image: a mask or weight map beside the images cannot."""
    if len(limits.bands) != len(image.pixels):
        return False
    step = max(1, max(image.pixels.shape[1:]) // 128)  # a coarse look is enough
    for plane, level in zip(image.pixels[:, ::step, ::step], limits.bands, strict=True):
        own = measure_limits(clean(plane))
        span = max(level.white - level.sky, 1e-30)
        if abs(own.sky - level.sky) > MAX_SKY_SHIFT * span or own.white - own.sky > MAX_BRIGHTNESS * span:
            return False
        if not 1 / MAX_NOISE_RATIO < own.noise / max(level.noise, 1e-30) < MAX_NOISE_RATIO:
            return False
    return True


def read_limits(folder: Path) -> dict[str, SurveyLimits | None]:
    """Stored levels per survey of a workspace; empty where none are stored or the file is damaged."""
    path = folder / LIMITS_FILE
    with suppress(OSError, ValueError, TypeError, AttributeError):
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: SurveyLimits(tuple(BandLimits(**band) for band in bands)) if bands else None
            for name, bands in stored.items()
        }
    return {}


def write_limits(folder: Path, limits: dict[str, SurveyLimits | None]) -> None:
    """Store levels, whole or not at all; a workspace that cannot be written keeps them in memory only."""
    path = folder / LIMITS_FILE
    content = {name: [asdict(b) for b in found.bands] if found else None for name, found in limits.items()}
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, content)
