import gzip
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.io import fits
from numpy.typing import NDArray
from PIL import Image

from galcore.images.readers import OpenFiles, file_kind, file_stem, find_images
from galcore.types import GalcoreError

Maker = Callable[..., NDArray[np.float32]]
FILES = ("a.fits", "b.fits", "c.fits.gz", "d.jpg", "e.png", "f.tif", "g.npy", "h.npz", "i.h5")


def write_whole(folder: Path, galaxy: NDArray[np.float32]) -> None:
    fits.writeto(folder / "a.fits", galaxy)
    hdus = [fits.CompImageHDU(galaxy), fits.ImageHDU(galaxy, name="G"), fits.ImageHDU(galaxy, name="R")]
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(folder / "b.fits")
    (folder / "c.fits.gz").write_bytes(gzip.compress((folder / "a.fits").read_bytes()))
    for name in ("d.jpg", "e.png", "f.tif"):
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 24, 3), dtype=np.uint8)).save(
            folder / name
        )
    stack = np.stack([galaxy] * 3)
    np.save(folder / "g.npy", stack)
    np.savez_compressed(folder / "h.npz", images=stack)
    with h5py.File(folder / "i.h5", "w") as file:
        file.create_dataset("images", data=stack, chunks=(1, 24, 24), compression="gzip")
        file["z"] = np.arange(3)


@pytest.mark.parametrize("name", FILES)
def test_damage_anywhere_in_a_file_is_an_error_that_names_it(
    tmp_path: Path, make_galaxy: Maker, name: str
) -> None:
    write_whole(tmp_path, make_galaxy(24, 24))
    whole = (tmp_path / name).read_bytes()
    rng = np.random.default_rng(7)
    for _ in range(40):
        damaged = bytearray(whole)
        for place in rng.integers(0, min(len(whole), 4000), rng.integers(1, 10)):
            damaged[place] = rng.integers(0, 256)
        if rng.random() < 0.2:
            damaged = damaged[: rng.integers(1, len(whole))]
        (tmp_path / name).write_bytes(damaged)
        try:
            found, _ = find_images(tmp_path / name)
            for item in found[:2]:
                OpenFiles().read(item.address)
        except GalcoreError as error:
            assert str(tmp_path / name) in str(error)


def test_a_size_that_leads_back_in_the_file_ends_in_an_error_not_in_a_circle(
    tmp_path: Path, make_galaxy: Maker
) -> None:
    path = tmp_path / "circle.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(make_galaxy(24, 24))]).writeto(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"NAXIS2  =                   24", b"NAXIS2  =                 -120"))
    with pytest.raises(GalcoreError, match=r"circle\.fits"):
        find_images(path)


def test_a_file_of_no_known_kind_and_an_archive_are_refused_with_advice(tmp_path: Path) -> None:
    for name, words in (("notes.txt", "not a picture"), ("all.zip", "unpack it")):
        (tmp_path / name).write_text("x")
        with pytest.raises(GalcoreError, match=words):
            find_images(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "kind", "stem"),
    [
        ("NGC1300.FITS", "fits", "NGC1300"),
        ("frame.r.fits.gz", "fits", "frame.r"),
        ("tile.fits.fz", "fits", "tile"),
        ("a.b.JPeG", "picture", "a.b"),
        ("cube.h5", "stack", "cube"),
        ("s.tar.gz", "archive", "s"),
        ("labels.csv", "", "labels"),
    ],
)
def test_the_ending_tells_the_kind_and_the_rest_is_the_name(name: str, kind: str, stem: str) -> None:
    assert file_kind(Path(name)) == kind
    if kind != "archive":
        assert file_stem(Path(name)) == stem


def test_only_a_few_files_are_held_open(tmp_path: Path, make_galaxy: Maker) -> None:
    files = OpenFiles(capacity=3)
    for n in range(10):
        np.save(tmp_path / f"{n}.npy", np.full((2, 16, 16), n, np.float32))
    for n in [*range(10), *range(10)]:
        found, _ = find_images(tmp_path / f"{n}.npy")
        assert files.read(found[1].address).pixels.max() == n
    assert files.n_held <= 3
