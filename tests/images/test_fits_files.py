import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from numpy.typing import NDArray

from galcore.images.fits_files import find_fits_images
from galcore.images.image import FoundImage, SkyImage
from galcore.images.readers import OpenFiles
from galcore.types import GalcoreError

Maker = Callable[..., NDArray[np.float32]]


def only(path: Path) -> FoundImage:
    (found,) = find_fits_images(path)
    return found


def load(path: Path) -> SkyImage:
    return OpenFiles().read(only(path).address)


def test_a_plane_is_shown_with_its_first_row_at_the_bottom(tmp_path: Path, make_galaxy: Maker) -> None:
    flux = make_galaxy(20, 30)
    fits.writeto(tmp_path / "a.fits", flux)
    image = load(tmp_path / "a.fits")
    assert image.kind == "flux" and image.pixels.shape == (1, 20, 30)
    np.testing.assert_array_equal(image.pixels[0], flux[::-1])


@pytest.mark.parametrize("dtype", [">f8", "<f4", ">i2", ">i4", "u1"])
def test_any_number_type_and_byte_order_becomes_native_float32(tmp_path: Path, dtype: str) -> None:
    counts = np.arange(64).reshape(8, 8).astype(dtype)
    fits.writeto(tmp_path / "a.fits", counts)
    image = load(tmp_path / "a.fits")
    assert image.pixels.dtype == np.dtype("float32") and image.pixels.dtype.isnative
    np.testing.assert_array_equal(image.pixels[0], counts[::-1].astype(float))


def test_unsigned_and_scaled_integers_get_their_physical_values(tmp_path: Path) -> None:
    counts = np.array([[0, 40000], [65535, 1]], dtype=np.uint16)  # stored with BZERO = 32768
    fits.writeto(tmp_path / "u2.fits", counts)
    np.testing.assert_array_equal(load(tmp_path / "u2.fits").pixels[0], counts[::-1])
    hdu = fits.PrimaryHDU(np.array([[1.0, 2.0], [3.0, 4.0]]))
    hdu.scale("int16", bscale=0.5, bzero=10)
    hdu.writeto(tmp_path / "scaled.fits")
    np.testing.assert_allclose(load(tmp_path / "scaled.fits").pixels[0], [[3, 4], [1, 2]])


def test_nan_stays_nan(tmp_path: Path, make_galaxy: Maker) -> None:
    flux = make_galaxy(16, 16)
    flux[3, 4] = np.nan
    fits.writeto(tmp_path / "a.fits", flux)
    assert np.isnan(load(tmp_path / "a.fits").pixels[0, 12, 4])


def test_a_cube_is_one_galaxy_in_bands(tmp_path: Path, make_galaxy: Maker) -> None:
    cube = np.stack([make_galaxy(seed=n) for n in range(5)])
    header = fits.Header({f"BAND{n + 1}": name for n, name in enumerate("grizy")})
    fits.writeto(tmp_path / "cube.fits", cube, header)
    image = load(tmp_path / "cube.fits")
    assert image.bands == tuple("grizy") and image.pixels.shape == (5, 48, 48)


def test_a_long_cube_is_a_stack_of_galaxies(tmp_path: Path) -> None:
    planes = np.arange(40 * 64, dtype=np.float32).reshape(40, 8, 8)
    fits.writeto(tmp_path / "stack.fits", planes)
    found = find_fits_images(tmp_path / "stack.fits")
    assert (len(found) == 40 and found[7].suffix == "_hdu0_07") or found[7].suffix == "_07"
    image = OpenFiles().read(found[7].address)
    np.testing.assert_array_equal(image.pixels[0], planes[7, ::-1])


def test_extensions_named_after_filters_are_the_bands_of_one_galaxy(
    tmp_path: Path, make_galaxy: Maker
) -> None:
    hdus = [fits.ImageHDU(make_galaxy(seed=n), name=name) for n, name in enumerate(("G", "R", "I"))]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(tmp_path / "gri.fits")
    assert load(tmp_path / "gri.fits").bands == ("g", "r", "i")


def test_noise_maps_and_masks_beside_a_science_image_are_skipped(tmp_path: Path, make_galaxy: Maker) -> None:
    hdus = [fits.ImageHDU(make_galaxy(), name=name) for name in ("SCI", "ERR", "DQ")]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(tmp_path / "hst.fits")
    assert only(tmp_path / "hst.fits").address.hdu == 1


def test_other_extensions_are_galaxies_of_their_own(tmp_path: Path, make_galaxy: Maker) -> None:
    hdus = [fits.ImageHDU(make_galaxy(30 + n, 30)) for n in range(3)]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(tmp_path / "many.fits")
    found = find_fits_images(tmp_path / "many.fits")
    assert [item.address.hdu for item in found] == [1, 2, 3]
    assert len({item.suffix for item in found}) == 3


def test_tile_compressed_and_gzipped_files_are_read(tmp_path: Path, make_galaxy: Maker) -> None:
    flux = make_galaxy(64, 64)
    packed = fits.CompImageHDU(flux, compression_type="RICE_1", quantize_level=64)
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(tmp_path / "a.fits.fz")
    np.testing.assert_allclose(load(tmp_path / "a.fits.fz").pixels[0], flux[::-1], atol=0.1)
    fits.writeto(tmp_path / "b.fits.gz", flux)
    np.testing.assert_array_equal(load(tmp_path / "b.fits.gz").pixels[0], flux[::-1])


def write_torn(path: Path, flux: NDArray[np.float32], kind: str) -> None:
    if kind == "plain":
        fits.writeto(path, flux)
    elif kind == "packed":
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(flux)]).writeto(path)
    else:
        fits.writeto(path.with_suffix(".whole.fits"), flux)
        path.write_bytes(gzip.compress(path.with_suffix(".whole.fits").read_bytes()))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])


@pytest.mark.parametrize(("name", "kind"), [("a.fits", "plain"), ("b.fits", "packed"), ("c.fits.gz", "gzip")])
def test_a_torn_file_is_found_on_import(tmp_path: Path, make_galaxy: Maker, name: str, kind: str) -> None:
    write_torn(tmp_path / name, make_galaxy(128, 128), kind)
    with pytest.raises(GalcoreError, match=f"{name}: .*torn"):
        find_fits_images(tmp_path / name)


def test_a_packed_file_that_unpacks_to_an_absurd_size_is_refused(tmp_path: Path) -> None:
    packed = fits.CompImageHDU(np.zeros((64, 64), np.float32))
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(tmp_path / "bomb.fits.fz")
    content = (tmp_path / "bomb.fits.fz").read_bytes()
    for axis in (b"ZNAXIS1", b"ZNAXIS2"):
        content = content.replace(axis + b" =                   64", axis + b" =              1000000")
    (tmp_path / "bomb.fits.fz").write_bytes(content)
    with pytest.raises(GalcoreError, match=r"bomb\.fits\.fz: .*claims more than"):
        find_fits_images(tmp_path / "bomb.fits.fz")


def test_a_table_is_no_image(tmp_path: Path) -> None:
    fits.BinTableHDU.from_columns([fits.Column("id", "K", array=[1, 2])]).writeto(tmp_path / "t.fits")
    with pytest.raises(GalcoreError, match="no image in it"):
        find_fits_images(tmp_path / "t.fits")


def test_noise_under_the_name_of_a_fits_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "noise.fits").write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(GalcoreError, match=r"noise\.fits"):
        find_fits_images(tmp_path / "noise.fits")


def test_the_world_coordinates_give_position_and_pixel_scale(tmp_path: Path, make_galaxy: Maker) -> None:
    header = fits.Header(
        {
            **{"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.2},
            **{"CRPIX1": 25.0, "CRPIX2": 25.0, "CD1_1": -0.2 / 3600, "CD2_2": 0.2 / 3600},
        }
    )
    fits.writeto(tmp_path / "a.fits", make_galaxy(49, 49), header)
    found = only(tmp_path / "a.fits")
    assert found.pixel_scale_arcsec == pytest.approx(0.2)
    assert (found.ra, found.dec) == pytest.approx((150.0, 2.2))
    assert found.north_angle_deg == pytest.approx(0, abs=0.01)


def test_north_is_told_in_the_sense_of_the_picture_as_shown(tmp_path: Path, make_galaxy: Maker) -> None:
    turn = np.radians(30)  # north lies 30 degrees counter-clockwise of up, east left of it
    scale = 0.2 / 3600
    header = fits.Header(
        {
            **{"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": -20.0},
            **{"CRPIX1": 25.0, "CRPIX2": 25.0},
            **{"CD1_1": -scale * np.cos(turn), "CD1_2": -scale * np.sin(turn)},
            **{"CD2_1": -scale * np.sin(turn), "CD2_2": scale * np.cos(turn)},
        }
    )
    fits.writeto(tmp_path / "a.fits", make_galaxy(49, 49), header)
    assert only(tmp_path / "a.fits").north_angle_deg == pytest.approx(30, abs=0.1)


def test_a_broken_world_coordinate_system_is_no_reason_to_refuse(tmp_path: Path, make_galaxy: Maker) -> None:
    header = fits.Header({"CTYPE1": "RA---XXX", "CTYPE2": "nonsense", "CRVAL1": 1.0})
    fits.writeto(tmp_path / "a.fits", make_galaxy(), header)
    found = only(tmp_path / "a.fits")
    assert found.pixel_scale_arcsec is None and found.ra is None
