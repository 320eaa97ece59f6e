"""Light of the central galaxy: bulge, disc, bar, arms and rings behind their dust."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from galcore.simulate import profiles, spiral
from galcore.simulate.grid import NestedGrid

PARTS = ("bulge", "disc", "bar", "young", "ring")
BULGE, DISC, BAR, YOUNG, RING = range(5)
IRREGULAR_STAGE = 8.4
Columns = dict[str, Tensor]  # truth column -> (B, 1)


@dataclass(frozen=True, slots=True)
class Frame:
    """Positions relative to the galaxies of a batch, all ``(B, S)``.

    Attributes:
        u: Along the major axis, pixels.
        v: Along the minor axis, pixels, anticlockwise from ``u``.
        r: Radius in the disc plane, half-light radii.
        azimuth: Angle in the disc plane from the major axis, radians anticlockwise.
    """

    u: Tensor
    v: Tensor
    r: Tensor
    azimuth: Tensor

    def take(self, rows: Tensor) -> Frame:
        """Positions of some of the galaxies."""
        return Frame(self.u[rows], self.v[rows], self.r[rows], self.azimuth[rows])


def rotate(x: Tensor, y: Tensor, angle_deg: Tensor) -> tuple[Tensor, Tensor]:
    """Coordinates along and across a position angle that runs from up towards left."""
    angle = torch.deg2rad(angle_deg + 90.0)
    c, s = torch.cos(angle), torch.sin(angle)
    return x * c + y * s, y * c - x * s


def make_frame(t: Columns, grid: NestedGrid) -> Frame:
    """Frame of the galaxies of a batch, bent and shifted where they are disturbed."""
    x, y = grid.x - t["x_offset_px"], grid.y - t["y_offset_px"]
    u, v = rotate(x, y, t["position_angle_deg"])
    size = t["radius_px"]
    v = v + t["bend"] * u * u.abs() / (size + u.abs() * 0.5)
    plane = v / t["axis_ratio"]
    r = torch.sqrt(u**2 + plane**2 + 1e-6) / size
    return Frame(u, v, r, torch.atan2(plane, u))


def _unit(shape: Tensor, grid: NestedGrid) -> Tensor:
    """Shape scaled to unit flux in the frame."""
    return shape / ((shape * grid.area).sum(-1, keepdim=True) + 1e-9)


def _take(t: Columns, rows: Tensor) -> Columns:
    return {name: value[rows] for name, value in t.items()}


def galaxy_shapes(t: Columns, f: Frame, grid: NestedGrid, texture: Tensor) -> tuple[Tensor, Tensor]:
    """Unit-flux maps of the parts, and the optical depth of dust in the reference band.

    Args:
        t: Truth columns.
        f: Positions.
        grid: Sample grid.
        texture: Random cells, ``(B, 2, *TEXTURE_SHAPE)``.

    Returns:
        ``(B, 5, S)`` in the order of :data:`PARTS`, and ``(B, S)``.
    """
    shapes = f.r.new_zeros(f.r.shape[0], len(PARTS), f.r.shape[1])
    depth = torch.zeros_like(f.r)
    shapes[:, BULGE] = profiles.sersic(f.u, f.v, t["bulge_radius_px"], t["sersic_n"], t["bulge_axis_ratio"])
    disc = t["bulge_fraction"][:, 0] < 0.9999
    edge_on = t["edge_on"][:, 0] > 0
    for rows, draw in ((disc & ~edge_on, _inclined), (disc & edge_on, _edge_on)):
        index = rows.nonzero()[:, 0]
        if len(index):
            maps, tau = draw(_take(t, index), f.take(index), grid, texture[index])
            shapes[index, DISC:] = maps
            depth[index] = tau
    return shapes, depth


def _edge_on(t: Columns, f: Frame, grid: NestedGrid, texture: Tensor) -> tuple[Tensor, Tensor]:
    h, z0 = t["radius_px"] / profiles.EXPONENTIAL_HALF_LIGHT, t["scale_height_px"]
    x = f.u / (3.0 * h)
    z = f.v - t["warp"] * h * torch.sign(x) * (x.abs() - 0.4).clamp(min=0.0) ** 2 * 4.0
    end = torch.sigmoid((t["truncation"] - f.u.abs() / t["radius_px"]) / 0.12)
    inside = profiles.edge_on_share_inside(t["truncation"] * profiles.EXPONENTIAL_HALF_LIGHT)
    disc = profiles.edge_on_disc(f.u, z, h, z0) * end / inside
    cells = spiral.patches(texture[:, 0], -2.4 + 4.0 * (z / z0 / 8.0 + 0.5), f.u / h)
    thin = profiles.edge_on_disc(f.u, z, h * 1.15, (0.55 * z0).clamp(min=0.6))
    young = _unit(thin * end * torch.exp(t["clumpiness"] * cells), grid)
    lane = profiles.sech2((z / z0 - t["dust_tilt"]) / 0.38) * torch.exp(-f.u.abs() / (1.6 * h))
    depth = t["dust_depth"] * lane * torch.exp(0.5 * cells)
    none = torch.zeros_like(disc)
    return torch.stack([disc, none, young, none], 1), depth


def _inclined(t: Columns, f: Frame, grid: NestedGrid, texture: Tensor) -> tuple[Tensor, Tensor]:
    r, azimuth = f.r, f.azimuth
    barred = t["bar_length"] > 0
    start = torch.where(barred, 0.95 * t["bar_length"], torch.full_like(t["bar_length"], 0.22))
    psi = _unwind(t, f, start)
    sheared = spiral.patches(texture[:, 0], torch.log(r), psi)
    clumps = torch.exp(t["clumpiness"] * _patchy(t, f, sheared, texture))
    lopsided = 1.0 + (t["lopsided"] * r).clamp(-0.5, 0.5) * torch.cos(azimuth - t["arm_phase"])
    disc = profiles.exponential(r, t["radius_px"], t["axis_ratio"]) * lopsided
    young = _young(t, r, psi, start) * clumps * lopsided
    bar, ring = torch.zeros_like(r), torch.zeros_like(r)
    index = barred[:, 0].nonzero()[:, 0]
    if len(index):
        bar[index] = _bar(_take(t, index), r[index], azimuth[index])
    index = (t["ring_radius"][:, 0] > 0).nonzero()[:, 0]
    if len(index):
        ring[index] = _rings(_take(t, index), r[index], azimuth[index]) * clumps[index] ** 0.6
    maps = [disc, _unit(bar, grid), _unit(young, grid), _unit(ring, grid)]
    return torch.stack(maps, 1), _dust(t, f, psi, start, sheared)


def _unwind(t: Columns, f: Frame, start: Tensor) -> Tensor:
    """Azimuth against the arms, which leave the ends of the bar where there is one; never quite regular."""
    loose = torch.full_like(start, 24.0)  # shear of the patches in a disc without arms
    pitch = torch.deg2rad(torch.where(t["spiral_arms"] > 0, t["pitch_angle_deg"], loose))
    phase = torch.where(t["bar_length"] > 0, t["bar_angle"], t["arm_phase"])
    wobble = t["arm_wobble"] * torch.sin(2.5 * torch.log(f.r) + t["arm_phase"])
    return f.azimuth - spiral.winding_phase(f.r, start, pitch, t["handed"]) - phase + wobble


def _patchy(t: Columns, f: Frame, sheared: Tensor, texture: Tensor) -> Tensor:
    """Log brightness of star-forming patches: sheared streaks and knots, or the mottle of an irregular."""
    patchy = 0.75 * (sheared + spiral.patches(texture[:, 1], 1.5 * torch.log(f.r), f.azimuth))
    ragged = (t["stage"][:, 0] > IRREGULAR_STAGE).nonzero()[:, 0]
    if len(ragged):
        size = t["radius_px"][ragged]
        patchy[ragged] = _ragged(f.u[ragged] / size, f.v[ragged] / size, texture[ragged])
    return patchy


def _young(t: Columns, r: Tensor, psi: Tensor, start: Tensor) -> Tensor:
    """Smooth part of the young light: arms with a little between them, or a plain disc."""
    armed = spiral.arms(r, psi, t["spiral_arms"], t["arm_sharpness"], t["arm_asymmetry"])
    armed = armed * spiral.fade(r, start, t["arm_reach"]) + 0.06 * torch.sigmoid((r - 0.2) / 0.1)
    envelope = torch.exp(-0.9 * r) * torch.sigmoid((2.6 - r) / 0.35)
    return torch.where(t["spiral_arms"] > 0, armed, torch.ones_like(r)) * envelope


def _dust(t: Columns, f: Frame, psi: Tensor, start: Tensor, sheared: Tensor) -> Tensor:
    """Optical depth: lanes on the inner edge of the arms, and the near side of an inclined disc."""
    inner_edge = psi + t["handed"] * 0.45 / t["spiral_arms"].clamp(min=1)
    lane = spiral.arms(f.r, inner_edge, t["spiral_arms"], 1.6 * t["arm_sharpness"], t["arm_asymmetry"])
    lane = lane * spiral.fade(f.r, 0.85 * start, t["arm_reach"]) * (t["spiral_arms"] > 0)
    near = profiles.smoothstep(0.5 + f.v / (0.5 * t["radius_px"] * t["axis_ratio"]))
    veil = (1.0 - t["axis_ratio"]) ** 2 * near * torch.exp(-1.2 * f.r)
    return t["dust_depth"] * (0.8 * lane + 1.3 * veil) * torch.exp(0.5 * sheared)


def _ragged(x: Tensor, y: Tensor, texture: Tensor) -> Tensor:
    """Patchiness of an irregular: big and small cells in the plane, without regard to the centre."""
    cells = spiral.TEXTURE_SHAPE[1] / (2.0 * math.pi)
    coarse = spiral.patches(texture[:, 0], 0.26 * y - 0.5, x * 2.2 / cells * 2.0 + 1.0)
    small = spiral.patches(texture[:, 1], 0.62 * y - 0.5, x * 5.5 / cells * 2.0 + 1.0)
    return 0.9 * coarse + 0.6 * small


def _bar(t: Columns, r: Tensor, azimuth: Tensor) -> Tensor:
    turned = azimuth - t["bar_angle"]
    return profiles.ferrers_bar(
        r * torch.cos(turned),
        r * torch.sin(turned),
        t["bar_length"] * 1.12,
        t["bar_axis_ratio"],
        t["bar_boxiness"],
    )


def _rings(t: Columns, r: Tensor, azimuth: Tensor) -> Tensor:
    """Inner or outer ring; an outer one around an inner one where both are there."""
    turned = azimuth - torch.where(t["bar_length"] > 0, t["bar_angle"], t["arm_phase"])
    oval = r * torch.sqrt(torch.cos(turned) ** 2 + (torch.sin(turned) / t["ring_axis_ratio"]) ** 2)
    light = profiles.ring(oval, t["ring_radius"], t["ring_width"])
    second = profiles.ring(r, t["ring_radius"] * 2.05, t["ring_width"] * 1.6)
    return light + t["ring_both"] * 0.22 * second * math.e**0.2
