"""Networks for contrastive learning: ResNet-18, a plain ViT, a Linformer ViT, and the two kinds fused.

The fused one follows the idea of Wei et al. (2022, arXiv:2211.07168): galaxies are contours and smooth light,
so a truncated ResNet-18 gives local features and a Linformer ViT relates distant ones, and the vector joins
both levels. Their code was not read; ``docs/adr/0007-contrastive-networks.md`` says what was chosen here.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

import galcore.model.torchvision_guard  # noqa: F401  (must come before timm)
from galcore.model.linformer import LinformerEncoder, LinformerViT
from galcore.types import GalcoreError

ContrastiveName = Literal["resnet18", "vit", "linformer", "hybrid"]
CONTRASTIVE_NAMES: tuple[str, ...] = get_args(ContrastiveName)
PREFIX = "galcore:"
_PATCH_PX = 8


class HybridNetwork(nn.Module):
    """ResNet-18 without its last stage, its 1/8 map read by a Linformer ViT beside it.

    Local: stages 1-3 of the ResNet, (B, 256, H/16, W/16), averaged. Global: the map after stage 2,
    (B, 128, H/8, W/8), projected and added to an embedding of the raw patches, through the Linformer,
    averaged. Each half is normalised so that neither drowns the other.

    Attributes:
        num_features: Length D = 256 + ``width`` of a vector.

    Example:
        >>> HybridNetwork(size_px=64)(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 448])
    """

    def __init__(self, *, size_px: int, width: int = 192, depth: int = 6, heads: int = 3) -> None:
        super().__init__()
        import timm

        whole = timm.create_model("resnet18", pretrained=False, num_classes=0)
        self.stem = nn.Sequential(
            whole.conv1, whole.bn1, whole.act1, whole.maxpool, whole.layer1, whole.layer2
        )
        self.local_stage = whole.layer3
        self.patches = nn.Conv2d(3, width, _PATCH_PX, stride=_PATCH_PX)
        self.project = nn.Conv2d(128, width, 1)
        self.encoder = LinformerEncoder(width=width, depth=depth, heads=heads, side=size_px // _PATCH_PX)
        self.local_norm = nn.LayerNorm(256)
        self.global_norm = nn.LayerNorm(width)
        self.num_features = 256 + width

    def forward_features(self, images: Tensor) -> Tensor:
        """The fused map at 1/8 of the input: (B, 3, H, W) → (B, 256 + width, H/8, W/8)."""
        shallow = self.stem(images)  # (B, 128, H/8, W/8)
        local = self.local_stage(shallow)  # (B, 256, H/16, W/16)
        distant = self.encoder(self.project(shallow) + self.patches(images))  # (B, width, H/8, W/8)
        local = nn.functional.interpolate(local, size=distant.shape[-2:], mode="nearest")
        return torch.cat([local, distant], dim=1)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, D)."""
        local, distant = (
            self.forward_features(images).mean(dim=(2, 3)).split([256, self.num_features - 256], dim=1)
        )
        return torch.cat([self.local_norm(local), self.global_norm(distant)], dim=1)


def create_contrastive_network(name: str, size_px: int, seed: int = 0) -> nn.Module:
    """A network without a head, random weights that follow the seed.

    Args:
        name: ``resnet18``, ``vit`` (ViT-tiny), ``linformer`` (the same with Linformer attention) or
            ``hybrid``.
        size_px: Side of its input, a multiple of 16. All but the ResNet work at this size only.
        seed: Of the weights.

    Returns:
        A module (B, 3, size_px, size_px) → (B, ``num_features``), with ``forward_features`` for its last map.

    Raises:
        GalcoreError: If there is no such network or the size does not fit.
    """
    if name not in CONTRASTIVE_NAMES:
        raise GalcoreError(f"no contrastive network '{name}'; there are {', '.join(CONTRASTIVE_NAMES)}")
    if size_px < 32 or size_px % 16:
        raise GalcoreError(f"{name}: the input size must be a multiple of 16 from 32 px on, not {size_px}")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if name == "hybrid":
            return HybridNetwork(size_px=size_px)
        if name == "linformer":
            return LinformerViT(size_px=size_px, patch_px=_PATCH_PX)
        return _create_timm(name, size_px)


def create_by_backbone_name(backbone: str, *, seed: int = 0) -> nn.Module:
    """The network that a checkpoint names, such as ``galcore:hybrid@64``: the input size is part of the name.

    Raises:
        GalcoreError: If there is no such network.
    """
    name, _, size = backbone.removeprefix(PREFIX).partition("@")
    if not size.isdigit():
        raise GalcoreError(f"backbone '{backbone}' names no input size; write it as {PREFIX}{name}@64")
    return create_contrastive_network(name, int(size), seed)


def _create_timm(name: str, size_px: int) -> nn.Module:
    import timm

    if name == "resnet18":
        return timm.create_model("resnet18", pretrained=False, num_classes=0)
    network = timm.create_model(
        "vit_tiny_patch16_224",
        pretrained=False,
        num_classes=0,
        img_size=size_px,
        patch_size=_PATCH_PX,
        class_token=False,
        global_pool="avg",
    )
    for block in network.blocks:
        block.attn.fused_attn = False  # at few tokens the fused kernel takes a third of a step on a CPU
    return network
