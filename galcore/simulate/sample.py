"""One call from a seed to images with their truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from galcore.simulate.colour import STRETCH, draw_display, to_rgb
from galcore.simulate.population import draw_parameters
from galcore.simulate.render import render
from galcore.simulate.surveys import SDSS, Survey
from galcore.simulate.surveys import survey as find_survey
from galcore.types import Progress, ProgressCallback

CHUNK = 64


@dataclass(frozen=True, slots=True)
class Simulation:
    """Simulated galaxies.

    Attributes:
        flux: Nanomaggies, ``(N, C, H, W)`` float32; ``N`` is 0 if it was not kept.
        rgb: Colour stamps, ``(N, H, W, 3)`` uint8.
        truth: One row per galaxy.
    """

    flux: NDArray[np.float32]
    rgb: NDArray[np.uint8]
    truth: pd.DataFrame


def survey_stretch(sky: Survey) -> float:
    """Stretch for this survey, half way between showing the light, or the noise, as bright as for SDSS."""
    area = (sky.pixel_scale_arcsec / SDSS.pixel_scale_arcsec) ** 2
    noise = sky.noise_law(1).scale / SDSS.noise_law(1).scale
    return STRETCH * (area * noise) ** 0.5


def simulate(
    n: int,
    *,
    survey: str | Survey = "SDSS",
    seed: int = 0,
    size_px: int = 128,
    classes: Sequence[str] | Mapping[str, float] | None = None,
    device: str = "cpu",
    vary_display: bool = False,
    keep_flux: bool = True,
    progress: ProgressCallback | None = None,
) -> Simulation:
    """Draw, render and colour ``n`` galaxies; the same seed gives the same galaxies.

    Args:
        n: Number of galaxies.
        survey: Survey, or its name.
        seed: Seed of everything random.
        size_px: Side of the stamps.
        classes: Kinds with equal shares, or shares per kind.
        device: Where to render.
        vary_display: Whether stretch, sky level and colour balance differ from stamp to stamp.
        keep_flux: ``False`` leaves ``flux`` empty, which saves four fifths of the memory.
        progress: Told after each chunk.

    Raises:
        GalcoreError: If the survey or a class is not known.

    >>> simulate(2, seed=1, size_px=32).rgb.shape
    (2, 32, 32, 3)
    """
    sky = find_survey(survey) if isinstance(survey, str) else survey
    truth = draw_parameters(n, survey=sky, seed=seed, size_px=size_px, classes=classes)
    shown = draw_display(n, seed=seed, stretch=survey_stretch(sky))
    flux = np.empty((n if keep_flux else 0, len(sky.bands), size_px, size_px), np.float32)
    rgb = np.empty((n, size_px, size_px, 3), np.uint8)
    for start in range(0, n, CHUNK):
        rows = truth.iloc[start : start + CHUNK]
        images = render(rows, survey=sky, seed=seed, size_px=size_px, device=device)
        part = slice(start, start + CHUNK)
        if keep_flux:
            flux[part] = images.cpu().numpy()
        if vary_display:
            look = {field.name: getattr(shown, field.name)[part] for field in fields(shown)}
        else:
            look = {"stretch": survey_stretch(sky)}
        coloured = to_rgb(images, **look)
        rgb[part] = coloured.cpu().numpy()
        if progress is not None:
            progress(Progress("simulate", min(start + CHUNK, n), n))
    return Simulation(flux, rgb, truth)


def as_tensor(simulation: Simulation) -> torch.Tensor:
    """Colour stamps as ``(N, 3, H, W)`` floats from 0 to 1."""
    return torch.from_numpy(simulation.rgb).permute(0, 3, 1, 2).float() / 255.0
