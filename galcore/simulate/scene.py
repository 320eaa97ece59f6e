"""Everything in front of the detector, unblurred: the galaxy, its companion and debris, its lensed source.

The truth table is turned into tensors once (:class:`Scene`), then rendered in slices.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from galcore.simulate import profiles, spiral, tidal
from galcore.simulate.galaxy import PARTS, Columns, Frame, galaxy_shapes, make_frame, rotate
from galcore.simulate.grid import NestedGrid
from galcore.simulate.lensing import sie_deflection
from galcore.simulate.population import component_flux
from galcore.simulate.spectrum import band_flux
from galcore.simulate.surveys import Survey

TIDAL_KINDS = ("none", "tail", "tails", "bridge", "shells", "ring", "envelope")
DUST_COVER = 0.8  # share of the light that lies behind the dust
DUST_SLOPE = -1.1  # optical depth against wavelength, a little flatter than in the Milky Way


@dataclass(frozen=True, slots=True)
class Scene:
    """A truth table as tensors; the first axis is the galaxy.

    Attributes:
        columns: Numbers of the table, ``(B, 1)`` each, with every ``…_arcsec`` also as ``…_px``.
        parts: Flux of the parts of the galaxy, ``(B, C, 5)``.
        companion: Flux of the companion, ``(B, C)``.
        debris: Flux of tidal debris, ``(B, C)``.
        source: Unlensed flux of the source behind, ``(B, C)``.
        psf_fwhm_px: ``(B, C)``.
        noise_sigma: ``(B, C)``.
        dust_slope: Optical depth per band over that in the reference band, ``(B, C)``.
    """

    columns: Columns
    parts: Tensor
    companion: Tensor
    debris: Tensor
    source: Tensor
    psf_fwhm_px: Tensor
    noise_sigma: Tensor
    dust_slope: Tensor

    @classmethod
    def make(cls, table: pd.DataFrame, sky: Survey, device: str | torch.device) -> Scene:
        """The scene of a truth table."""

        def tensor(values: object) -> Tensor:
            return torch.as_tensor(np.asarray(values, np.float32), device=device)

        total = 10.0 ** (0.4 * (sky.zero_point - table[f"mag_{sky.bands[1]}"].to_numpy()))
        redshift = table.redshift.to_numpy()
        debris_age = np.where(
            table.tidal_kind.isin(["shells", "envelope"]), table.bulge_redness, table.disc_redness - 0.15
        )
        companion = (total * table.companion_flux_ratio.to_numpy())[:, None]
        debris = (total * table.tidal_fraction.to_numpy())[:, None]
        source = np.nan_to_num(10.0 ** (0.4 * (sky.zero_point - table.source_mag.to_numpy())))[:, None]
        blue, here = np.full(len(table), -0.15), np.zeros(len(table))
        slope = (np.array(sky.wavelength_um) / sky.wavelength_um[1]) ** DUST_SLOPE
        return cls(
            _columns(table, sky, tensor),
            tensor(np.stack([component_flux(table, part, sky) for part in PARTS], -1)),
            tensor(companion * band_flux(table.companion_redness.to_numpy(), redshift, sky.wavelength_um)),
            tensor(debris * band_flux(debris_age, redshift, sky.wavelength_um)),
            tensor(source * band_flux(blue, here, sky.wavelength_um)),
            tensor(table[[f"psf_fwhm_px_{band}" for band in sky.bands]].to_numpy()),
            tensor(table[[f"noise_sigma_{band}" for band in sky.bands]].to_numpy()),
            tensor(np.broadcast_to(slope, (len(table), len(slope)))),
        )

    def take(self, rows: slice | Tensor) -> Scene:
        """Some of the galaxies."""
        columns = {name: value[rows] for name, value in self.columns.items()}
        return Scene(columns, *(getattr(self, field.name)[rows] for field in fields(self)[1:]))

    def draw(self, grid: NestedGrid, texture: Tensor) -> Tensor:
        """Unblurred, noise-free flux ``(B, C, H, W)``; ``texture`` as for :func:`galaxy_shapes`."""
        t = self.columns
        frame = make_frame(t, grid)
        shapes, depth = galaxy_shapes(t, frame, grid, texture)
        samples = self.parts @ shapes  # (B, C, S)
        dusty = (t["dust_depth"][:, 0] > 0).nonzero()[:, 0]
        if len(dusty):
            passed = torch.exp(-depth[dusty, None] * self.dust_slope[dusty][:, :, None])
            samples[dusty] *= 1.0 - DUST_COVER + DUST_COVER * passed
        merging = (t["disturbed"][:, 0] > 0).nonzero()[:, 0]
        if len(merging):
            samples[merging] += self.take(merging)._interaction(frame.take(merging), grid, texture[merging])
        lensing = (t["lens"][:, 0] > 0).nonzero()[:, 0]
        if len(lensing):
            samples[lensing] += self.take(lensing)._arcs(grid)
        return grid.collapse(samples)

    def _interaction(self, f: Frame, grid: NestedGrid, texture: Tensor) -> Tensor:
        """Companion and tidal debris, ``(B, C, S)``."""
        t = self.columns
        distance, angle = t["companion_separation"] * t["radius_px"], t["companion_angle"]
        x = grid.x - t["x_offset_px"] - distance * torch.cos(angle)
        y = grid.y - t["y_offset_px"] - distance * torch.sin(angle)
        u, v = rotate(x, y, t["companion_angle_deg"])
        size = (t["radius_px"] * t["companion_radius_ratio"]).clamp(min=1.5)
        v = v + 1.5 * t["bend"] * u * u.abs() / (size + u.abs() * 0.5)
        second = profiles.sersic(u, v, size, t["companion_sersic_n"], t["companion_axis_ratio"])
        patchy = spiral.patches(texture[:, 1], torch.log(f.r), 2.0 * f.azimuth + 1.0)
        young = ((t["companion_sersic_n"] < 2.0) & (t["companion_redness"] < 0.7)).float()
        second = second * torch.exp(0.5 * young * (patchy - 0.12))
        stars = (t["tidal"] == TIDAL_KINDS.index("shells")) | (t["tidal"] == TIDAL_KINDS.index("envelope"))
        gas = (~stars).float()
        debris = _debris(t, f, grid) * torch.exp(0.35 * gas * patchy)
        debris = debris / ((debris * grid.area).sum(-1, keepdim=True) + 1e-9)
        return self.companion[:, :, None] * second[:, None] + self.debris[:, :, None] * debris[:, None]

    def _arcs(self, grid: NestedGrid) -> Tensor:
        """Lensed images of a background disc with one bright knot, ``(B, C, S)``."""
        t = self.columns
        u, v = rotate(grid.x - t["x_offset_px"], grid.y - t["y_offset_px"], t["position_angle_deg"])
        mass_q = 1.0 - 0.7 * (1.0 - t["axis_ratio"])  # mass is rounder than light
        au, av = sie_deflection(u, v, t["einstein_radius_px"], mass_q)
        dx, dy = u - au - t["source_x_px"], v - av - t["source_y_px"]
        one, radius = torch.ones_like(mass_q), t["source_radius_px"]
        disc = profiles.sersic(dx, dy, radius, one, t["companion_axis_ratio"])
        knot = profiles.sersic(dx - radius, dy, 0.35 * radius, one, one)
        return self.source[:, :, None] * (0.8 * disc + 0.2 * knot)[:, None]


def _columns(table: pd.DataFrame, sky: Survey, tensor) -> Columns:  # type: ignore[no-untyped-def]
    t: Columns = {}
    for name in table.columns:
        if table[name].dtype.kind in "fib" and name != "seed":
            t[name] = tensor(table[name].to_numpy()[:, None])
            if name.endswith("_arcsec"):
                t[name.removesuffix("_arcsec") + "_px"] = t[name] / sky.pixel_scale_arcsec
    t["handed"] = tensor(np.where(table.arm_winding == "acw", -1.0, 1.0)[:, None])
    t["ring_both"] = tensor((table.ring_kind == "both").to_numpy()[:, None])
    t["tidal"] = tensor([[TIDAL_KINDS.index(kind)] for kind in table.tidal_kind]).reshape(-1, 1)
    return t


def _debris(t: Columns, f: Frame, grid: NestedGrid) -> Tensor:
    """Shape of the tidal debris, each galaxy its own kind, ``(B, S)``, not normalised."""
    debris = torch.zeros_like(f.u)
    for number, kind in enumerate(TIDAL_KINDS[1:], start=1):
        rows = (t["tidal"][:, 0] == number).nonzero()[:, 0]
        if len(rows):
            debris[rows] = _draw_debris(kind, {n: value[rows] for n, value in t.items()}, f.take(rows), grid)
    return debris


def _draw_debris(kind: str, t: Columns, f: Frame, grid: NestedGrid) -> Tensor:
    if kind in ("bridge", "envelope"):
        angle = t["companion_angle"]
        along = grid.x * torch.cos(angle) + grid.y * torch.sin(angle)
        across = grid.y * torch.cos(angle) - grid.x * torch.sin(angle)
        distance = t["companion_separation"] * t["radius_px"]
        if kind == "envelope":
            return tidal.envelope(along, across, distance, t["radius_px"], 4.0 * t["bend"])
        return tidal.bridge(along, across, distance, 0.22 * t["radius_px"], 6.0 * t["bend"])
    r = torch.hypot(f.u, f.v) / t["radius_px"]
    azimuth = torch.atan2(f.v, f.u)
    if kind == "shells":
        return tidal.shells(r, azimuth, 0.35 * t["tidal_reach"], 0.3 * t["tidal_sharpness"])
    if kind == "ring":
        return tidal.collisional_ring(r, azimuth - t["arm_phase"], 0.35 * t["tidal_reach"])
    pitch = torch.deg2rad(t["tidal_pitch_deg"])
    psi = azimuth - spiral.winding_phase(r, torch.ones_like(pitch), pitch, t["handed"]) - t["arm_phase"]
    return tidal.tails(r, psi, 1 if kind == "tail" else 2, t["tidal_sharpness"] * 2.0, t["tidal_reach"])
