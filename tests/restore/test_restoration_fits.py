from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from galcore.images.readers import find_images
from galcore.restore.deconvolution import deconvolve
from galcore.restore.input_image import read_input
from galcore.restore.masks import disc_mask
from galcore.restore.psf import Psf
from galcore.restore.reconstruction import reconstruct
from galcore.restore.restoration_fits import write_restoration
from galcore.types import GalcoreError


@pytest.fixture
def sky_file(tmp_path: Path, galaxy: NDArray) -> Path:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.1, 2.2], [64, 64]
    wcs.wcs.cdelt = [-0.396 / 3600, 0.396 / 3600]
    header = wcs.to_header()
    header["OBJECT"], header["BUNIT"], header["TELESCOP"] = "NGC 1", "nanomaggy", "SDSS 2.5-M"
    fits.writeto(tmp_path / "sky.fits", galaxy, header)
    return tmp_path / "sky.fits"


def test_the_header_of_the_original_survives_and_says_what_was_done(
    tmp_path: Path, sky_file: Path, psf: Psf
) -> None:
    given = read_input(sky_file)
    done = deconvolve(given.pixels, psf, method="wiener", noise_sigma=0.5)

    write_restoration(tmp_path / "out.fits", done, given.header, notes=("from sky.fits",))

    with fits.open(tmp_path / "out.fits", checksum=True) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "RESTORED", "SIGMA", "RESIDUAL", "MASK"]
        header = hdus["RESTORED"].header
        assert (header["OBJECT"], header["BUNIT"]) == ("NGC 1", "nanomaggy")
        assert (header["GALTASK"], header["GALMETH"], header["GALNOI2"]) == ("deconvolve", "wiener", 0.5)
        assert header["GALFB1"] == pytest.approx(done.flux_before[0])
        assert header["GALFA3"] == pytest.approx(done.flux_after[2])
        assert "FWHM 4 px" in header["GALPSF"]
        assert "from sky.fits" in str(header["HISTORY"])
        for name in ("RESTORED", "RESIDUAL", "MASK"):
            before, after = WCS(given.header, naxis=2), WCS(hdus[name].header, naxis=2)
            assert np.allclose(before.wcs_pix2world([[10, 20]], 0), after.wcs_pix2world([[10, 20]], 0))
        assert np.array_equal(hdus["RESTORED"].data, done.pixels)


def test_known_pixels_are_the_same_bits_in_the_file(tmp_path: Path, sky_file: Path) -> None:
    given = read_input(sky_file)
    mask = disc_mask((128, 128), 40, 90, 5)

    write_restoration(tmp_path / "out.fits", reconstruct(given.pixels, mask, method="biharmonic"))

    with fits.open(tmp_path / "out.fits") as hdus:
        assert "SIGMA" not in hdus
        assert hdus["RESTORED"].header["GALSIG"] is False
        assert np.array_equal(hdus["MASK"].data.astype(bool), mask)
        assert np.array_equal(hdus["RESTORED"].data[:, ~mask], fits.getdata(sky_file)[:, ~mask])


def test_a_restored_file_can_be_imported_as_one_galaxy(tmp_path: Path, sky_file: Path, psf: Psf) -> None:
    given = read_input(sky_file)
    write_restoration(tmp_path / "out.fits", deconvolve(given.pixels, psf, method="wiener"), given.header)

    found, reasons = find_images(tmp_path / "out.fits")

    assert len(found) == 1
    assert reasons == ()
    assert found[0].pixel_scale_arcsec == pytest.approx(0.396)


@pytest.mark.parametrize("name", ["out.jpg", "absent/out.fits"])
def test_a_place_that_cannot_be_written_is_refused(
    tmp_path: Path, galaxy: NDArray, psf: Psf, name: str
) -> None:
    with pytest.raises(GalcoreError, match=r"\.fits|folder"):
        write_restoration(tmp_path / name, deconvolve(galaxy, psf, method="wiener"))
    assert list(tmp_path.iterdir()) == []


def test_one_band_stays_a_plane(tmp_path: Path, galaxy: NDArray, psf: Psf) -> None:
    write_restoration(tmp_path / "one.fits.gz", deconvolve(galaxy[0], psf, method="wiener"))

    assert fits.getdata(tmp_path / "one.fits.gz", "RESTORED").shape == (128, 128)
