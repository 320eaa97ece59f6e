"""Surface brightness of the parts of a galaxy, as pure functions of position.

Coordinates broadcast as ``(B, S)``: B galaxies, S sample positions. Smooth profiles are normalised to unit
flux over the plane, so that magnitudes are exact even where a galaxy overfills its frame.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

EXPONENTIAL_HALF_LIGHT = 1.67834699  # half-light radius of an exponential disc in scale lengths
_EDGE_ON_LINE = 3.08814  # integral of sqrt(1 + pi |x| / 2) exp(-|x|) over the line


def sersic_b(n: Tensor) -> Tensor:
    """The constant that makes the effective radius the half-light radius (Ciotti & Bertin 1999, eq. 18)."""
    return 2.0 * n - 1.0 / 3.0 + 4.0 / (405.0 * n) + 46.0 / (25515.0 * n**2) + 131.0 / (1148175.0 * n**3)


def sersic(u: Tensor, v: Tensor, radius: Tensor, n: Tensor, q: Tensor) -> Tensor:
    """Elliptical Sersic profile of unit flux (Graham & Driver 2005, eq. 1 and 4).

    Args:
        u: Position along the major axis, ``(B, S)`` pixels.
        v: Position along the minor axis.
        radius: Half-light radius along the major axis, ``(B, 1)`` pixels.
        n: Sersic index, ``(B, 1)``.
        q: Axis ratio, ``(B, 1)``.
    """
    b = sersic_b(n)
    log_flux = (
        math.log(2.0 * math.pi) + torch.log(q * n) + 2.0 * torch.log(radius) + b - 2.0 * n * torch.log(b)
    )
    log_flux = log_flux + torch.lgamma(2.0 * n)
    log_r = 0.5 * torch.log((u**2 + (v / q) ** 2) / radius**2 + 1e-12)
    return torch.exp(-b * (torch.exp(log_r / n) - 1.0) - log_flux)


def exponential(r: Tensor, radius: Tensor, q: Tensor) -> Tensor:
    """Exponential disc of unit flux; ``r`` is the elliptical radius in half-light radii."""
    h = radius / EXPONENTIAL_HALF_LIGHT
    return torch.exp(-EXPONENTIAL_HALF_LIGHT * r) / (2.0 * math.pi * q * h**2)


def edge_on_disc(u: Tensor, z: Tensor, scale_length: Tensor, scale_height: Tensor) -> Tensor:
    """Edge-on exponential disc with an isothermal vertical law, unit flux.

    The exact line-of-sight integral is ``x K_1(x) sech^2(z / z_0)`` (van der Kruit & Searle 1981);
    ``x K_1(x)`` is replaced by ``sqrt(1 + pi x / 2) exp(-x)``, within 3 % everywhere.
    """
    x = u.abs() / scale_length
    line = torch.sqrt(1.0 + 0.5 * math.pi * x) * torch.exp(-x)
    return line * sech2(z / scale_height) / (_EDGE_ON_LINE * scale_length * 2.0 * scale_height)


def edge_on_share_inside(end: Tensor) -> Tensor:
    """Share of :func:`edge_on_disc` within ``end`` scale lengths, by parts once (0.5 % for ``end > 2``)."""
    slope = 1.0 + 0.5 * math.pi * end
    outside = torch.sqrt(slope) * torch.exp(-end) * (1.0 + 0.25 * math.pi / slope)
    return 1.0 - outside / (0.5 * _EDGE_ON_LINE)


def sech2(z: Tensor) -> Tensor:
    """``1 / cosh^2`` without overflow."""
    e = torch.exp(-2.0 * z.abs())
    return 4.0 * e / (1.0 + e) ** 2


def ferrers_bar(u: Tensor, v: Tensor, length: Tensor, q: Tensor, boxiness: Tensor) -> Tensor:
    """Bar with generalised elliptical isophotes and a Ferrers profile ``(1 - m^2)^1.5`` (not normalised).

    ``m^c = |u/a|^c + |v/(q a)|^c`` (Athanassoula et al. 1990); ``c > 2`` is boxy.
    """
    m = (u.abs() / length + 1e-6) ** boxiness + (v.abs() / (q * length) + 1e-6) ** boxiness
    return torch.clamp(1.0 - m ** (2.0 / boxiness), min=0.0) ** 1.5


def ring(r: Tensor, radius: Tensor, width: Tensor) -> Tensor:
    """Gaussian annulus in the disc plane (not normalised); lengths in any one unit."""
    return torch.exp(-0.5 * ((r - radius) / width) ** 2)


def smoothstep(x: Tensor) -> Tensor:
    """Smooth rise from 0 at ``x <= 0`` to 1 at ``x >= 1``."""
    x = x.clamp(0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)
