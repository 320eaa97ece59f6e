from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from galcore.model.backbone import Pyramid
from galcore.model.checkpoints import create_backbone, load_encoder
from galcore.model.inference import fold_normalisation, speed_up

CPU = torch.device("cpu")


def used(network: nn.Module) -> nn.Module:
    """As after training: statistics and scales that are not those of a new network."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    return network.eval()


@pytest.mark.parametrize("backbone", ["resnet18", "test_resnet", "test_vit", "test_efficientnet"])
def test_the_fast_copy_gives_the_same_vectors(backbone: str) -> None:
    network = used(create_backbone(backbone))
    images = torch.rand(2, 3, 64, 64) if backbone == "resnet18" else torch.rand(2, 3, 160, 160)
    with torch.inference_mode():
        usual, fast = network(images), speed_up(network, CPU, half=False)(images)
    assert torch.allclose(fast, usual, atol=1e-4 * float(usual.abs().max()))


def test_no_batch_normalisation_is_left_to_compute_in_a_resnet() -> None:
    network = used(create_backbone("resnet18"))
    fast = speed_up(network, CPU, half=False)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fast.modules())
    assert any(isinstance(module, nn.BatchNorm2d) for module in network.modules())


class Shared(nn.Module):
    """One convolution that serves two normalisations, and one whose output goes elsewhere too."""

    def __init__(self) -> None:
        super().__init__()
        self.twice, self.seen = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.one, self.other, self.third = nn.BatchNorm2d(3), nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, images: Tensor) -> Tensor:
        seen = self.seen(images)
        return self.one(self.twice(images)) + self.other(self.twice(images * 2)) + self.third(seen) + seen


class Undecided(nn.Module):
    """Its path depends on its input, so that it cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.normalisation = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

    def forward(self, images: Tensor) -> Tensor:
        folded = self.normalisation(self.convolution(images))
        return folded if float(images.sum()) > 0 else -folded


class Wrapped(nn.Module):
    """Cannot be traced itself, but most of it can."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Pyramid("resnet18")

    def forward(self, images: Tensor) -> Tensor:
        scale = 2.0 if float(images.sum()) > 0 else 1.0
        return self.inner(images)[-1].mean(dim=(2, 3)) * scale


def test_the_parts_of_a_network_that_cannot_be_traced_whole_are_folded() -> None:
    network = used(Wrapped())
    images = torch.rand(2, 4, 64, 64)
    with torch.inference_mode():
        usual = network(images)
        fast = speed_up(network, CPU, half=False)
        assert torch.allclose(fast(images), usual, atol=1e-4 * float(usual.abs().max()))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fast.modules())


@pytest.mark.parametrize("kind", [Shared, Undecided])
def test_a_normalisation_that_cannot_be_folded_stays(kind: type[nn.Module]) -> None:
    torch.manual_seed(1)
    network = used(kind())
    images = torch.rand(2, 3, 8, 8)
    usual = network(images)
    assert torch.allclose(fold_normalisation(network)(images), usual, atol=1e-5)


def test_weights_and_hash_are_those_of_the_checkpoint_whatever_runs() -> None:
    encoder = load_encoder("galcore-tiny", device="cpu")
    state = encoder.state_dict()
    assert all(tensor.dtype == torch.float32 for tensor in state.values() if tensor.is_floating_point())
    assert encoder.count_parameters() == sum(p.numel() for p in create_backbone("resnet18").parameters())
