"""Strong lensing by a singular isothermal ellipsoid, ray-traced analytically."""

from __future__ import annotations

import torch
from torch import Tensor


def sie_deflection(x: Tensor, y: Tensor, einstein_radius: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    """Deflection angles of a SIE whose major axis lies along x.

    ``a_x = b sqrt(q / (1 - q^2)) arctan(sqrt(1 - q^2) x / psi)``,
    ``a_y = b sqrt(q / (1 - q^2)) artanh(sqrt(1 - q^2) y / psi)``, ``psi^2 = q^2 x^2 + y^2``
    (Kormann, Schneider & Bartelmann 1994, eq. 27; intermediate-axis normalisation).

    Args:
        x: Image-plane position along the major axis, any unit, ``(B, S)``.
        y: Position along the minor axis.
        einstein_radius: ``b``, same unit, ``(B, 1)``.
        q: Axis ratio of the mass, below one, ``(B, 1)``.

    Returns:
        Deflections along x and y; a source at ``beta = theta - alpha`` is seen at ``theta``.
    """
    q = q.clamp(max=0.999)
    f = torch.sqrt(1.0 - q**2)
    psi = torch.sqrt(q**2 * x**2 + y**2 + 1e-12)
    scale = einstein_radius * torch.sqrt(q) / f
    return scale * torch.atan(f * x / psi), scale * torch.atanh((f * y / psi).clamp(-0.999999, 0.999999))
