from __future__ import annotations

import pytest
import torch
from torch import nn

from galcore.model.backbone import Pyramid, add_band, fold_batch_norm
from galcore.types import GalcoreError


def with_uneven_statistics(network: nn.Module) -> nn.Module:
    """As after training: running means and variances that are not 0 and 1."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 2.0, generator=generator)
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            nn.init.normal_(module.bias, 0, 0.2, generator=generator)
    return network.eval()


@pytest.mark.parametrize("backbone", ["test_resnet", "resnet18"])
def test_folding_keeps_results_and_leaves_no_normalisation(backbone: str) -> None:
    pyramid = with_uneven_statistics(Pyramid(backbone, size_px=64))
    images = torch.rand(2, 4, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        before = pyramid(images)
    norms = sum(isinstance(module, nn.BatchNorm2d) for module in pyramid.modules())

    assert fold_batch_norm(pyramid) == norms > 0

    with torch.inference_mode():
        for old, new in zip(before, pyramid(images), strict=True):
            torch.testing.assert_close(new, old, rtol=1e-3, atol=1e-4)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in pyramid.modules())


def test_nothing_depends_on_the_batch_after_folding() -> None:
    pyramid = with_uneven_statistics(Pyramid("test_resnet", size_px=32))
    fold_batch_norm(pyramid)
    pyramid.train()
    images = torch.rand(4, 4, 32, 32, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        torch.testing.assert_close(pyramid(images)[-1][:1], pyramid(images[:1])[-1], rtol=1e-4, atol=1e-5)


def test_a_network_without_batch_normalisation_cannot_be_folded() -> None:
    with pytest.raises(GalcoreError, match="no pairs"):
        Pyramid("test_convnext", norm="folded", size_px=32)


def test_maps_come_channels_first_and_fine_to_coarse_whatever_the_backbone() -> None:
    for backbone in ("test_resnet", "test_convnext", "swin_tiny_patch4_window7_224"):
        pyramid = Pyramid(backbone, size_px=64).eval()
        with torch.inference_mode():
            maps = pyramid(torch.zeros(1, 4, 64, 64))

        assert [m.shape[1] for m in maps] == list(pyramid.channels)
        assert [64 // m.shape[2] for m in maps] == list(pyramid.strides)


@pytest.mark.parametrize("backbone", ["swin_tiny_patch4_window7_224", "test_vit"])
def test_a_transformer_made_for_one_size_takes_crops_of_another(backbone: str) -> None:
    pyramid = Pyramid(backbone, size_px=64).eval()

    with torch.inference_mode():
        maps = pyramid(torch.zeros(1, 4, 32, 96))

    assert [tuple(m.shape[2:]) for m in maps] == [(32 // s, 96 // s) for s in pyramid.strides]


def test_an_added_band_has_no_effect_before_training() -> None:
    weight = torch.rand(8, 3, 7, 7)
    image = torch.rand(1, 3, 16, 16)

    wider = torch.cat([image, torch.full((1, 1, 16, 16), 99.0)], dim=1)

    torch.testing.assert_close(
        torch.nn.functional.conv2d(wider, add_band(weight, 4)), torch.nn.functional.conv2d(image, weight)
    )
