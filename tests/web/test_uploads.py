"""A picture from outside as a query: the right neighbour for a good one, a clear word for a bad one."""

import io

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from galcore.types import GalcoreError
from galcore.web.uploads import embed_upload


def png(side=64, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def fits_bytes(data):
    buffer = io.BytesIO()
    fits.PrimaryHDU(data).writeto(buffer)
    return buffer.getvalue()


def test_the_picture_of_a_galaxy_finds_that_galaxy(sky):
    galaxy_id = str(sky.catalog["galaxy_id"].iloc[7])
    source = sky.catalog["source"].iloc[7]
    path = sky.folder / source
    picture = embed_upload(sky, "galcore-tiny", path.name, path.read_bytes())
    found = sky.index().neighbours_of([], 3, pictures=picture.vector[None])
    assert found.galaxy_ids[0] == galaxy_id
    assert picture.preview.startswith(b"\xff\xd8")


def test_a_fits_stamp_is_taken(sky):
    data = np.random.default_rng(0).normal(size=(50, 50)).astype(np.float32)
    assert embed_upload(sky, "galcore-tiny", "a.fits", fits_bytes(data)).vector.ndim == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("virus.exe", b"MZ", "not an image that can be searched with"),
        ("../../etc/passwd", b"root", "passwd: not an image that can be searched"),
        ("empty.png", b"", "empty.png"),
        ("half.png", png()[:200], "half.png"),
        ("text.jpg", b"<script>alert(1)</script>", "text.jpg"),
        ("torn.fits", fits_bytes(np.zeros((40, 40), np.float32))[:3000], "torn.fits"),
        ("table.fits", b"SIMPLE  =                    T", "table.fits"),
        ("field.png", png(2100), "whole field"),
    ],
)
def test_what_cannot_be_searched_with_is_told_by_name(sky, name, content, message):
    with pytest.raises(GalcoreError, match=message) as error:
        embed_upload(sky, "galcore-tiny", name, content)
    assert "/tmp" not in str(error.value)
    assert "upload." not in str(error.value)


def test_a_file_beyond_the_limit_is_not_even_read(sky, monkeypatch):
    monkeypatch.setattr("galcore.web.uploaded_files.MAX_BYTES", 100)
    with pytest.raises(GalcoreError, match="larger than"):
        embed_upload(sky, "galcore-tiny", "a.png", png())
