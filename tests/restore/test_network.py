from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from galcore.model.foundation import SIZES, FoundationModel
from galcore.model.restorer import Restorer
from galcore.restore import tiling
from galcore.restore.deconvolution import deconvolve
from galcore.restore.masks import disc_mask
from galcore.restore.psf import Psf, gaussian_psf, measure_fwhm
from galcore.restore.reconstruction import reconstruct
from tests.restore.conftest import NOISE, SKY


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    """Random weights: what is tested here must hold whatever the network has learned."""
    return Restorer(FoundationModel(SIZES["tiny"], seed=1), name="random", device="cpu")


def test_known_pixels_come_back_bit_for_bit_from_any_network(galaxy: NDArray, restorer: Restorer) -> None:
    mask = disc_mask(galaxy.shape[1:], 60, 50, 9)

    done = reconstruct(galaxy, mask, restorer=restorer)

    assert np.array_equal(done.pixels[:, ~mask], galaxy[:, ~mask])
    assert done.sigma is not None
    assert np.all(done.sigma[:, ~mask] == 0)
    assert np.all(done.sigma[:, mask] > 0)
    assert done.provenance.model_name == "random"
    assert done.provenance.model_hash == restorer.model_hash


def test_no_pixel_under_the_mask_reaches_the_network(galaxy: NDArray, restorer: Restorer) -> None:
    mask = disc_mask(galaxy.shape[1:], 60, 50, 9)
    hot = np.where(mask, 1e9, galaxy)

    results = [reconstruct(image, mask, restorer=restorer).pixels for image in (galaxy, hot)]

    assert np.array_equal(*results)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9])
def test_any_number_of_bands_passes_the_network(
    galaxy: NDArray, psf: Psf, restorer: Restorer, count: int
) -> None:
    bands = np.concatenate([galaxy] * 3)[:count, 44:84, 44:84]
    mask = disc_mask((40, 40), 20, 20, 3)

    sharp = deconvolve(bands, psf, restorer=restorer)
    filled = reconstruct(bands, mask, restorer=restorer)

    for done in (sharp, filled):
        assert done.pixels.shape == bands.shape
        assert done.sigma is not None
        assert np.isfinite(done.pixels).all()


def test_equal_bands_give_equal_results(galaxy: NDArray, psf: Psf, restorer: Restorer) -> None:
    alone = deconvolve(galaxy[:1, :64, :64], psf, restorer=restorer)
    twice = deconvolve(np.repeat(galaxy[:1, :64, :64], 3, 0), psf, restorer=restorer)

    assert np.allclose(alone.pixels[0], twice.pixels.mean(0), atol=0.02 * np.ptp(galaxy[0]))


@pytest.mark.parametrize("shape", [(20, 20), (33, 100), (5, 64)])
def test_small_and_oblong_images_pass_the_network(shape: tuple[int, int], restorer: Restorer) -> None:
    image = np.random.default_rng(0).normal(SKY, NOISE, shape)
    image[shape[0] // 2, shape[1] // 2] += 200
    mask = np.zeros(shape, bool)
    mask[1:3, 2:6] = True

    assert deconvolve(image, gaussian_psf(3.0), restorer=restorer).pixels.shape == (1, *shape)
    assert reconstruct(image, mask, restorer=restorer).pixels.shape == (1, *shape)


def test_tiles_leave_no_seams(restorer: Restorer, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:420, :420]
    field = rng.normal(SKY, NOISE, (420, 420))
    for row, column, size in rng.uniform(30, 390, (25, 3)):
        field += 60 * np.exp(-np.hypot(y - row, x - column) / (2 + size / 80))
    psf = gaussian_psf(4.0)

    monkeypatch.setattr(tiling, "WHOLE_PX", 300)
    monkeypatch.setattr(tiling, "TILE_PX", 256)
    tiled = deconvolve(field, psf, noise_sigma=NOISE, restorer=restorer)
    monkeypatch.setattr(tiling, "WHOLE_PX", 2000)
    whole = deconvolve(field, psf, noise_sigma=NOISE, restorer=restorer)

    difference = np.abs(tiled.pixels - whole.pixels)[0]
    scale = float(np.ptp(whole.pixels))
    assert np.percentile(difference, 99) < 0.02 * scale
    # a seam is a step along a whole row or column, which pixel noise averages out of
    for axis in (0, 1):
        profile = (tiled.pixels - whole.pixels)[0].mean(axis)
        assert np.abs(np.diff(profile)).max() < 0.2 * NOISE


def test_a_point_source_keeps_its_flux_through_the_network(
    blurred_star: NDArray, psf: Psf, restorer: Restorer
) -> None:
    done = deconvolve(blurred_star, psf, restorer=restorer)

    assert abs(done.total.relative[0]) < 0.01
    assert abs(done.aperture.relative[0]) < 0.02
    before, after = (measure_fwhm(plane[20:45, 20:45] - SKY) for plane in (blurred_star[0], done.pixels[0]))
    assert after < 1.05 * before


def test_pictures_stay_on_their_scale(galaxy: NDArray, restorer: Restorer) -> None:
    picture = np.clip((galaxy - galaxy.min()) / np.ptp(galaxy), 0, 1)

    done = deconvolve(picture, gaussian_psf(3.0), kind="picture", restorer=restorer)

    assert done.provenance.parameters["softening"] is None
    assert -0.5 < done.pixels.min() < done.pixels.max() < 2
