"""Convolutions on maps of a few pixels as one matrix product: the last stage of a network at small sizes.

On the CPU the usual kernels spend most of their time on the padding of a 2 x 2 map; gathering the nine
shifted copies and multiplying once is 2-3 times as fast there, backward as well. Training only: weights and
results are the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_LARGEST_SIDE = 6
_FEWEST_CHANNELS = 512


class SmallMapConv2d(nn.Conv2d):
    """A 3 x 3 convolution with padding 1 that multiplies matrices where the map is small."""

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, H, W) → (B, O, H', W'), as :class:`torch.nn.Conv2d`."""
        if images.shape[-1] > _LARGEST_SIDE:
            return super().forward(images)
        stride = int(self.stride[0])
        H, W = images.shape[2:]
        padded = F.pad(images.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
        shifted = [padded[:, i : i + H : stride, j : j + W : stride] for i in range(3) for j in range(3)]
        columns = torch.cat(shifted, dim=3)
        product = columns.flatten(0, 2) @ self.weight.permute(2, 3, 1, 0).reshape(-1, self.out_channels)
        return product.reshape(*columns.shape[:3], -1).permute(0, 3, 1, 2)


def use_matrix_products(network: nn.Module) -> int:
    """Let the wide 3 x 3 convolutions of a network multiply matrices on small maps.

    Returns:
        How many convolutions were changed; names and shapes of weights stay.
    """
    changed = 0
    for module in network.modules():
        plain = type(module) is nn.Conv2d and module.bias is None and module.groups == 1
        if plain and _is_wide_three_by_three(module):
            module.__class__ = SmallMapConv2d
            changed += 1
    return changed


def _is_wide_three_by_three(layer: nn.Module) -> bool:
    return (
        isinstance(layer, nn.Conv2d)
        and layer.kernel_size == (3, 3)
        and layer.padding == (1, 1)
        and layer.dilation == (1, 1)
        and layer.out_channels >= _FEWEST_CHANNELS
    )
