from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from galcore.model.priors import convolve, fill_missing, transfer_function, wiener


def galaxy(side: int = 64) -> Tensor:
    axis = torch.arange(side) - side / 2 + 0.5
    radius = torch.hypot(axis[:, None], axis[None, :] * 1.6)
    return torch.exp(-radius / 6).expand(1, 3, side, side).contiguous()


def gaussian(sigma_px: float, side: int = 25) -> Tensor:
    taps = torch.exp(-0.5 * ((torch.arange(side) - side // 2) / sigma_px) ** 2)
    psf = taps[:, None] * taps[None, :]
    return (psf / psf.sum()).expand(1, 3, side, side).contiguous()


def mse(one: Tensor, two: Tensor) -> float:
    return float((one - two).square().mean())


def test_known_pixels_stay_and_holes_come_out_between_their_neighbours() -> None:
    image = galaxy()
    missing = torch.zeros(1, 1, 64, 64)
    missing[..., 10:22, 30:44] = 1

    filled = fill_missing(image, missing)

    known = ~missing.bool().expand_as(image)
    assert torch.equal(filled[known], image[known])
    assert mse(filled, image) < 0.05 * mse(image * (1 - missing), image)
    assert filled.max() <= image.max()
    assert filled.min() >= 0


@pytest.mark.parametrize("side", [32, 33, 50])
def test_a_constant_survives_any_mask_at_any_side(side: int) -> None:
    missing = (torch.rand(2, 1, side, side, generator=torch.Generator().manual_seed(side)) < 0.9).float()

    filled = fill_missing(torch.full((2, 3, side, side), 0.4), missing)

    torch.testing.assert_close(filled, torch.full((2, 3, side, side), 0.4), rtol=0, atol=0.02)


def test_an_image_with_nothing_known_comes_out_dark_and_finite() -> None:
    filled = fill_missing(torch.rand(1, 3, 32, 32), torch.ones(1, 1, 32, 32))

    assert torch.equal(filled, torch.zeros(1, 3, 32, 32))


def test_deconvolution_comes_nearer_to_the_truth_than_the_blurred_image() -> None:
    truth, psf = galaxy(), gaussian(2.0)
    noise = torch.full((1, 3), 0.003)
    generator = torch.Generator().manual_seed(0)
    blurred = convolve(truth, psf) + 0.003 * torch.randn(truth.shape, generator=generator)

    restored = wiener(blurred, psf, noise)

    gain_db = 10 * math.log10(mse(blurred, truth) / mse(restored, truth))
    assert gain_db > 1.5


def test_deconvolution_keeps_the_total_flux() -> None:
    blurred = convolve(galaxy(), gaussian(2.0))

    restored = wiener(blurred, gaussian(2.0), torch.full((1, 3), 0.003))

    torch.testing.assert_close(restored.sum(dim=(2, 3)), blurred.sum(dim=(2, 3)), rtol=0.02, atol=0)


def test_without_blur_and_noise_deconvolution_does_nearly_nothing() -> None:
    point = torch.zeros(1, 3, 25, 25)
    point[..., 12, 12] = 1

    assert (wiener(galaxy(), point, torch.zeros(1, 3)) - galaxy()).abs().max() < 0.02


def test_a_point_blurred_is_the_psf_and_a_shifted_psf_shifts() -> None:
    point = torch.zeros(1, 3, 64, 64)
    point[..., 30, 34] = 1
    psf = gaussian(1.5)
    shifted = psf.roll((2, -3), dims=(2, 3))

    torch.testing.assert_close(convolve(point, psf)[..., 18:43, 22:47], psf, rtol=0, atol=1e-6)
    torch.testing.assert_close(convolve(point, shifted)[..., 20:45, 19:44], psf, rtol=0, atol=1e-6)


def test_a_psf_of_unit_sum_has_a_transfer_of_one_at_zero_frequency() -> None:
    transfer = transfer_function(gaussian(2.0), (64, 48))

    torch.testing.assert_close(transfer[..., 0, 0].real, torch.ones(1, 3))
    assert transfer.imag.abs().max() < 1e-5
