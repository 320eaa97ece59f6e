"""Which pixels an encoder looks at: its feature maps, weighted by what they mean for the vector.

LayerCAM (Jiang et al. 2021): at a map inside the network every activation is multiplied by the gradient of
a score with respect to it, only what speaks for the score is kept, and the sum over channels is brought back
to the image. It works on any network, because maps are caught on their way, and on maps finer than the last
one, which is a few pixels wide for a small input. The score is the vector's part along a direction: by
default away from the vector of an empty sky, or a learner's weights, or a galaxy minus its survey's mean.

Cells of a strided convolution lie towards one corner, so the four quarter turns of an image are averaged:
that puts the heat where it belongs and samples it twice as finely.

Hot pixels show where a decision comes from. They do not show that the decision is right.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from galcore.model.encoder import Encoder
from galcore.model.framing import central_fraction
from galcore.model.preprocessing import as_picture
from galcore.types import GalcoreError

_FEWEST_CELLS = 8  # along a side: coarser maps say little about where
_BRIGHTEST_QUANTILE = 0.99
_one_at_a_time = threading.Lock()


def show_hot_pixels(
    encoder: Encoder, images: Tensor, *, direction: NDArray[np.floating] | Tensor | None = None
) -> Tensor:
    """How much each pixel speaks for the vector's part along a direction.

    Args:
        encoder: Any encoder whose network has spatial maps or patch tokens inside.
        images: (B, 3, H, W) float32 as ``encoder.preprocessing.prepare`` makes them.
        direction: (D,) or (B, D) in the space of the vectors; ``None``: away from an empty sky.

    Returns:
        (B, H, W) float32 in [0, 1], on the CPU; all zero where nothing speaks for it.

    Raises:
        GalcoreError: If the direction has another length than the vectors, or the network has no maps.
    """
    total = torch.zeros(len(images), *images.shape[-2:])
    seen = torch.zeros(images.shape[-2:])
    wanted = None if direction is None else torch.as_tensor(np.asarray(direction), dtype=torch.float32)
    if wanted is not None and wanted.shape[-1] != encoder.embedding_dim:
        raise GalcoreError(
            f"a direction for {encoder.name} needs {encoder.embedding_dim} numbers, got {wanted.shape[-1]}"
        )
    for look, start, side in _looks(images, encoder.preprocessing.glimpse_px):
        turned = torch.cat([torch.rot90(look, quarter, dims=(2, 3)) for quarter in range(4)])
        with _one_at_a_time:  # hooks hear whoever runs the network
            heat = _layer_cam(encoder, turned.to(next(encoder.network.parameters()).device), wanted)
        heat = F.interpolate(heat[:, None], size=(side, side), mode="bicubic", align_corners=False)[:, 0]
        heat = heat.clamp(min=0).cpu()
        heat = heat / heat.mean(dim=(1, 2), keepdim=True).clamp(min=1e-12)
        for quarter, part in enumerate(heat.chunk(4)):
            back = torch.rot90(part, -quarter, dims=(1, 2))
            total[:, start : start + side, start : start + side] += back
        seen[start : start + side, start : start + side] += 1
    return _scale(total / seen)


def place_in_stamp(
    heat: NDArray[np.floating], encoder: Encoder, rgb: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """A map of the network's frame, put where that frame lies in the stamp.

    Args:
        heat: (h, w) map from :func:`show_hot_pixels`.
        encoder: Whose preprocessing cut the frame.
        rgb: (H, W, 3) the stamp as the model's picture.

    Returns:
        (H, W) float32 in [0, 1]; zero where the network saw nothing.
    """
    preprocessing = encoder.preprocessing
    fraction = preprocessing.crop_fraction
    if preprocessing.framing == "object":
        fraction = central_fraction(rgb, margin=preprocessing.margin, smallest=preprocessing.crop_fraction)
    height, width = rgb.shape[:2]
    side = max(1, round(min(height, width) * fraction))
    top, left = (height - side) // 2, (width - side) // 2
    placed = np.zeros((height, width), np.float32)
    small = torch.from_numpy(np.ascontiguousarray(heat, dtype=np.float32))[None, None]
    resized = F.interpolate(small, size=(side, side), mode="bilinear", align_corners=False, antialias=True)
    placed[top : top + side, left : left + side] = resized[0, 0].clamp(0, 1).numpy()
    return placed


def explain_stamp(
    encoder: Encoder, image: object, *, direction: NDArray[np.floating] | None = None
) -> NDArray[np.float32]:
    """Hot pixels of one stamp in its own frame.

    Args:
        encoder: Any encoder.
        image: A :class:`~galcore.images.image.SkyImage` or an (H, W, 3) uint8 picture.
        direction: See :func:`show_hot_pixels`.

    Returns:
        (H, W) float32 in [0, 1].
    """
    rgb = as_picture(image)  # type: ignore[arg-type]
    heat = show_hot_pixels(encoder, encoder.preprocessing.prepare(rgb)[None], direction=direction)
    return place_in_stamp(heat[0].numpy(), encoder, rgb)


def _looks(images: Tensor, glimpse_px: int) -> list[tuple[Tensor, int, int]]:
    """What the network is shown, with the place of each look in the input: start and side in pixels."""
    size_px = images.shape[-1]
    if glimpse_px == 0:
        return [(images, 0, size_px)]
    start = (size_px - glimpse_px) // 2
    whole = F.interpolate(images, size=(glimpse_px, glimpse_px), mode="bilinear", antialias=True)
    middle = images[..., start : start + glimpse_px, start : start + glimpse_px]
    return [(whole, 0, size_px), (middle, start, glimpse_px)]


def _layer_cam(encoder: Encoder, look: Tensor, direction: Tensor | None) -> Tensor:
    """(B, h, w) positive evidence at the last map that is fine enough; a direction each, or one for all."""
    blank = torch.zeros_like(look[:1]) + _blank_sky(encoder).to(look.device)
    with torch.enable_grad(), _caught_maps(encoder.network) as caught:
        vectors = encoder.network(look.detach().clone().requires_grad_()).float().flatten(1)
        maps = _last_fine_map(caught)
    if direction is None:
        with torch.no_grad():
            direction = vectors.detach() - encoder.network(blank).float().flatten(1)
    elif direction.ndim == 2:
        direction = direction.repeat(len(look) // len(direction), 1)
    score = (vectors * direction.to(vectors.device)).sum()
    (gradient,) = torch.autograd.grad(score, maps)
    evidence = (maps * gradient).detach()
    return _as_grid(evidence).sum(dim=1).clamp(min=0)


def _blank_sky(encoder: Encoder) -> Tensor:
    preprocessing = encoder.preprocessing
    black = -torch.tensor(preprocessing.mean) / torch.tensor(preprocessing.std)
    return black[:, None, None]


@contextmanager
def _caught_maps(network: nn.Module) -> Iterator[list[Tensor]]:
    """Outputs of every module while the network runs, in the order they are made."""
    caught: list[Tensor] = []

    def catch(_module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.requires_grad:
            caught.append(output)

    handles = [module.register_forward_hook(catch) for module in network.modules()]
    try:
        yield caught
    finally:
        for handle in handles:
            handle.remove()


def _last_fine_map(caught: list[Tensor]) -> Tensor:
    """The deepest map with enough cells along a side, else the finest there is."""
    maps = [each for each in caught if _side(each)]
    if not maps:
        raise GalcoreError("this network has no feature maps to look at")
    fine = [each for each in maps if _side(each) >= _FEWEST_CELLS]
    return fine[-1] if fine else max(maps, key=_side)


def _side(output: Tensor) -> int:
    """Cells along a side of a map (B, C, h, w), (B, h, w, C) or of tokens (B, h w + extra, C); 0 for none."""
    if output.ndim == 4:
        return output.shape[2] if output.shape[2] == output.shape[3] else _channels_last_side(output)
    if output.ndim == 3:
        side = int(output.shape[1] ** 0.5)
        return side if 0 <= output.shape[1] - side * side <= 5 else 0  # class and register tokens
    return 0


def _channels_last_side(output: Tensor) -> int:
    return output.shape[1] if output.shape[1] == output.shape[2] else 0


def _as_grid(output: Tensor) -> Tensor:
    """(B, C, h, w) of whatever :func:`_side` accepts."""
    if output.ndim == 4:
        return output if output.shape[2] == output.shape[3] else output.permute(0, 3, 1, 2)
    side = _side(output)
    patches = output[:, output.shape[1] - side * side :]
    return patches.transpose(1, 2).reshape(len(output), -1, side, side)


def _scale(heat: Tensor) -> Tensor:
    """Each map over its brightest hundredth, cut at 1."""
    top = torch.quantile(heat.flatten(1), _BRIGHTEST_QUANTILE, dim=1).clamp(min=1e-12)
    return (heat / top[:, None, None]).clamp(0, 1)
