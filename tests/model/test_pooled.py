from __future__ import annotations

import copy

import torch

from galcore.model.foundation import Architecture, FoundationModel
from galcore.model.pooled import PooledEncoder


def test_the_vector_is_the_same_without_the_mask_band() -> None:
    model = FoundationModel(
        Architecture("test_resnet", size_px=32, decoder_widths=(8, 8, 8, 8)), seed=2
    ).eval()
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = model.embed(images)

        pooled = PooledEncoder(copy.deepcopy(model)).eval()
        got = pooled(images)

    assert got.shape == (3, pooled.num_features)
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)
    first = next(layer for layer in pooled.modules() if isinstance(layer, torch.nn.Conv2d))
    assert first.weight.shape[1] == first.in_channels == 3


def test_the_coarsest_map_averages_to_the_vector() -> None:
    model = FoundationModel(Architecture("test_resnet", size_px=64, decoder_widths=(8, 8, 8, 8))).eval()
    pooled = PooledEncoder(model).eval()
    images = torch.rand(2, 3, 64, 64)

    with torch.inference_mode():
        torch.testing.assert_close(pooled.forward_features(images).mean(dim=(2, 3)), pooled(images))
