"""The encoder half of a foundation model as one vector per image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from galcore.model.foundation import FoundationModel

_COLOUR_BANDS = 3


class PooledEncoder(nn.Module):
    """Pictures in, mean of the coarsest map out; no decoder, no mask band.

    Nothing is missing from a picture that is encoded, so the mask band would be zero everywhere: its weights
    are left out. What the first layer subtracts and divides by is kept with the weights.

    Args:
        model: A foundation model; its encoder is used, not copied.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, model: FoundationModel) -> None:
        super().__init__()
        self.pyramid = model.encoder
        self.num_features = model.embedding_dim
        self.register_buffer("mean", model.mean.clone())
        self.register_buffer("std", model.std.clone())
        _drop_mask_band(self.pyramid)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) pictures from 0 to 1 → (B, D)."""
        return self.forward_features(images).mean(dim=(2, 3))

    def forward_features(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) pictures → (B, D, h, w) coarsest map."""
        normalised = (images - self.mean) / self.std
        maps: list[Tensor] = self.pyramid(normalised.contiguous(memory_format=torch.channels_last))
        return maps[-1]


def _drop_mask_band(pyramid: nn.Module) -> None:
    first = next(layer for layer in pyramid.modules() if isinstance(layer, nn.Conv2d))
    if first.in_channels == _COLOUR_BANDS:
        return
    first.weight = nn.Parameter(first.weight[:, :_COLOUR_BANDS].detach().clone())
    first.in_channels = _COLOUR_BANDS
