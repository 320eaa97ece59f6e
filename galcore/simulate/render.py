"""Images of a truth table: the scene, neighbours and stars, seeing, artefacts and noise.

Everything that is random about one stamp comes from its own ``seed`` column and the ``seed`` argument, so an
image depends neither on its batch nor on the device.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from galcore.simulate import artefacts, spiral
from galcore.simulate.field import draw_sources, paint
from galcore.simulate.grid import NestedGrid
from galcore.simulate.psf import convolve, correlate
from galcore.simulate.scene import Scene
from galcore.simulate.surveys import Survey
from galcore.simulate.surveys import survey as find_survey

BATCH_CPU = 8  # stamps at a time: the working set stays near the processor's cache
BATCH_GPU = 128
Draws = list[np.random.Generator]


def render(
    parameters: pd.DataFrame,
    *,
    survey: str | Survey,
    seed: int,
    size_px: int = 128,
    device: str | torch.device = "cpu",
    noise: bool = True,
    field: bool = True,
) -> Tensor:
    """Images of the galaxies of a truth table.

    Args:
        parameters: Table of :func:`galcore.simulate.population.draw_parameters`, or rows of it.
        survey: Survey, or its name; must be the one the table was drawn for.
        seed: Seed of textures, neighbours and noise, together with each row's own.
        size_px: Side of the stamps.
        device: Where to render.
        noise: Whether to add photon and sky noise. Without it every pixel is non-negative.
        field: Whether to paint neighbours and foreground stars.

    Returns:
        Sky-subtracted flux in nanomaggies, ``(B, C, H, W)`` float32.
    """
    sky = find_survey(survey) if isinstance(survey, str) else survey
    grid = NestedGrid.make(size_px, device)
    scene = Scene.make(parameters, sky, device)
    electrons = torch.tensor([sky.electrons_per_flux(c) for c in range(len(sky.bands))], device=device)
    seeds = parameters["seed"].to_numpy()
    faults = parameters["artefact_kind"].to_numpy()
    crowd = parameters[["star_count", "neighbour_count"]].to_numpy()
    out = torch.empty(len(parameters), len(sky.bands), size_px, size_px, device=device)
    batch = BATCH_CPU if torch.device(device).type == "cpu" else BATCH_GPU
    with torch.inference_mode():
        for start in range(0, len(parameters), batch):
            rows = slice(start, start + batch)
            draws = [np.random.default_rng([seed, int(s)]) for s in seeds[rows]]
            part = scene.take(rows)
            cells = [g.standard_normal((2, *spiral.TEXTURE_SHAPE), dtype=np.float32) for g in draws]
            flux = part.draw(grid, torch.as_tensor(np.stack(cells), device=device))
            sources = [
                draw_sources(int(stars), int(neighbours), size_px, sky, g)
                for (stars, neighbours), g in zip(crowd[rows], draws, strict=True)
            ]
            if field:
                flux = paint(flux, sources)
            out[rows] = _observe(flux, part, faults[rows], draws, electrons if noise else None)
    return out


def _observe(
    flux: Tensor, scene: Scene, faults: np.ndarray, draws: Draws, electrons: Tensor | None
) -> Tensor:
    """What the camera makes of the light ``(B, C, H, W)``; no noise without ``electrons`` per flux."""
    flux = convolve(flux.clamp(min=0.0), scene.psf_fwhm_px)
    sigma = scene.noise_sigma[:, :, None, None]
    for i, kind in enumerate(faults):
        if kind in artefacts.BEFORE_NOISE:
            flux[i] = artefacts.BEFORE_NOISE[kind](flux[i], sigma[i], draws[i])
    if electrons is not None:
        variance = sigma**2 + flux.clamp(min=0.0) / electrons[:, None, None]
        flux = flux + torch.sqrt(variance) * _deviates(flux, scene.columns["noise_correlation_px"], draws)
    for i, kind in enumerate(faults):
        if kind in artefacts.AFTER_NOISE:
            flux[i] = artefacts.AFTER_NOISE[kind](flux[i], sigma[i], draws[i])
    return flux


def _deviates(flux: Tensor, correlation_px: Tensor, draws: Draws) -> Tensor:
    """Unit Gaussian noise like ``flux``, correlated where a stamp was resampled."""
    white = [g.standard_normal(flux.shape[1:], dtype=np.float32) for g in draws]
    deviates = torch.as_tensor(np.stack(white), device=flux.device)
    resampled = (correlation_px[:, 0] > 0).nonzero()[:, 0]
    if len(resampled):
        deviates[resampled] = correlate(deviates[resampled], correlation_px[resampled])
    return deviates
