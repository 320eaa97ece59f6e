"""Every real set, whole: what is in its folder is imported, or left out with a reason that names it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from galcore.catalog.importer import import_field, import_path
from galcore.catalog.report import ImportReport
from galcore.catalog.store import read_catalog
from galcore.images.detection import DetectionSettings
from galcore.images.store import ImageStore
from galcore.images.stretch import STRETCHES
from galcore.settings import Settings

REAL_DATA = Settings.from_environment().real_data_dir
PICTURE_SETS = {
    "efigi_88px": 2274,
    "frdeep_radio": 1100,
    "gz1_sdss_6class": 4118,
    "lenszoo_guide": 258,
    "sdss_equatorial_pool": 4960,
    "spacewarps_cfhtls_lenses": 118,
}
FITS_SET = REAL_DATA / "fits_realsky"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL_DATA.is_dir(), reason=f"no real galaxy sets in {REAL_DATA}"),
]


@cache
def text_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("name", PICTURE_SETS)
def test_a_set_of_pictures_comes_in_whole_with_every_column(name: str, tmp_path: Path) -> None:
    folder = REAL_DATA / name
    report = import_path(folder, tmp_path, table=folder / "labels.csv")
    assert report.n_imported == PICTURE_SETS[name] and report.left_out == ()
    catalog, table = read_catalog(tmp_path), text_table(folder / "labels.csv").set_index("id")
    assert set(catalog["galaxy_id"]) == set(table.index)
    assert set(table.columns) <= set(catalog.columns)
    assert all(
        Path(source).name == file for source, file in zip(catalog["source"], catalog["file"], strict=True)
    )
    compare_columns(catalog.set_index("galaxy_id").loc[table.index], table)
    store = ImageStore(catalog, tmp_path)
    for galaxy_id in np.random.default_rng(0).choice(catalog["galaxy_id"].to_numpy(dtype=object), 4):
        assert store.load(galaxy_id).pixels.dtype == np.uint8
        for stretch in STRETCHES:
            assert len(store.render(galaxy_id, size_px=128, stretch=stretch)) > 500


def compare_columns(catalog: pd.DataFrame, table: pd.DataFrame) -> None:
    for column in table.columns:
        written, kept = table[column], catalog[column]
        assert (kept.isna() == (written == "")).all(), column
        known = written != ""
        if pd.api.types.is_numeric_dtype(kept):
            np.testing.assert_array_equal(kept[known].astype(float), written[known].astype(float))
        else:
            assert (kept[known].astype(str) == written[known].str.strip()).all(), column


@cache
def import_fits_set(folder: Path) -> ImportReport:
    return import_path(FITS_SET, folder, table=FITS_SET / "labels.csv")


@pytest.fixture(scope="module")
def fits_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fits") / "w"
    import_fits_set(folder)
    return folder


def test_every_file_of_the_fits_set_is_imported_or_named_with_a_reason(fits_workspace: Path) -> None:
    report, catalog = import_fits_set(fits_workspace), read_catalog(fits_workspace)
    files = {str(file) for file in (FITS_SET / "images").rglob("*") if file.is_file()}
    imported = set(catalog["source"])
    named = {item.source for item in (*report.left_out, *report.ignored)}
    assert files <= imported | named
    reasons = {Path(item.source).name: item.reason for item in report.left_out}
    kinds = text_table(FITS_SET / "labels.csv").set_index("file")["kind"]
    for file in kinds[kinds == "psfex_model"].index:
        assert "no image in it" in reasons[Path(file).name]
    assert "catalog" in reasons["hsc_cosmos_35.npz"] and "not images" in reasons["hsc_cosmos_35.npz"]
    images = kinds[~kinds.isin(["psfex_model", "sextractor_catalogue"])]
    missing = {file for file in images.index if str(FITS_SET / "images" / file) not in imported}
    assert missing == set()


def test_a_file_of_many_stamps_is_many_galaxies(fits_workspace: Path) -> None:
    counts = Counter(Path(source).name for source in read_catalog(fits_workspace)["source"])
    assert counts["real_galaxy_PSF_images.fits"] == 100
    assert counts["hsc_cosmos_35.npz"] == counts["Cut_HSC.fits"] == counts["M51.fits"] == 1


def test_every_fits_image_loads_and_renders(fits_workspace: Path) -> None:
    catalog = read_catalog(fits_workspace)
    store = ImageStore(catalog, fits_workspace)
    seen: Counter[str] = Counter()
    for galaxy_id, source in zip(catalog["galaxy_id"], catalog["source"], strict=True):
        seen[source] += 1
        if seen[source] == 1 and "kids_viking_9band" not in source:
            assert store.load(galaxy_id).pixels.ndim == 3
            assert len(store.render(galaxy_id, size_px=64)) > 300


def test_bands_scales_and_positions_of_known_files(fits_workspace: Path) -> None:
    catalog = read_catalog(fits_workspace)
    by_file = catalog.assign(name=[Path(source).name for source in catalog["source"]]).set_index("name")
    store = ImageStore(catalog, fits_workspace)
    assert store.load(by_file.loc["hsc_cosmos_35.npz", "galaxy_id"]).bands == tuple("grizy")
    assert store.load(by_file.loc["Cut_HSC.fits", "galaxy_id"]).pixels.shape == (5, 50, 50)
    spitzer = by_file.loc["spitzer_example_image.fits"]
    assert spitzer["pixel_scale_arcsec"] == pytest.approx(1.2, abs=0.01)
    assert np.isfinite(spitzer["ra"]) and np.isfinite(spitzer["dec"])
    decam = by_file[by_file.index.str.startswith("decam__") & by_file.index.str.contains("_ooi_")]
    assert decam["pixel_scale_arcsec"].between(0.25, 0.28).all()


@pytest.mark.parametrize(
    ("name", "at_least", "at_most"),
    [
        ("photutils/M51.fits", 20, 400),
        ("photutils/spitzer_example_image.fits", 300, 3000),
        ("sep/image.fits", 5, 100),
        ("hubble_deep_field/hubble_deep_field.jpg", 500, 2000),
        ("viking_Z_offset/Zim1.fits", 50, 2000),
    ],
)
def test_sources_are_found_in_real_fields(name: str, at_least: int, at_most: int, tmp_path: Path) -> None:
    import_field(FITS_SET / "images" / name, tmp_path)
    catalog = read_catalog(tmp_path)
    assert at_least <= len(catalog) <= at_most
    store = ImageStore(catalog, tmp_path)
    brightest = store.load(catalog["galaxy_id"][0])
    assert np.isfinite(brightest.pixels).any()


def test_sources_of_the_sep_field_are_those_of_its_published_catalogue(tmp_path: Path) -> None:
    faint = DetectionSettings(min_snr=8, min_semimajor_px=1, threshold_sigma=1.5)
    import_field(FITS_SET / "images" / "sep" / "image.fits", tmp_path, settings=faint)
    found = read_catalog(tmp_path)
    lines = (FITS_SET / "images" / "sep" / "image.cat").read_text().splitlines()
    numbered = {line.split()[2]: int(line.split()[1]) - 1 for line in lines if line.startswith("#")}
    rows = np.array([line.split() for line in lines if line and line[0] != "#"], dtype=float)
    bright = rows[np.argsort(rows[:, numbered["FLUX_AUTO"]])[::-1][:15]]
    x, y = bright[:, numbered["X_IMAGE"]] - 1, bright[:, numbered["Y_IMAGE"]] - 1  # FITS counts from one
    apart = np.hypot(found["x"].to_numpy() - x[:, None], found["y"].to_numpy() - y[:, None]).min(axis=1)
    assert np.mean(apart < 1.5) >= 0.9


@pytest.mark.slow
def test_nine_bands_of_one_field_give_stamps_in_nine_bands(tmp_path: Path) -> None:
    report = import_field(FITS_SET / "images" / "kids_viking_9band", tmp_path)
    assert report.left_out == () and 600 < report.n_imported < 3000
    catalog = read_catalog(tmp_path)
    store = ImageStore(catalog, tmp_path)
    image = store.load(catalog["galaxy_id"][10])
    assert image.bands == ("u", "g", "r", "i", "z", "y", "j", "h", "ks")
    assert image.pixels.shape[0] == 9
