from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from galcore.restore.classical import blur
from galcore.restore.deconvolution import deconvolve
from galcore.restore.psf import Psf, gaussian_psf, measure_fwhm
from galcore.types import GalcoreError
from tests.restore.conftest import NOISE, SKY

CLASSICAL = ("wiener", "richardson-lucy")


@pytest.mark.parametrize("method", CLASSICAL)
def test_a_point_source_gets_narrower_and_keeps_its_flux(
    blurred_star: NDArray, psf: Psf, method: str
) -> None:
    done = deconvolve(blurred_star, psf, method=method)

    before, after = (measure_fwhm(plane[20:45, 20:45] - SKY) for plane in (blurred_star[0], done.pixels[0]))
    assert after < (0.95 if method == "wiener" else 0.8) * before
    assert abs(done.total.relative[0]) < 0.01
    assert abs(done.aperture.relative[0]) < 0.02
    assert done.total.after[0] == pytest.approx(5000, rel=0.05)


@pytest.mark.parametrize("method", CLASSICAL)
def test_the_light_of_a_galaxy_is_kept_in_every_band(galaxy: NDArray, psf: Psf, method: str) -> None:
    done = deconvolve(galaxy, psf, method=method)

    assert max(abs(change) for change in done.total.relative) < 0.01
    assert done.flux_after == done.total.after


@pytest.mark.parametrize("method", CLASSICAL)
def test_the_residual_is_the_original_minus_the_blurred_result(
    blurred_star: NDArray, psf: Psf, method: str
) -> None:
    done = deconvolve(blurred_star, psf, method=method)

    assert float(np.std(done.residual[0])) < 4 * NOISE
    assert abs(float(np.mean(done.residual))) < NOISE


def test_the_noise_of_a_wiener_result_is_the_one_it_states(psf: Psf) -> None:
    draws = [np.random.default_rng(seed).normal(0, NOISE, (1, 64, 64)) for seed in range(2)]
    x, y = np.mgrid[:64, :64]
    disc = 400 * np.exp(-np.hypot(x - 32, y - 32) / 6)[None]
    first, second = (deconvolve(disc + draw, psf, noise_sigma=NOISE, method="wiener") for draw in draws)

    assert first.sigma is not None
    scatter = float(np.std(first.pixels - second.pixels) / np.sqrt(2))
    assert scatter == pytest.approx(float(first.sigma.mean()), rel=0.25)


def test_richardson_lucy_says_that_it_has_no_uncertainty(blurred_star: NDArray, psf: Psf) -> None:
    assert deconvolve(blurred_star, psf, method="richardson-lucy").sigma is None


@pytest.mark.parametrize("method", CLASSICAL)
def test_pixels_without_a_value_do_no_harm_and_stay_without(galaxy: NDArray, psf: Psf, method: str) -> None:
    holed = galaxy.copy()
    holed[1, 60:63, 20:110] = np.nan
    whole, done = (deconvolve(image, psf, method=method) for image in (galaxy, holed))

    assert np.isnan(done.pixels[1, 61, 50])
    assert np.isnan(done.residual[1, 61, 50])
    assert np.isfinite(done.pixels[0]).all()
    far = np.abs(done.pixels[1, :45] - whole.pixels[1, :45]).max()
    assert far < 0.05 * np.ptp(whole.pixels[1])
    assert done.mask[61, 50]
    assert not done.mask[0, 0]


@pytest.mark.parametrize("shape", [(20, 20), (33, 90)])
@pytest.mark.parametrize("method", CLASSICAL)
def test_images_of_any_shape_are_deconvolved(shape: tuple[int, int], method: str) -> None:
    image = np.random.default_rng(0).normal(SKY, NOISE, shape)
    image[shape[0] // 2, shape[1] // 2] += 500

    assert deconvolve(image, gaussian_psf(3.0), method=method).pixels.shape == (1, *shape)


def test_a_large_field_is_deconvolved() -> None:
    field = np.random.default_rng(0).normal(SKY, NOISE, (3000, 3000)).astype(np.float32)

    done = deconvolve(field, gaussian_psf(3.0), noise_sigma=NOISE, method="wiener")

    assert done.pixels.shape == (1, 3000, 3000)
    assert np.isfinite(done.pixels).all()


@pytest.mark.parametrize("brightness", [1e5, 1e6])
def test_a_very_bright_star_spoils_nothing(galaxy: NDArray, psf: Psf, brightness: float) -> None:
    star = np.zeros((128, 128))
    star[24, 24] = brightness * NOISE
    image = galaxy[:1] + blur(star, psf.stamps[0])

    alone, beside = deconvolve(galaxy[:1], psf), deconvolve(image, psf)

    assert np.isfinite(beside.pixels).all() and beside.sigma is not None and np.isfinite(beside.sigma).all()
    assert beside.flux_after[0] == pytest.approx(beside.flux_before[0], rel=0.01)
    assert image[0, 24, 24] < beside.pixels[0, 24, 24] < star[24, 24]
    middle = np.s_[0, 54:74, 54:74]
    assert beside.pixels[middle].sum() == pytest.approx(alone.pixels[middle].sum(), rel=0.05)


@pytest.mark.parametrize("count", range(1, 10))
def test_any_number_of_bands_is_taken(galaxy: NDArray, psf: Psf, count: int) -> None:
    bands = np.concatenate([galaxy] * 3)[:count, 40:80, 40:80]

    done = deconvolve(bands, psf, method="wiener")

    assert done.pixels.shape == bands.shape
    assert len(done.flux_before) == count


def test_each_band_is_deconvolved_with_its_own_psf(galaxy: NDArray) -> None:
    stamps = np.concatenate([gaussian_psf(width, size_px=25).stamps for width in (2.0, 4.0, 6.0)])

    done = deconvolve(galaxy, stamps, method="wiener")

    alone = deconvolve(galaxy[2], gaussian_psf(6.0, size_px=25), method="wiener")
    assert np.allclose(done.pixels[2], alone.pixels[0], atol=1e-3)


def test_what_was_used_is_recorded(blurred_star: NDArray, psf: Psf) -> None:
    done = deconvolve(blurred_star, psf, method="richardson-lucy", noise_sigma=NOISE)

    parameters = done.provenance.parameters
    assert parameters["noise_sigma"] == [NOISE]
    assert "FWHM 4 px" in str(parameters["psf"])
    assert parameters["steps"]
    assert done.provenance.data_hash


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"method": "magic"}, "wiener"),
        ({"noise_sigma": np.array([1.0, 2.0]), "method": "wiener"}, "2 values do not go with 3 bands"),
        ({"noise_sigma": -1.0, "method": "wiener"}, "above 0"),
        ({"mask": np.zeros((3, 3)), "method": "wiener"}, "3 x 3 pixels do not match"),
        ({"mask": np.ones((128, 128)), "method": "wiener"}, "whole image"),
    ],
)
def test_what_does_not_go_together_is_refused(galaxy: NDArray, psf: Psf, options: dict, words: str) -> None:
    with pytest.raises(GalcoreError, match=words):
        deconvolve(galaxy, psf, **options)


def test_psfs_for_another_number_of_bands_are_refused(galaxy: NDArray) -> None:
    stamps = np.concatenate([gaussian_psf(3.0).stamps] * 2)

    with pytest.raises(GalcoreError, match="2 planes do not go with 3 bands"):
        deconvolve(galaxy, stamps, method="wiener")


def test_a_cancelled_restoration_ends(galaxy: NDArray, psf: Psf) -> None:
    with pytest.raises(GalcoreError, match="cancelled"):
        deconvolve(galaxy, psf, method="wiener", cancel=lambda: True)


def test_a_result_keeps_the_psf_that_was_asked_for(psf: Psf) -> None:
    star = np.zeros((65, 65))
    star[32, 32] = 1e5
    seen = blur(star, psf.stamps[0]) + np.random.default_rng(0).normal(0, 0.1, star.shape)

    done = deconvolve(seen, psf, noise_sigma=0.1, method="richardson-lucy", target=gaussian_psf(2.5))

    width = measure_fwhm(done.pixels[0, 20:45, 20:45])
    assert 2.4 < width < 3.4  # sharper than the 4 of the input, no sharper than asked for
    assert abs(done.total.relative[0]) < 0.01
    assert np.std(done.residual) < 0.05 * seen.max()
