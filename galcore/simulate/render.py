"""Images of a truth table: light, dust, lensing, debris, neighbours, seeing, noise and artefacts.

Everything that is random about one stamp comes from its own ``seed`` column and the ``seed`` argument, so an
image depends neither on its batch nor on the device.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from galcore.simulate import artefacts, profiles, spiral, tidal
from galcore.simulate.field import Sources, draw_sources, paint
from galcore.simulate.galaxy import PARTS, Columns, Frame, galaxy_shapes, make_frame, rotate
from galcore.simulate.grid import NestedGrid
from galcore.simulate.lensing import sie_deflection
from galcore.simulate.population import component_flux
from galcore.simulate.psf import convolve, correlate
from galcore.simulate.spectrum import band_flux
from galcore.simulate.surveys import Survey
from galcore.simulate.surveys import survey as find_survey

BATCH = 8  # stamps at a time: the working set stays in the processor's cache
ELECTRONS_PER_NANOMAGGY = 900.0  # SDSS r: gain times counts per nanomaggy, for the photon noise of the galaxy


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
    out = torch.empty(len(parameters), len(sky.bands), size_px, size_px, device=device)
    batch = BATCH if torch.device(device).type == "cpu" else 64
    with torch.inference_mode():
        for start in range(0, len(parameters), batch):
            rows = parameters.iloc[start : start + batch]
            generators = [np.random.default_rng([seed, int(s)]) for s in rows["seed"]]
            out[start : start + batch] = _render_batch(rows, sky, grid, generators, noise, field)
    return out


def _render_batch(
    rows: pd.DataFrame,
    sky: Survey,
    grid: NestedGrid,
    generators: list[np.random.Generator],
    noise: bool,
    field: bool,
) -> Tensor:
    device = grid.x.device
    t = _columns(rows, sky, device)
    cells = np.stack([g.standard_normal((2, *spiral.TEXTURE_SHAPE), dtype=np.float32) for g in generators])
    flux = _scene(rows, t, sky, grid, torch.as_tensor(cells, device=device))
    crowd = [_crowd(row, sky, grid.size_px, g) for row, g in zip(rows.itertuples(), generators, strict=True)]
    if field:
        flux = paint(flux, crowd)
    fwhm = _tensor(rows[[f"psf_fwhm_px_{b}" for b in sky.bands]].to_numpy(), device)
    flux = convolve(flux.clamp(min=0.0), fwhm)
    sigma = _tensor(rows[[f"noise_sigma_{b}" for b in sky.bands]].to_numpy(), device)[:, :, None, None]
    flux = _spoil(flux, sigma, rows, generators, artefacts.BEFORE_NOISE)
    if noise:
        flux = _add_noise(flux, sigma, t["noise_correlation_px"], generators)
    return _spoil(flux, sigma, rows, generators, artefacts.AFTER_NOISE)


def _add_noise(
    flux: Tensor, sigma: Tensor, correlation_px: Tensor, generators: list[np.random.Generator]
) -> Tensor:
    """Flux with photon noise of the sources and the noise of the sky."""
    draws = [g.standard_normal(flux.shape[1:], dtype=np.float32) for g in generators]
    deviates = torch.as_tensor(np.stack(draws), device=flux.device)
    resampled = (correlation_px[:, 0] > 0).nonzero()[:, 0]
    if len(resampled):
        deviates[resampled] = correlate(deviates[resampled], correlation_px[resampled])
    return flux + deviates * torch.sqrt(sigma**2 + flux.clamp(min=0.0) / ELECTRONS_PER_NANOMAGGY)


def _tensor(values: object, device: torch.device) -> Tensor:
    return torch.as_tensor(np.asarray(values, np.float32), device=device)


def _columns(rows: pd.DataFrame, sky: Survey, device: torch.device) -> Columns:
    """Numbers of the truth table as ``(B, 1)`` tensors, lengths in pixels."""
    t: Columns = {}
    for name in rows.columns:
        if rows[name].dtype.kind in "fib" and name != "seed":
            t[name] = _tensor(rows[name].to_numpy()[:, None], device)
            if name.endswith("_arcsec"):
                t[name.removesuffix("_arcsec") + "_px"] = t[name] / sky.pixel_scale_arcsec
    t["handed"] = _tensor(np.where(rows.arm_winding == "acw", -1.0, 1.0)[:, None], device)
    t["ring_both"] = _tensor((rows.ring_kind == "both").to_numpy()[:, None], device)
    return t


def _scene(rows: pd.DataFrame, t: Columns, sky: Survey, grid: NestedGrid, texture: Tensor) -> Tensor:
    """Noise-free, unblurred flux ``(B, C, H, W)``."""
    frame = make_frame(t, grid)
    shapes, depth = galaxy_shapes(t, frame, grid, texture)
    light = np.stack([component_flux(rows, part, sky) for part in PARTS], -1)  # (B, C, K)
    samples = _tensor(light, grid.x.device) @ shapes  # (B, C, S)
    for c, wavelength in enumerate(sky.wavelength_um):
        absorbed = 1.0 - torch.exp(-depth * (wavelength / sky.wavelength_um[1]) ** -1.1)
        samples[:, c] *= 1.0 - 0.8 * absorbed
    merging = np.flatnonzero(rows.disturbed.to_numpy())
    if len(merging):
        near = _pick_frame(frame, merging)
        samples[merging] += _merger(rows.iloc[merging], _pick(t, merging), near, sky, grid, texture[merging])
    lensing = np.flatnonzero(rows.lens.to_numpy())
    if len(lensing):
        samples[lensing] += _arcs(rows.iloc[lensing], _pick(t, lensing), sky, grid)
    return grid.collapse(samples)


def _pick(t: Columns, index: np.ndarray) -> Columns:
    return {name: value[index] for name, value in t.items()}


def _pick_frame(f: Frame, index: np.ndarray) -> Frame:
    return Frame(f.u[index], f.v[index], f.r[index], f.azimuth[index])


def _merger(
    rows: pd.DataFrame, t: Columns, f: Frame, sky: Survey, grid: NestedGrid, texture: Tensor
) -> Tensor:
    """Companion and tidal debris, ``(B, C, S)``."""
    total = 10.0 ** (0.4 * (sky.zero_point - rows[f"mag_{sky.bands[1]}"].to_numpy()))
    redshift = rows.redshift.to_numpy()
    colour = band_flux(rows.companion_redness.to_numpy(), redshift, sky.wavelength_um)
    light = _tensor((total * rows.companion_flux_ratio.to_numpy())[:, None] * colour, grid.x.device)
    distance, angle = t["companion_separation"] * t["radius_px"], t["companion_angle"]
    x = grid.x - t["x_offset_px"] - distance * torch.cos(angle)
    y = grid.y - t["y_offset_px"] - distance * torch.sin(angle)
    u, v = rotate(x, y, t["companion_angle_deg"])
    size = (t["radius_px"] * t["companion_radius_ratio"]).clamp(min=1.5)
    v = v + 1.5 * t["bend"] * u * u.abs() / (size + u.abs() * 0.5)
    second = profiles.sersic(u, v, size, t["companion_sersic_n"], t["companion_axis_ratio"])
    debris = _debris(rows, t, f, grid)
    patchy = spiral.patches(texture[:, 1], torch.log(f.r), 2.0 * f.azimuth + 1.0)
    gas = _tensor((rows.tidal_kind != "shells").to_numpy()[:, None], grid.x.device)
    debris = debris * torch.exp(0.55 * gas * patchy)
    young = ((t["companion_sersic_n"] < 2.0) & (t["companion_redness"] < 0.7)).float()
    second = second * torch.exp(0.5 * young * (patchy - 0.12))
    debris = debris / ((debris * grid.area).sum(-1, keepdim=True) + 1e-9)
    age = np.where(rows.tidal_kind == "shells", rows.bulge_redness, rows.disc_redness - 0.15)
    tint = band_flux(age, redshift, sky.wavelength_um)
    tail_light = _tensor((total * rows.tidal_fraction.to_numpy())[:, None] * tint, grid.x.device)
    return light[:, :, None] * second[:, None] + tail_light[:, :, None] * debris[:, None]


def _debris(rows: pd.DataFrame, t: Columns, f: Frame, grid: NestedGrid) -> Tensor:
    r = torch.hypot(f.u, f.v) / t["radius_px"]
    azimuth = torch.atan2(f.v, f.u)
    pitch = torch.deg2rad(t["tidal_pitch_deg"])
    psi = azimuth - spiral.winding_phase(r, torch.ones_like(pitch), pitch, t["handed"]) - t["arm_phase"]
    distance, angle = t["companion_separation"] * t["radius_px"], t["companion_angle"]
    along = grid.x * torch.cos(angle) + grid.y * torch.sin(angle)
    across = grid.y * torch.cos(angle) - grid.x * torch.sin(angle)
    shapes = {
        "tail": tidal.tails(r, psi, 1, t["tidal_sharpness"] * 2.0, t["tidal_reach"]),
        "tails": tidal.tails(r, psi, 2, t["tidal_sharpness"] * 2.0, t["tidal_reach"]),
        "bridge": tidal.bridge(along, across, distance, 0.22 * t["radius_px"], 6.0 * t["bend"]),
        "shells": tidal.shells(r, azimuth, 0.35 * t["tidal_reach"], 0.3 * t["tidal_sharpness"]),
        "ring": tidal.collisional_ring(r, azimuth - t["arm_phase"], 0.35 * t["tidal_reach"]),
    }
    debris = torch.zeros_like(r)
    for kind, shape in shapes.items():
        debris = debris + shape * _tensor((rows.tidal_kind == kind).to_numpy()[:, None], r.device)
    return debris


def _arcs(rows: pd.DataFrame, t: Columns, sky: Survey, grid: NestedGrid) -> Tensor:
    """Lensed images of a background galaxy, ``(B, C, S)``; ``source_mag`` is its unlensed magnitude."""
    u, v = rotate(grid.x - t["x_offset_px"], grid.y - t["y_offset_px"], t["position_angle_deg"])
    mass_q = 1.0 - 0.7 * (1.0 - t["axis_ratio"])
    au, av = sie_deflection(u, v, t["einstein_radius_px"], mass_q)
    dx, dy = u - au - t["source_x_px"], v - av - t["source_y_px"]
    one = torch.ones_like(mass_q)
    q = t["companion_axis_ratio"]
    disc = profiles.sersic(dx, dy, t["source_radius_px"], one, q)
    knot = profiles.sersic(dx - t["source_radius_px"], dy, 0.35 * t["source_radius_px"], one, one)
    flux = 10.0 ** (0.4 * (sky.zero_point - rows.source_mag.to_numpy()))
    colour = band_flux(np.full(len(rows), -0.15), np.zeros(len(rows)), sky.wavelength_um)
    light = _tensor(flux[:, None] * colour, grid.x.device)
    return light[:, :, None] * (0.8 * disc + 0.2 * knot)[:, None]


def _crowd(row: object, sky: Survey, size_px: int, rng: np.random.Generator) -> Sources:
    return draw_sources(int(row.star_count), int(row.neighbour_count), size_px, sky, rng)  # type: ignore[attr-defined]


def _spoil(
    flux: Tensor, sigma: Tensor, rows: pd.DataFrame, generators: list[np.random.Generator], kinds: dict
) -> Tensor:
    """Flux with each stamp's artefact, where it has one of ``kinds``."""
    for i, kind in enumerate(rows.artefact_kind):
        if kind in kinds:
            flux[i] = kinds[kind](flux[i], sigma[i], generators[i])
    return flux
