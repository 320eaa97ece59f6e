"""Debris of interactions: tails, bridges, shells; shapes are not normalised."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from galcore.simulate.profiles import smoothstep


def tails(r: Tensor, psi: Tensor, count: int, sharpness: Tensor, reach: Tensor) -> Tensor:
    """``count`` narrow curved tails leaving the body; ``psi`` is the azimuth unwound along them."""
    crest = torch.exp(sharpness * (torch.cos(count * psi) - 1.0) / count)
    turned_once = smoothstep((r - 0.5) / 0.8)
    return crest * turned_once * torch.exp(-1.1 * r) * torch.sigmoid((reach - r) / (0.12 * reach))


def bridge(u: Tensor, v: Tensor, separation: Tensor, width: Tensor, bend: Tensor) -> Tensor:
    """Bent band of light from the origin to ``(separation, 0)`` and a little beyond."""
    s = u / separation
    middle = bend * separation * s * (1.0 - s)
    inside = torch.sigmoid((s + 0.15) / 0.1) * torch.sigmoid((1.5 - s) / 0.12)
    return torch.exp(-0.5 * ((v - middle) / width) ** 2) * inside


def envelope(u: Tensor, v: Tensor, separation: Tensor, radius: Tensor, skew: Tensor) -> Tensor:
    """Common halo of two galaxies that have begun to merge: exponential, drawn out along their line."""
    x = u - 0.5 * separation
    y = v - skew * x
    r = torch.sqrt((x / (radius + 0.5 * separation)) ** 2 + (y / (0.8 * radius)) ** 2)
    return torch.exp(-1.3 * r)


def shells(r: Tensor, azimuth: Tensor, first: Tensor, opening: Tensor) -> Tensor:
    """Four interleaved arcs with sharp outer edges, on alternate sides (Hernquist & Quinn 1988)."""
    total = torch.zeros_like(r)
    for i in range(4):
        edge = first * (1.0 + 0.42 * i)
        side = math.pi * (i % 2)
        arc = torch.exp(opening * (torch.cos(azimuth - side) - 1.0))
        inside = torch.sigmoid((edge - r) / 0.035)
        total = total + arc * inside * torch.exp((r - edge) / 0.35) * torch.exp(-0.9 * edge)
    return total


def collisional_ring(r: Tensor, azimuth: Tensor, radius: Tensor) -> Tensor:
    """Off-centre ring, brighter on one side, as after a head-on passage."""
    off = radius * (1.0 + 0.15 * torch.cos(azimuth))
    return torch.exp(-0.5 * ((r - off) / 0.12) ** 2) * (1.0 + 0.6 * torch.cos(azimuth + 0.7))
