from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from galcore.model.priors import fill_missing
from galcore.pretrain.degradations import (
    PSF_PX,
    any_instrument,
    blur,
    decals_like,
    draw_masks,
    gaussian_psf,
    lognormal,
    lose_pixels,
    moffat_psf,
)
from galcore.simulate.surveys import DECALS, LogNormal


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("laws", [DECALS.psf_sigma_px, DECALS.noise_sigma], ids=["psf", "noise"])
def test_widths_and_noise_follow_the_laws_of_decals(laws: tuple[LogNormal, ...]) -> None:
    drawn = lognormal(laws, 40_000, seeded())

    for band, law in enumerate(laws):
        shape, loc, scale = law.shape, law.loc, law.scale
        mean = loc + scale * math.exp(shape**2 / 2)
        spread = scale * math.exp(shape**2 / 2) * math.sqrt(math.exp(shape**2) - 1)
        assert float(drawn[:, band].mean()) == pytest.approx(mean, abs=4 * spread / 200)
        assert float(drawn[:, band].std()) == pytest.approx(spread, rel=0.05)


def test_bands_run_from_red_to_blue() -> None:
    psf, noise = decals_like(4000, seeded())

    peaks = psf.amax(dim=(2, 3)).mean(dim=0)
    assert peaks[2] < peaks[0]  # g, the last, has the widest PSF
    assert noise[:, 0].mean() > noise[:, 1].mean() > noise[:, 2].mean()  # z is the noisiest


def test_psfs_are_positive_centred_and_sum_to_one() -> None:
    for psf, noise in (decals_like(50, seeded()), any_instrument(50, seeded())):
        assert psf.shape == (50, 3, PSF_PX, PSF_PX)
        torch.testing.assert_close(psf.sum(dim=(2, 3)), torch.ones(50, 3))
        assert (psf >= 0).all()
        assert (psf.flatten(2).argmax(dim=2) == PSF_PX**2 // 2).all()
        assert (noise > 0).all()


def test_a_psf_has_the_width_that_was_asked_for() -> None:
    gauss = gaussian_psf(torch.tensor([2.0]), 41)[0]
    offsets = torch.arange(41) - 20
    assert float((gauss.sum(0) * offsets**2).sum()) == pytest.approx(4.0, rel=0.01)

    zero = torch.zeros(1)
    moffat = moffat_psf(torch.tensor([6.0]), torch.tensor([3.0]), zero, zero, 41)[0]
    assert float(moffat[20, 23] / moffat[20, 20]) == pytest.approx(0.5, abs=1e-4)  # half at half the width


def test_half_of_the_masks_are_patches_with_their_share_of_pixels() -> None:
    masks = draw_masks(600, 64, 8, seeded())

    assert set(masks.unique().tolist()) == {0.0, 1.0}
    whole_cells = masks.view(600, 8, 8, 8, 8).float().mean(dim=(2, 4))
    patches = ((whole_cells == 0) | (whole_cells == 1)).flatten(1).all(dim=1) & (masks.mean((1, 2, 3)) > 0.2)
    assert float(patches.float().mean()) == pytest.approx(0.5, abs=0.08)
    shares = masks[patches].mean(dim=(1, 2, 3))
    assert float(shares.mean()) == pytest.approx(0.575, abs=0.04)
    assert float(masks[~patches].mean()) < 0.2


def galaxies(B: int = 16, side: int = 64) -> Tensor:
    axis = torch.linspace(-1, 1, side)
    light = torch.exp(-4 * torch.hypot(axis[:, None], axis[None, :]))
    return light.expand(B, 3, side, side).contiguous()


def test_lost_pixels_leave_no_trace_in_what_the_network_is_given() -> None:
    batch = lose_pixels(galaxies(), 4, seeded())
    other = lose_pixels(galaxies(), 4, seeded())

    lost = batch.missing.bool().expand_as(batch.observed)
    assert (batch.observed[lost] == 0).all()
    assert torch.equal(batch.prior, fill_missing(batch.observed, batch.missing))
    assert torch.equal(batch.target, galaxies())
    assert torch.equal(batch.observed, other.observed)


def test_half_of_the_masked_pictures_are_clean_elsewhere() -> None:
    batch = lose_pixels(galaxies(200), 4, seeded())

    known = (1 - batch.missing).expand_as(batch.observed)
    clean = ((batch.observed - batch.target).abs() * known).amax(dim=(1, 2, 3)) < 1e-6
    assert float(clean.float().mean()) == pytest.approx(0.5, abs=0.12)


def test_a_blurred_batch_comes_with_a_first_guess_that_is_finite_and_mostly_nearer() -> None:
    batch = blur(galaxies(64), seeded())

    assert not batch.missing.any()
    for image in (batch.observed, batch.prior):
        assert torch.isfinite(image).all()
    before = (batch.observed - batch.target).square().mean(dim=(1, 2, 3))
    after = (batch.prior - batch.target).square().mean(dim=(1, 2, 3))
    assert float((after < before).float().mean()) > 0.6
    assert float(after.median()) < 0.8 * float(before.median())


def test_a_plan_may_ask_for_masks_alone() -> None:
    batch = lose_pixels(galaxies(20), 4, seeded(), degraded_share=0.0)

    assert torch.equal(batch.observed, batch.target * (1 - batch.missing))
