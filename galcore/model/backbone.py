"""Networks that turn an image into a pyramid of feature maps: any timm backbone, one way in."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

import galcore.model.torchvision_guard  # noqa: F401  (must come before timm)
from galcore.types import GalcoreError

_NEED_SIZE = ("swin", "vit", "deit", "eva", "beit")  # their position tables are made for one size


class Pyramid(nn.Module):
    """A timm backbone that returns its maps from fine to coarse.

    Args:
        backbone: timm name.
        norm: ``as_built`` keeps the backbone's normalisation; ``folded`` multiplies batch normalisation into
            the convolutions, after which nothing depends on the batch.
        size_px: Side of the images it is made for, where the backbone cares.
        in_bands: Bands of the input.

    Raises:
        GalcoreError: If timm knows no such backbone.
    """

    def __init__(self, backbone: str, *, norm: str = "as_built", size_px: int = 128, in_bands: int = 4):
        super().__init__()
        import timm

        if not timm.is_model(backbone):
            raise GalcoreError(f"no timm backbone named '{backbone}'; see timm.list_models()")
        sized = any(backbone.startswith(start) for start in _NEED_SIZE)
        keywords: dict[str, Any] = {"img_size": size_px} if sized else {}
        if sized:  # restoration works on crops and tiles of other sides
            keywords[
                "strict_img_size" if backbone.startswith("swin") else "dynamic_img_size"
            ] = not backbone.startswith("swin")
        self.network = timm.create_model(backbone, features_only=True, in_chans=in_bands, **keywords)
        self.channels: tuple[int, ...] = tuple(self.network.feature_info.channels())
        self.strides: tuple[int, ...] = tuple(self.network.feature_info.reduction())
        if norm == "folded":
            fold_batch_norm(self.network)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(B, in_bands, H, W) → maps (B, C_i, H_i, W_i), fine to coarse."""
        maps = self.network(images)
        return [
            maps_last.permute(0, 3, 1, 2) if maps_last.shape[1] != width else maps_last
            for maps_last, width in zip(maps, self.channels, strict=True)
        ]


def fold_batch_norm(network: nn.Module) -> int:
    """Multiply every batch normalisation into the convolution before it, in place.

    Pairs are found as timm's residual networks name them: ``conv1`` with ``bn1`` and so on (a deep stem is a
    sequence under ``conv1``, whose last convolution goes with ``bn1``), and neighbours in a sequence. Results
    in evaluation mode stay the same; activations that timm keeps inside the normalisation are kept.

    Returns:
        Number of pairs folded.

    Raises:
        GalcoreError: If the network has no such pair, or keeps a batch normalisation without a partner.
    """
    folded = 0
    for parent in list(network.modules()):
        for conv, norm_name in _pairs(parent):
            norm = getattr(parent, norm_name)
            if isinstance(norm, nn.BatchNorm2d):
                _fold(conv, norm)
                setattr(parent, norm_name, nn.Identity())
                folded += 1
    if folded == 0:
        raise GalcoreError("no pairs of convolution and batch normalisation were found to fold")
    left = [name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)]
    if left:
        raise GalcoreError(f"batch normalisation '{left[0]}' follows no convolution; use norm = \"as_built\"")
    return folded


def _pairs(parent: nn.Module) -> list[tuple[nn.Conv2d, str]]:
    """Convolutions among the children of a module, each with the name of what follows it."""
    children = dict(parent.named_children())
    names = list(children)
    followers = {name: name.replace("conv", "bn") for name in names if name.startswith("conv")}
    if isinstance(parent, nn.Sequential):
        followers |= dict(pairwise(names))
    pairs = []
    for name, follower in followers.items():
        stem = children[name]
        conv = stem[-1] if isinstance(stem, nn.Sequential) and len(stem) else stem
        if isinstance(conv, nn.Conv2d) and follower in children:
            pairs.append((conv, follower))
    return pairs


def _fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    assert norm.running_mean is not None and norm.running_var is not None
    with torch.no_grad():
        weight, bias = fuse_conv_bn_weights(
            conv.weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
    conv.weight = nn.Parameter(weight.detach().clone())
    conv.bias = nn.Parameter(bias.detach().clone())


def add_band(weight: Tensor, in_bands: int) -> Tensor:
    """A first convolution's weights widened to more bands; the new bands have no effect yet.

    Args:
        weight: (O, C, k, k).
        in_bands: Bands wanted, at least C.

    Returns:
        (O, in_bands, k, k).

    Example:
        >>> add_band(torch.ones(8, 3, 7, 7), 4)[:, 3].abs().sum().item()
        0.0
    """
    wider = weight.new_zeros(weight.shape[0], in_bands, *weight.shape[2:])
    wider[:, : weight.shape[1]] = weight
    return wider
