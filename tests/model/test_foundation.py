"""No pixel under a mask, and no clean pixel, may reach the encoder, the guide or the result."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from galcore.model.foundation import SIZES, Architecture, FoundationModel
from galcore.model.priors import fill_missing
from galcore.types import GalcoreError

ARCHITECTURES = {
    "as built": Architecture("test_resnet", size_px=64, decoder_widths=(16, 16, 12, 8)),
    "folded": Architecture("test_resnet", norm="folded", size_px=64, decoder_widths=(16, 16, 12, 8)),
    "convnext": Architecture("test_convnext", size_px=64, decoder_widths=(16, 16, 8)),
}


@pytest.fixture(params=ARCHITECTURES.values(), ids=ARCHITECTURES.keys())
def model(request: pytest.FixtureRequest) -> FoundationModel:
    built = FoundationModel(request.param, seed=1).eval()
    with torch.no_grad():  # a fresh decoder corrects nothing; one that does could leak
        built.decoder.out.weight.normal_(0, 0.1, generator=torch.Generator().manual_seed(2))
    return built


@pytest.fixture
def image() -> Tensor:
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(3))


@pytest.fixture
def missing() -> Tensor:
    cells = (torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(4)) < 0.6).float()
    return cells.repeat_interleave(8, 2).repeat_interleave(8, 3)


def restore(model: FoundationModel, observed: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
    with torch.inference_mode():
        mean, log_variance = model.restore(observed, fill_missing(observed, missing), missing)
    return mean, log_variance


@pytest.mark.parametrize("behind", [1.0, -7.5, 1e6], ids=["white", "negative", "huge"])
def test_values_under_a_mask_change_nothing_bit_for_bit(
    model: FoundationModel, image: Tensor, missing: Tensor, behind: float
) -> None:
    other = torch.where(missing.bool(), torch.tensor(behind), image)

    assert torch.equal(fill_missing(image, missing), fill_missing(other, missing))
    with torch.inference_mode():
        for one, two in zip(model.pyramid(image, missing), model.pyramid(other, missing), strict=True):
            assert torch.equal(one, two)
    for one, two in zip(restore(model, image, missing), restore(model, other, missing), strict=True):
        assert torch.equal(one, two)


def test_a_network_given_only_the_masked_image_restores_the_same(
    model: FoundationModel, image: Tensor, missing: Tensor
) -> None:
    masked = image * (1 - missing)

    for one, two in zip(restore(model, image, missing), restore(model, masked, missing), strict=True):
        assert torch.equal(one, two)


def test_no_gradient_flows_from_the_result_to_a_pixel_under_the_mask(
    model: FoundationModel, image: Tensor, missing: Tensor
) -> None:
    image.requires_grad_(True)

    mean, log_variance = model.restore(image, fill_missing(image, missing), missing)
    (mean.square().sum() + log_variance.square().sum()).backward()

    assert image.grad is not None
    lost = missing.bool().expand_as(image)
    assert (image.grad[lost] == 0).all()
    assert (image.grad[~lost] != 0).any()


def test_pixels_that_are_known_do_reach_the_result(
    model: FoundationModel, image: Tensor, missing: Tensor
) -> None:
    other = torch.where(missing.bool(), image, image + 0.3)

    assert not torch.equal(restore(model, image, missing)[0], restore(model, other, missing)[0])


def test_a_fresh_decoder_gives_back_the_first_guess(image: Tensor, missing: Tensor) -> None:
    model = FoundationModel(ARCHITECTURES["folded"], seed=1).eval()

    assert torch.equal(restore(model, image, missing)[0], fill_missing(image, missing))


def test_seeds_decide_the_weights_and_leave_the_global_stream_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    first, same, other = (FoundationModel(ARCHITECTURES["as built"], seed=seed) for seed in (5, 5, 6))

    assert torch.equal(torch.rand(1), expected)
    weights = [model.decoder.guide.weight for model in (first, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_an_architecture_survives_its_text() -> None:
    for architecture in SIZES.values():
        assert Architecture.from_json(architecture.to_json()) == architecture
    with pytest.raises(GalcoreError, match="not readable"):
        Architecture.from_json('{"flavour": "up"}')
    with pytest.raises(GalcoreError, match="no timm backbone named 'resnet19'"):
        FoundationModel(Architecture("resnet19"))
