"""asinh brightness that keeps 0 and 1, and its way back: how the network sees flux (Lupton et al. 2004)."""

from __future__ import annotations

import torch
from torch import Tensor


def stretch(linear: Tensor, softening: Tensor) -> Tensor:
    """Brightness of flux.

    Args:
        linear: (B, …) flux over its scale.
        softening: (B,) flux below which the scale stays linear.

    Example:
        >>> stretch(torch.tensor([[0.0, 1.0]]), torch.tensor([0.1])).tolist()
        [[0.0, 1.0]]
    """
    beta = _along(softening, linear)
    return torch.asinh(linear / beta) / torch.asinh(1 / beta)


def unstretch(brightness: Tensor, softening: Tensor) -> Tensor:
    """Flux of brightness; undoes :func:`stretch`."""
    beta = _along(softening, brightness)
    return beta * torch.sinh(brightness * torch.asinh(1 / beta))


def stretch_slope(linear: Tensor, softening: Tensor) -> Tensor:
    """Change of brightness per change of flux, to carry a standard deviation across."""
    beta = _along(softening, linear)
    return 1 / (torch.asinh(1 / beta) * torch.sqrt(linear**2 + beta**2))


def _along(softening: Tensor, images: Tensor) -> Tensor:
    return softening.view(-1, *[1] * (images.ndim - 1))
