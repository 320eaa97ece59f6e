import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from numpy.typing import NDArray
from PIL import Image

from galcore.catalog.columns import complete_catalog
from galcore.images.placeholder import placeholder
from galcore.images.store import ImageStore, fit_size
from galcore.images.stretch import STRETCHES
from galcore.types import GalcoreError

Maker = Callable[..., NDArray[np.float32]]


def open_store(folder: Path, **columns: list) -> ImageStore:
    return ImageStore(complete_catalog(pd.DataFrame(columns)), folder)


def decode(jpeg: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(jpeg)))


@pytest.fixture
def flux_store(tmp_path: Path, make_galaxy: Maker) -> ImageStore:
    (tmp_path / "sky").mkdir()
    for n in range(12):
        fits.writeto(tmp_path / "sky" / f"g{n}.fits", make_galaxy(40, 40, flux=5.0 + 15 * n, seed=n))
    names = [f"g{n}" for n in range(12)]
    return open_store(tmp_path, galaxy_id=names, source=[f"sky/{name}.fits" for name in names])


def test_relative_sources_lie_in_the_workspace_and_absolute_ones_anywhere(tmp_path: Path) -> None:
    workspace, elsewhere = tmp_path / "w", tmp_path / "elsewhere"
    for folder in (workspace, elsewhere):
        folder.mkdir()
        Image.new("RGB", (8, 8), (9, 9, 9)).save(folder / "a.png")
    store = open_store(workspace, galaxy_id=["in", "out"], source=["a.png", str(elsewhere / "a.png")])
    assert store.load("in").pixels.shape == store.load("out").pixels.shape == (3, 8, 8)


def test_a_missing_file_and_an_unknown_galaxy_are_named(tmp_path: Path) -> None:
    store = open_store(tmp_path, galaxy_id=["a"], source=["gone.png"])
    with pytest.raises(GalcoreError, match=r"gone\.png: the file is missing"):
        store.load("a")
    with pytest.raises(GalcoreError, match="'b' is not in the catalogue"):
        store.render("b", size_px=64)


def test_the_pixel_scale_of_the_catalogue_reaches_the_image(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    store = open_store(tmp_path, galaxy_id=["a"], source=["a.png"], pixel_scale_arcsec=[0.396])
    assert store.load("a").pixel_scale_arcsec == pytest.approx(0.396)


@pytest.mark.parametrize("stretch", STRETCHES)
def test_every_stretch_renders_a_jpeg_of_the_asked_size(flux_store: ImageStore, stretch: str) -> None:
    picture = decode(flux_store.render("g7", size_px=32, stretch=stretch))
    assert picture.shape == (32, 32, 3) and picture.std() > 1


def test_survey_limits_are_measured_once_and_kept_in_the_workspace(
    flux_store: ImageStore, tmp_path: Path
) -> None:
    faint = decode(flux_store.render("g0", size_px=40)).astype(int)
    bright = decode(flux_store.render("g11", size_px=40)).astype(int)
    assert bright[18:22, 18:22].mean() > faint[18:22, 18:22].mean() + 40
    stored = (tmp_path / "images" / "limits.json").read_bytes()
    names = [f"g{n}" for n in range(12)]
    again = open_store(tmp_path, galaxy_id=names, source=[f"sky/{name}.fits" for name in names])
    assert again.render("g11", size_px=40) == flux_store.render("g11", size_px=40)
    assert (tmp_path / "images" / "limits.json").read_bytes() == stored


def test_a_map_of_another_kind_in_the_same_folder_is_still_seen(
    flux_store: ImageStore, tmp_path: Path, make_galaxy: Maker
) -> None:
    fits.writeto(tmp_path / "sky" / "weights.fits", 1e6 + 1e5 * make_galaxy(40, 40))
    names = [*(f"g{n}" for n in range(12)), "weights"]
    store = open_store(tmp_path, galaxy_id=names, source=[f"sky/{name}.fits" for name in names])
    assert decode(store.render("weights", size_px=40)).std() > 10


def test_a_small_stamp_keeps_its_own_pixels() -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (30, 20, 3), dtype=np.uint8)
    np.testing.assert_array_equal(fit_size(rgb, 100), rgb)


def test_a_large_stamp_is_averaged_so_that_no_row_is_skipped() -> None:
    rgb = np.zeros((400, 400, 3), dtype=np.uint8)
    rgb[::4] = 200
    assert abs(fit_size(rgb, 100).astype(int) - 50).max() <= 2


@pytest.mark.parametrize("size_px", [0, -5, 100_000])
def test_a_size_out_of_bounds_is_refused(flux_store: ImageStore, size_px: int) -> None:
    with pytest.raises(GalcoreError, match="size_px"):
        flux_store.render("g1", size_px=size_px)


def test_stamps_of_a_field_are_cut_around_their_sources(tmp_path: Path) -> None:
    field = np.zeros((100, 120), dtype=np.float32)
    field[70, 30] = 1000  # x = 30, y = 70 in the axes of the file
    fits.writeto(tmp_path / "field.fits", field)
    store = open_store(
        tmp_path, galaxy_id=["s"], source=["field.fits"], x=[30.0], y=[70.0], stamp_size_px=[11]
    )
    pixels = store.load("s").pixels
    assert pixels.shape == (1, 11, 11) and pixels[0, 5, 5] == 1000


def test_many_threads_get_the_same_pictures_as_one(flux_store: ImageStore, tmp_path: Path) -> None:
    stack = np.random.default_rng(0).normal(size=(30, 3, 24, 24)).astype(np.float32)
    np.savez_compressed(tmp_path / "stack.npz", images=stack)
    names = [f"n{n}" for n in range(30)]
    store = open_store(
        tmp_path,
        galaxy_id=names,
        source=["stack.npz"] * 30,
        source_index=list(range(30)),
        member=["images"] * 30,
    )
    alone = {name: store.render(name, size_px=48) for name in names}
    alone |= {f"g{n}": flux_store.render(f"g{n}", size_px=48) for n in range(12)}
    with ThreadPoolExecutor(12) as pool:
        asked = [name for name in alone for _ in range(6)]
        shown = pool.map(
            lambda name: (store if name[0] == "n" else flux_store).render(name, size_px=48), asked
        )
        assert all(picture == alone[name] for name, picture in zip(asked, shown, strict=True))
    assert threading.active_count() < 40


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", np.zeros((3, 16, 16), np.float32))
    store = open_store(tmp_path, galaxy_id=["a"], source=["s.npy"], source_index=[1])
    assert store.load("a").pixels.max() == 0
    time.sleep(0.02)
    np.save(tmp_path / "new.npy", np.ones((3, 16, 16), np.float32))
    (tmp_path / "new.npy").replace(tmp_path / "s.npy")
    assert store.load("a").pixels.max() == 1


def test_a_placeholder_says_its_words_in_a_picture_of_the_asked_size() -> None:
    blank, worded = decode(placeholder("", 160)), decode(placeholder("ngc1300.fits is missing " * 30, 160))
    assert blank.shape == worded.shape == (160, 160, 3)
    assert (worded > 150).sum() > (blank > 150).sum() + 500


def test_a_placeholder_survives_any_text() -> None:
    for text in ("<script>alert(1)</script>", "مجرة\u202e\x00\n", "星" * 300):
        assert decode(placeholder(text, 64)).shape == (64, 64, 3)
