from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from scipy import ndimage

from galcore.images.image import SkyImage
from galcore.restore.classical import blur
from galcore.restore.psf import (
    Psf,
    as_psf,
    estimate_psf,
    gaussian_psf,
    moffat_psf,
    narrowing_kernel,
    read_psf,
)
from galcore.types import GalcoreError


@pytest.mark.parametrize("fwhm", [2.0, 3.3, 6.0])
def test_a_drawn_psf_has_its_width_and_unit_sum(fwhm: float) -> None:
    for psf in (gaussian_psf(fwhm), moffat_psf(fwhm)):
        assert psf.stamps.sum() == pytest.approx(1, abs=1e-5)
        assert psf.fwhm_px[0] == pytest.approx(fwhm, rel=0.08)
        assert psf.stamps.shape[-1] % 2 == 1


def test_a_psf_of_any_scale_is_normalised_and_that_is_said() -> None:
    psf = as_psf(gaussian_psf(3.0).stamps[0] * 1.57)

    assert psf.stamps.sum() == pytest.approx(1, abs=1e-5)
    assert "1.57 normalised" in psf.description


@pytest.mark.parametrize("shape", [(24, 24), (25, 31), (20, 26)])
def test_even_and_oblong_stamps_become_odd_squares_with_their_light_in_the_middle(
    shape: tuple[int, int],
) -> None:
    y, x = np.ogrid[: shape[0], : shape[1]]
    r2 = (y - (shape[0] - 1) / 2) ** 2 + (x - (shape[1] - 1) / 2) ** 2

    psf = as_psf(np.exp(-r2 / 8))

    side = psf.stamps.shape[-1]
    assert psf.stamps.shape == (1, side, side)
    assert side % 2 == 1
    assert ndimage.center_of_mass(psf.stamps[0]) == pytest.approx((side // 2, side // 2), abs=0.02)


def test_a_star_two_pixels_off_its_stamp_is_moved_to_the_middle() -> None:
    stamp = np.roll(gaussian_psf(3.0, size_px=25).stamps[0], (2, -1), (0, 1))

    psf = as_psf(stamp)

    assert np.unravel_index(psf.stamps[0].argmax(), (25, 25)) == (12, 12)
    assert "moved by -1, +2 px" in psf.description


@pytest.mark.parametrize(
    ("stamp", "words"),
    [
        (np.roll(gaussian_psf(2.0, size_px=25).stamps[0], 9, 0), "off its middle"),
        (np.zeros((25, 25)), "no light"),
        (np.full((25, 25), np.nan), "without a value"),
        (np.ones((2, 2)), "too few"),
        (np.ones((2, 3, 25, 25)), "no PSF"),
        (np.ones(25), "no PSF"),
    ],
)
def test_what_can_be_no_psf_is_refused_in_words(stamp: np.ndarray, words: str) -> None:
    with pytest.raises(GalcoreError, match=words):
        as_psf(stamp)


def test_a_psf_is_read_from_fits_with_one_plane_or_one_a_band(tmp_path: Path) -> None:
    planes = np.concatenate([gaussian_psf(w, size_px=31).stamps for w in (2.0, 3.0)])
    fits.writeto(tmp_path / "one.fits", planes[0])
    fits.writeto(tmp_path / "two.fits", planes)

    assert read_psf(tmp_path / "one.fits").stamps.shape == (1, 31, 31)
    assert read_psf(tmp_path / "two.fits").for_bands(2).shape == (2, 31, 31)
    assert "one.fits" in read_psf(tmp_path / "one.fits").description


def test_a_psf_file_that_is_missing_or_a_table_is_named(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("a", "D", array=np.ones(3))])
    table.writeto(tmp_path / "table.fits")

    with pytest.raises(GalcoreError, match=r"nowhere\.fits: no such file"):
        read_psf(tmp_path / "nowhere.fits")
    with pytest.raises(GalcoreError, match=r"table\.fits"):
        read_psf(tmp_path / "table.fits")


@pytest.mark.parametrize("fwhm", [0.1, 500.0, float("nan")])
def test_a_width_that_makes_no_sense_is_refused(fwhm: float) -> None:
    with pytest.raises(GalcoreError, match="FWHM"):
        gaussian_psf(fwhm)


def test_the_psf_of_a_field_is_measured_from_its_stars() -> None:
    rng = np.random.default_rng(4)
    sky = np.zeros((300, 300))
    rows, columns = np.meshgrid(np.arange(25, 290, 42), np.arange(25, 290, 42))
    sky[rows.ravel(), columns.ravel()] = rng.uniform(2000, 20_000, rows.size)
    true = moffat_psf(3.6, beta=3.0)
    seen = blur(sky, true.stamps[0]) + 50 + rng.normal(0, 2, sky.shape)

    found = estimate_psf(SkyImage(seen[None].astype(np.float32), "flux", ("r",)))

    assert found.fwhm_px[0] == pytest.approx(true.fwhm_px[0], rel=0.05)
    assert "stars" in found.description


def test_a_field_without_stars_says_what_to_give_instead() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (1, 64, 64)).astype(np.float32)

    with pytest.raises(GalcoreError, match="FWHM"):
        estimate_psf(SkyImage(noise, "flux", ("r",)))


@pytest.mark.parametrize("make", [gaussian_psf, moffat_psf])
def test_the_narrowing_kernel_turns_the_target_into_the_psf(make: Callable[[float], Psf]) -> None:
    psf, target = make(5.0), gaussian_psf(2.5)

    kernel = narrowing_kernel(psf, target)

    again = blur(np.pad(kernel.stamps[0], 20), target.stamps[0])
    margin = (len(again) - psf.stamps.shape[-1]) // 2
    again = again[margin:-margin, margin:-margin]
    assert np.abs(again - psf.stamps[0]).max() < 0.03 * psf.stamps[0].max()
    assert "taken down to" in kernel.description


def test_a_target_that_is_not_narrower_is_refused() -> None:
    with pytest.raises(GalcoreError, match="must be below"):
        narrowing_kernel(gaussian_psf(3.0), gaussian_psf(3.5))
