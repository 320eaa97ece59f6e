import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from galcore.images.pictures import find_picture, read_picture
from galcore.types import GalcoreError


def save_rgb(path: Path, size: int = 64, seed: int = 0) -> np.ndarray:
    rgb = np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)
    Image.fromarray(rgb).save(path)
    return rgb


def test_a_png_comes_back_byte_for_byte(tmp_path: Path) -> None:
    rgb = save_rgb(tmp_path / "a.png")
    image = read_picture(tmp_path / "a.png")
    assert image.kind == "picture" and image.bands == ("r", "g", "b")
    np.testing.assert_array_equal(image.pixels, rgb.transpose(2, 0, 1))


def test_a_grey_picture_has_three_equal_bands(tmp_path: Path) -> None:
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(tmp_path / "grey.png")
    pixels = read_picture(tmp_path / "grey.png").pixels
    assert pixels.shape == (3, 8, 8)
    assert (pixels[0] == pixels[1]).all() and (pixels[0] == pixels[2]).all()


def test_transparent_pixels_lie_on_black_sky(tmp_path: Path) -> None:
    rgba = np.full((8, 8, 4), 255, dtype=np.uint8)
    rgba[:, :4, 3] = 0
    Image.fromarray(rgba).save(tmp_path / "cut.png")
    pixels = read_picture(tmp_path / "cut.png").pixels
    assert (pixels[:, :, :4] == 0).all() and (pixels[:, :, 4:] == 255).all()


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_sixteen_bits_are_flux_and_keep_every_level(tmp_path: Path, name: str) -> None:
    counts = np.arange(0, 64 * 1000, 1000, dtype=np.uint16).reshape(8, 8)
    Image.fromarray(counts).save(tmp_path / name)
    image = read_picture(tmp_path / name)
    assert image.kind == "flux" and image.pixels.dtype == np.float32
    np.testing.assert_array_equal(image.pixels[0], counts)


def test_a_floating_point_tiff_keeps_its_values(tmp_path: Path) -> None:
    flux = np.linspace(-1, 1e5, 64, dtype=np.float32).reshape(8, 8)
    Image.fromarray(flux).save(tmp_path / "flux.tiff")
    np.testing.assert_array_equal(read_picture(tmp_path / "flux.tiff").pixels[0], flux)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_sixteen_bit_colour_tiff_is_flux_in_bands(tmp_path: Path, channels: int) -> None:
    import tifffile

    counts = np.random.default_rng(0).integers(0, 65535, (16, 20, channels), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "colour.tif", counts, photometric="rgb")
    image = read_picture(tmp_path / "colour.tif")
    assert image.kind == "flux" and image.pixels.shape[1:] == (16, 20)
    assert image.bands == ("blue", "green", "red")
    np.testing.assert_array_equal(image.pixels[::-1], counts.transpose(2, 0, 1)[:3])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_torn_jpeg_is_found_before_anyone_looks_at_it(tmp_path: Path, share: float) -> None:
    path = tmp_path / "torn.jpg"
    save_rgb(path, 256)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(GalcoreError, match=r"torn\.jpg"):
        find_picture(path)


def test_a_page_saved_under_the_name_of_a_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "galaxy.jpg").write_text("<html><script>alert(1)</script></html>")
    with pytest.raises(GalcoreError, match="not a picture"):
        find_picture(tmp_path / "galaxy.jpg")


def png_bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def test_a_decompression_bomb_is_refused_with_the_limit(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_bomb(100_000, 100_000))
    with pytest.raises(GalcoreError, match=r"bomb\.png: claims more than 400,000,000 pixels"):
        find_picture(tmp_path / "bomb.png")


def test_a_moving_picture_is_refused_with_the_number_of_frames(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), level) for level in (0, 99, 200)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(GalcoreError, match="3 frames"):
        find_picture(tmp_path / "moving.gif")
