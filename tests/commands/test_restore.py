from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.restore.classical import blur
from galcore.restore.psf import gaussian_psf
from galcore.settings import Settings
from galcore.types import GalcoreError

REAL = Settings.from_environment().real_data_dir


def run(*arguments: object) -> str:
    words = ["restore", *map(str, arguments)]
    done = CliRunner().invoke(build_app(), words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def sky(tmp_path: Path) -> Path:
    """Two bands of a blurred disc, 60 x 48 pixels, with a pixel scale in the header."""
    y, x = np.mgrid[:48, :60]
    disc = 500 * np.exp(-np.hypot(x - 30, y - 24) / 4)
    psf = gaussian_psf(3.0).stamps[0]
    noise = np.random.default_rng(0).normal(0, 1, (2, 48, 60))
    pixels = np.stack([blur(disc, psf), blur(2 * disc, psf)]) + 10 + noise
    fits.writeto(tmp_path / "sky.fits", pixels.astype(np.float32), fits.Header({"PIXSCALE": 0.4}))
    fits.writeto(tmp_path / "psf.fits", psf)
    mask = np.zeros((48, 60), np.uint8)
    mask[20:26, 33:40] = 1
    fits.writeto(tmp_path / "mask.fits", mask)
    return tmp_path / "sky.fits"


def test_a_fits_image_is_deconvolved_with_a_psf_file(sky: Path) -> None:
    out = sky.with_name("out.fits")

    text = run(
        sky, "--task", "deconvolve", "--psf", sky.with_name("psf.fits"), "--noise", 1.0,
        "--method", "wiener", "--out", out,
    )  # fmt: skip

    with fits.open(out) as hdus:
        assert hdus["RESTORED"].data.shape == (2, 48, 60)
        assert hdus["RESTORED"].header["PIXSCALE"] == 0.4
        assert hdus["RESTORED"].header["GALNOI2"] == 1.0
        assert abs(hdus["RESTORED"].header["GALFR1"]) < 0.02
    assert "psf.fits" in text
    assert "flux" in text


def test_a_masked_region_is_filled_and_the_rest_is_untouched(sky: Path) -> None:
    out, mask = sky.with_name("out.fits"), sky.with_name("mask.fits")

    text = run(sky, "--task", "reconstruct", "--mask", mask, "--method", "biharmonic", "--out", out, "--json")

    summary = json.loads(text)
    lost = fits.getdata(mask) > 0
    result, original = fits.getdata(out, "RESTORED"), fits.getdata(sky)
    assert np.array_equal(result[:, ~lost], original[:, ~lost])
    assert summary["missing_share"] == pytest.approx(lost.mean())
    assert summary["sigma_available"] is False
    assert len(summary["flux"]["before"]) == 2


def test_a_width_in_arcsec_uses_the_pixel_scale_of_the_header(sky: Path) -> None:
    text = run(
        sky, "--task", "deconvolve", "--psf-fwhm-arcsec", 1.2, "--moffat-beta", 3,
        "--method", "richardson-lucy", "--out", sky.with_name("out.fits"), "--json",
    )  # fmt: skip

    assert "Moffat, FWHM 3 px, beta 3" in json.loads(text)["provenance"]["parameters"]["psf"]


def test_a_picture_is_restored_with_a_proposed_mask(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(10, 20, (64, 64, 3), dtype=np.uint8)
    y, x = np.mgrid[:64, :64]
    picture[np.abs(y - 0.5 * x - 10) < 1.2] = 200
    Image.fromarray(picture).save(tmp_path / "trail.png")

    text = run(
        tmp_path / "trail.png", "--task", "reconstruct", "--propose-masks", "trail",
        "--method", "biharmonic", "--out", tmp_path / "out.fits", "--json",
    )  # fmt: skip

    assert "trails over" in json.loads(text)["provenance"]["parameters"]["mask"]
    assert fits.getdata(tmp_path / "out.fits", "RESTORED").max() < 0.5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--task", "sharpen"), "--task: 'sharpen' is not known"),
        (("--task", "reconstruct", "--method", "biharmonic"), "marks no pixel"),
        (("--task", "reconstruct", "--mask", "psf.fits"), "do not match the image of 60 x 48"),
        (("--task", "reconstruct", "--propose-masks", "ghost"), "'ghost' is not known"),
        (("--task", "deconvolve", "--method", "wiener"), "stars found"),
        (("--task", "deconvolve", "--psf", "no.fits"), "no such file"),
        (("--task", "deconvolve", "--psf", "psf.fits", "--psf-fwhm-px", "3"), "give one of them"),
        (("--task", "deconvolve", "--psf-fwhm-px", "3", "--noise", "-1", "--method", "wiener"), "above 0"),
    ],
)
def test_mistakes_are_named_in_words(sky: Path, options: tuple[str, ...], words: str) -> None:
    placed = [str(sky.with_name(word)) if word.endswith(".fits") else word for word in options]

    with pytest.raises(GalcoreError, match=words):
        run(sky, *placed, "--out", sky.with_name("out.fits"))
    assert not sky.with_name("out.fits").exists()


def test_a_missing_image_or_a_wrong_ending_is_named(sky: Path) -> None:
    with pytest.raises(GalcoreError, match="no such file"):
        run(sky.with_name("nothing.fits"), "--task", "deconvolve", "--out", sky.with_name("out.fits"))
    with pytest.raises(GalcoreError, match="end the name in"):
        run(sky, "--task", "deconvolve", "--out", sky.with_name("out.png"))


@pytest.mark.real
@pytest.mark.skipif(not (REAL / "fits_realsky").is_dir(), reason="real FITS files are not here")
def test_a_real_sdss_galaxy_is_deconvolved_with_its_own_psf(tmp_path: Path) -> None:
    folder = REAL / "fits_realsky" / "images" / "profit_pairs_SDSS"
    image = sorted(folder.glob("*fitim.fits"))[0]
    psf = folder / image.name.replace("fitim", "psfim")

    text = run(
        image, "--task", "deconvolve", "--psf", psf, "--method", "richardson-lucy",
        "--out", tmp_path / "out.fits", "--json",
    )  # fmt: skip

    summary = json.loads(text)
    assert abs(summary["flux"]["relative"][0]) < 0.01
    restored = fits.getdata(tmp_path / "out.fits", "RESTORED")
    assert restored.max() > 1.2 * fits.getdata(image).max()
