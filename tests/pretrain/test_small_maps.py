from __future__ import annotations

import pytest
import torch
from torch import nn

from galcore.pretrain.small_maps import use_matrix_products


@pytest.mark.parametrize(("side", "stride"), [(2, 1), (3, 1), (4, 2), (5, 2), (6, 1), (9, 1)])
def test_the_result_and_its_gradients_are_those_of_a_convolution(side: int, stride: int) -> None:
    torch.manual_seed(0)
    usual = nn.Conv2d(6, 512, 3, stride=stride, padding=1, bias=False)
    changed = nn.Sequential(nn.Conv2d(6, 512, 3, stride=stride, padding=1, bias=False))
    changed[0].load_state_dict(usual.state_dict())
    assert use_matrix_products(changed) == 1
    images = torch.randn(3, 6, side, side)

    expected, got = usual(images), changed(images)
    expected.square().sum().backward()
    got.square().sum().backward()

    assert torch.allclose(got, expected, atol=1e-4)
    assert torch.allclose(changed[0].weight.grad, usual.weight.grad, rtol=1e-3, atol=1e-2)


def test_narrow_and_pointwise_convolutions_are_left_alone() -> None:
    network = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Conv2d(64, 512, 1, bias=False))

    assert use_matrix_products(network) == 0
