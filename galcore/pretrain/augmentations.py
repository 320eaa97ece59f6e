"""Changes that leave a galaxy the same galaxy, for whole batches at once.

The sky has no up, no left and no fixed distance: any rotation, mirror image, moderate zoom and small shift
is fair, and so are a worse seeing, more noise, another stretch and slightly other colours. Everything is
one affine resampling and a few element-wise operations, so that training is not held up by it.

Colours vary little: that ellipticals are red is worth keeping.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_BLUR_TAPS = 11


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far views may differ.

    Attributes:
        zoom: Smallest and largest visible share relative to the encoder's frame.
        shift: Largest offset of the centre, share of the frame.
        gain: Spread (ln) of the common brightness factor.
        colour: Spread (ln) of the factor per band.
        gamma: Spread (ln) of the exponent of the stretch.
        pedestal: Spread of the added sky level (pictures run from 0 to 1).
        grey: Probability of a colourless view.
        blur: Probability of a worse seeing; its sigma is up to ``blur_px``.
        blur_px: Largest sigma in pixels of the view.
        noise: Largest standard deviation of added noise.
    """

    zoom: tuple[float, float] = (0.66, 1.15)
    shift: float = 0.05
    gain: float = 0.15
    colour: float = 0.05
    gamma: float = 0.12
    pedestal: float = 0.01
    grey: float = 0.05
    blur: float = 0.25
    blur_px: float = 1.8
    noise: float = 0.03


def augment(
    pictures: Tensor, scales: Tensor, *, size_px: int, strength: Augmentation, generator: torch.Generator
) -> Tensor:
    """One random view of every picture.

    Args:
        pictures: (B, 3, H, W) uint8, stored with a margin.
        scales: (B,) share of the stored picture that the encoder's frame takes.
        size_px: Side of the views.
        strength: How far views may differ.
        generator: Source of all randomness.

    Returns:
        (B, 3, size_px, size_px) float32 in [0, 1].
    """
    views = resample(
        pictures.float().div_(255.0), scales, size_px=size_px, strength=strength, generator=generator
    )
    views = blur(views, strength=strength, generator=generator)
    return restretch(views, strength=strength, generator=generator)


def resample(
    pictures: Tensor, scales: Tensor, *, size_px: int, strength: Augmentation, generator: torch.Generator
) -> Tensor:
    """Rotate, mirror, zoom and shift at random in one bilinear pass."""
    B = len(pictures)
    low, high = math.log(strength.zoom[0]), math.log(strength.zoom[1])
    zoom = scales * torch.exp(low + (high - low) * torch.rand(B, generator=generator))
    turn = 2 * math.pi * torch.rand(B, generator=generator)
    mirror = torch.where(torch.rand(B, generator=generator) < 0.5, 1.0, -1.0)
    cosine, sine = zoom * torch.cos(turn), zoom * torch.sin(turn)
    shift = strength.shift * (2 * torch.rand(B, 2, generator=generator) - 1) * scales[:, None]
    theta = torch.stack(
        [
            torch.stack([cosine * mirror, -sine, shift[:, 0]], dim=1),
            torch.stack([sine * mirror, cosine, shift[:, 1]], dim=1),
        ],
        dim=1,
    )
    grid = F.affine_grid(theta, [B, 3, size_px, size_px], align_corners=False)
    return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def blur(views: Tensor, *, strength: Augmentation, generator: torch.Generator) -> Tensor:
    """Gaussian seeing with its own width for each view; a share of the views stays sharp."""
    B = len(views)
    chosen = torch.nonzero(torch.rand(B, generator=generator) < strength.blur).flatten()
    if len(chosen) == 0:
        return views
    sigma = 0.3 + (strength.blur_px - 0.3) * torch.rand(len(chosen), 1, generator=generator)
    offsets = torch.arange(_BLUR_TAPS) - _BLUR_TAPS // 2
    taps = torch.exp(-0.5 * (offsets / sigma) ** 2)
    taps = (taps / taps.sum(dim=1, keepdim=True)).repeat_interleave(3, dim=0)
    side = views.shape[-1]
    stack = views[chosen].reshape(1, -1, side, side)
    pad, groups = _BLUR_TAPS // 2, stack.shape[1]
    stack = F.conv2d(stack, taps[:, None, :, None], padding=(pad, 0), groups=groups)
    stack = F.conv2d(stack, taps[:, None, None, :], padding=(0, pad), groups=groups)
    views[chosen] = stack.reshape(len(chosen), 3, side, side)
    return views


def restretch(views: Tensor, *, strength: Augmentation, generator: torch.Generator) -> Tensor:
    """Other brightness, colours, stretch, sky level and noise; some views lose their colour."""
    B = len(views)

    def spread(width: float, *shape: int) -> Tensor:
        return width * torch.randn(B, *shape, 1, 1, generator=generator)

    factor = torch.exp(spread(strength.gain, 1) + spread(strength.colour, 3))
    views = views.mul_(factor).clamp_(1e-4, 1.0).pow_(torch.exp(spread(strength.gamma, 1)))
    grey = torch.rand(B, 1, 1, 1, generator=generator) < strength.grey
    views = torch.where(grey, views.mean(dim=1, keepdim=True), views)
    depth = strength.noise * torch.rand(B, 1, 1, 1, generator=generator)
    views.add_(depth * torch.randn(views.shape, generator=generator)).add_(spread(strength.pedestal, 1))
    return views.clamp_(0.0, 1.0)
