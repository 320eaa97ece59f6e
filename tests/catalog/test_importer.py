import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from galcore.catalog.importer import import_field, import_path
from galcore.catalog.store import read_catalog
from galcore.images.store import ImageStore
from galcore.types import GalcoreError, Progress

Writer = Callable[..., Path]


def reasons(report: object) -> dict[str, str]:
    return {Path(item.source).name: item.reason for item in report.left_out}  # type: ignore[attr-defined]


def test_a_folder_is_imported_to_the_bottom_and_stays_where_it_is(
    write_pictures: Writer, tmp_path: Path
) -> None:
    sky = write_pictures(["a.png", "deep/er/b.jpg", "c.tif"])
    report = import_path(sky, tmp_path / "w")
    assert report.n_imported == report.n_total == 3 and report.left_out == ()
    catalog = read_catalog(tmp_path / "w")
    assert set(catalog["galaxy_id"]) == {"a", "b", "c"}
    assert all(Path(source).is_absolute() for source in catalog["source"])
    assert not (tmp_path / "w" / "images").exists()
    store = ImageStore(catalog, tmp_path / "w")
    assert all(store.load(galaxy_id).pixels.shape == (3, 24, 24) for galaxy_id in catalog["galaxy_id"])


def test_images_inside_the_workspace_are_named_relative_to_it(write_pictures: Writer, tmp_path: Path) -> None:
    write_pictures(["images/a.png"], folder="w")
    import_path(tmp_path / "w" / "images", tmp_path / "w")
    assert read_catalog(tmp_path / "w")["source"].tolist() == ["images/a.png"]
    (tmp_path / "w").rename(tmp_path / "moved")
    moved = read_catalog(tmp_path / "moved")
    assert ImageStore(moved, tmp_path / "moved").load("a").pixels.shape == (3, 24, 24)


def test_files_of_one_name_in_two_folders_are_two_galaxies(write_pictures: Writer, tmp_path: Path) -> None:
    sky = write_pictures(["sdss/g1.png", "kids/g1.png", "kids/g1.jpg", "g2.png"])
    import_path(sky, tmp_path / "w")
    ids = set(read_catalog(tmp_path / "w")["galaxy_id"])
    assert ids == {"sdss/g1", "kids/g1.png", "kids/g1.jpg", "g2"}


@pytest.mark.parametrize(
    ("column", "form"),
    [
        *((column, form) for column in ("file", "filename", "id") for form in ("name", "stem", "relative")),
        ("file", "absolute"),
    ],
)
def test_a_table_joins_on_file_name_stem_or_path(
    write_pictures: Writer, tmp_path: Path, column: str, form: str
) -> None:
    sky = write_pictures(["images/a.png", "images/b.png"])
    written = {
        "name": ["b.png", "a.png"],
        "stem": ["b", "a"],
        "relative": ["images/b.png", "images/a.png"],
        "absolute": [str(sky / "images/b.png"), str(sky / "images/a.png")],
    }[form]
    pd.DataFrame({column: written, "label": ["B", "A"], "z": [0.2, 0.1]}).to_csv(
        tmp_path / "t.csv", index=False
    )
    report = import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    assert report.left_out == () and report.n_imported == 2
    catalog = read_catalog(tmp_path / "w")
    by_name = {
        Path(source).stem: label for source, label in zip(catalog["source"], catalog["label"], strict=True)
    }
    assert by_name == {"a": "A", "b": "B"}


def test_the_table_names_the_galaxies_and_every_column_is_kept(
    write_pictures: Writer, tmp_path: Path
) -> None:
    sky = write_pictures(["x1.png", "x2.png"])
    frame = pd.DataFrame(
        {
            "file": ["x1.png", "x2.png"],
            "objID": ["587725469055320114", "0587725469055320114"],
            "RA": [150.1, 150.2],
            "Dec": [2.2, -2.2],
            "source": ["SDSS", "KiDS"],
            "bar_yes_fraction": [0.25, 0.75],
            "note": ["<script>", "a,b"],
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    report = import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    catalog = read_catalog(tmp_path / "w")
    assert catalog["galaxy_id"].tolist() == ["587725469055320114", "0587725469055320114"]
    assert catalog["ra"].tolist() == [150.1, 150.2] and catalog["dec"].tolist() == [2.2, -2.2]
    assert catalog["table_source"].tolist() == ["SDSS", "KiDS"]
    assert catalog["note"].tolist() == ["<script>", "a,b"]
    assert {"file", "table_source", "bar_yes_fraction", "note"} <= set(report.columns)
    assert any("table_source" in note for note in report.notes)


def test_rows_without_image_and_images_without_row_are_reported(
    write_pictures: Writer, tmp_path: Path
) -> None:
    sky = write_pictures(["a.png", "lonely.png"])
    (tmp_path / "t.csv").write_text("id,n,label\na,7,spiral\nghost,8,merger\n")
    report = import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    assert "has no image here" in reasons(report)["ghost"]
    assert any("1 images have no row" in note for note in report.notes)
    catalog = read_catalog(tmp_path / "w").set_index("galaxy_id")
    assert catalog.loc["a", "n"] == 7 and pd.api.types.is_integer_dtype(catalog["n"])
    assert pd.isna(catalog.loc["lonely", "label"])


def test_a_row_that_points_out_of_the_folder_is_refused(write_pictures: Writer, tmp_path: Path) -> None:
    write_pictures(["secret.png"], folder="elsewhere")
    sky = write_pictures(["a.png"])
    (tmp_path / "t.csv").write_text(
        "id,file\na,a.png\ns,../elsewhere/secret.png\nw,..\\\\elsewhere\\\\secret.png\n"
    )
    report = import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    assert report.n_imported == 1
    assert sum("leads out of the folder" in item.reason for item in report.left_out) == 2


def test_an_id_given_twice_counts_once_and_is_reported(write_pictures: Writer, tmp_path: Path) -> None:
    sky = write_pictures(["a.png", "b.png"])
    (tmp_path / "t.csv").write_text("id,file,label\ng,a.png,first\ng,b.png,second\n")
    report = import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    assert any("in the table already" in item.reason for item in report.left_out)
    catalog = read_catalog(tmp_path / "w").set_index("galaxy_id")
    assert catalog.loc["g", "label"] == "first" and catalog.index.is_unique


def test_a_table_without_ids_or_files_is_refused_with_its_columns(
    write_pictures: Writer, tmp_path: Path
) -> None:
    sky = write_pictures(["a.png"])
    (tmp_path / "t.csv").write_text("mag,z\n1,2\n")
    with pytest.raises(GalcoreError, match=r"neither a column of ids .* its columns are mag, z"):
        import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")


def test_bad_files_are_left_out_by_name_and_the_rest_comes_in(write_pictures: Writer, tmp_path: Path) -> None:
    sky = write_pictures(["good.png", "torn.jpg", ".hidden.png"])
    (sky / "torn.jpg").write_bytes((sky / "torn.jpg").read_bytes()[:400])
    (sky / "empty.fits").touch()
    (sky / "torn.fits").write_bytes(b"SIMPLE  =                    T" + b" " * 2850)
    np.save(sky / "pickle.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (sky / "more.zip").write_bytes(b"PK")
    (sky / "README.md").write_text("about")
    (sky / "broken_link.png").symlink_to(sky / "nowhere.png")
    report = import_path(sky, tmp_path / "w")
    assert report.n_imported == 1
    said = reasons(report)
    assert set(said) == {
        *("torn.jpg", ".hidden.png", "empty.fits", "torn.fits", "pickle.npy", "more.zip", "broken_link.png"),
    }
    assert (
        "hidden" in said[".hidden.png"] and "empty" in said["empty.fits"] and "pickle" in said["pickle.npy"]
    )
    assert "unpack" in said["more.zip"] and "torn" in said["torn.jpg"]
    assert [Path(item.source).name for item in report.ignored] == ["README.md"]


def test_folders_linked_in_a_circle_are_looked_through_once(write_pictures: Writer, tmp_path: Path) -> None:
    sky = write_pictures(["deep/a.png"])
    (sky / "deep" / "loop").symlink_to(sky, target_is_directory=True)
    report = import_path(sky, tmp_path / "w")
    assert report.n_imported == 1
    assert any("already looked through" in item.reason for item in report.left_out)


def test_names_that_look_like_code_or_are_very_long_are_kept_as_they_are(
    write_pictures: Writer, tmp_path: Path
) -> None:
    names = [
        "<img src=x onerror=alert(1)>.png",
        "n" * 200 + ".png",
        "مجرة.png",
        "a'; drop table x;--.png",
        " 1e5.png",
    ]
    sky = write_pictures(names)
    report = import_path(sky, tmp_path / "w")
    assert report.n_imported == len(names) and report.left_out == ()
    catalog = read_catalog(tmp_path / "w")
    assert set(catalog["galaxy_id"]) == {name.removesuffix(".png") for name in names}
    store = ImageStore(catalog, tmp_path / "w")
    assert all(len(store.render(galaxy_id, size_px=32)) > 100 for galaxy_id in catalog["galaxy_id"])


def test_a_second_import_adds_and_keeps_the_ids_that_are_there(
    write_pictures: Writer, tmp_path: Path
) -> None:
    sky = write_pictures(["a.png", "b.png"])
    import_path(sky, tmp_path / "w")
    write_pictures(["a.png", "b.png", "c.png"])
    (tmp_path / "t.csv").write_text("id,file,label\nother,a.png,spiral\nnew,c.png,merger\n")
    report = import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    assert (report.n_imported, report.n_known, report.n_total) == (1, 2, 3)
    catalog = read_catalog(tmp_path / "w").set_index("galaxy_id")
    assert catalog.index.tolist() == ["a", "b", "new"]
    assert catalog.loc["a", "label"] == "spiral"  # a label that came later reaches the galaxy that was there


def test_a_second_set_with_the_same_ids_is_left_out_by_name(write_pictures: Writer, tmp_path: Path) -> None:
    import_path(write_pictures(["a.png"], folder="one"), tmp_path / "w")
    report = import_path(write_pictures(["a.png", "b.png"], folder="two"), tmp_path / "w")
    assert report.n_imported == 1
    assert "belongs to" in report.left_out[0].reason and str(tmp_path / "one") in report.left_out[0].reason


@pytest.mark.parametrize(
    ("first", "second"), [("7", "spiral"), ("7", "0.5"), ("true", "3"), ("0.5", "spiral"), ("", "4")]
)
def test_a_column_may_change_its_kind_from_import_to_import(
    write_pictures: Writer, tmp_path: Path, first: str, second: str
) -> None:
    sky = write_pictures(["a.png"])
    (tmp_path / "t.csv").write_text(f"id,v\na,{first}\n")
    import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    write_pictures(["a.png", "b.png"])
    (tmp_path / "t.csv").write_text(f"id,v\na,{first}\nb,{second}\n")
    import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    catalog = read_catalog(tmp_path / "w").set_index("galaxy_id")
    assert str(catalog.loc["b", "v"]) in (second, f"{second}.0")
    assert (
        pd.isna(catalog.loc["a", "v"]) if not first else str(catalog.loc["a", "v"]) in (first, f"{first}.0")
    )


def test_a_row_goes_to_the_file_whose_path_fits_best(write_pictures: Writer, tmp_path: Path) -> None:
    sky = write_pictures(["a_psf/g.png", "img/g.png"])
    (tmp_path / "t.csv").write_text("file,label\nimg/g.png,spiral\n")
    import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    catalog = read_catalog(tmp_path / "w")
    labelled = catalog[catalog["label"] == "spiral"]
    assert [Path(source).parent.name for source in labelled["source"]] == ["img"]


def test_positions_in_hours_minutes_seconds_become_degrees(write_pictures: Writer, tmp_path: Path) -> None:
    sky = write_pictures(["a.png"])
    (tmp_path / "t.csv").write_text("id,RA,Dec\na,10:00:00,-02:30:00\n")
    import_path(sky, tmp_path / "w", table=tmp_path / "t.csv")
    row = read_catalog(tmp_path / "w").iloc[0]
    assert (row["ra"], row["dec"]) == pytest.approx((150.0, -2.5))
    (tmp_path / "bad.csv").write_text("id,RA\na,somewhere\n")
    with pytest.raises(GalcoreError, match="column ra holds 'somewhere'"):
        import_path(sky, tmp_path / "w2", table=tmp_path / "bad.csv")


def test_columns_stored_in_a_stack_never_overwrite_ours(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["images"] = np.zeros((3, 16, 16), "f4")
        file["x"], file["source"], file["RA"] = [1, 2, 3], [7, 8, 9], [10.0, 20.0, 30.0]
    import_path(tmp_path / "s.h5", tmp_path / "w")
    catalog = read_catalog(tmp_path / "w")
    assert catalog["ra"].tolist() == [10, 20, 30] and catalog["table_source"].tolist() == [7, 8, 9]
    assert catalog["x"].isna().all() and catalog["table_x"].tolist() == [1, 2, 3]
    assert ImageStore(catalog, tmp_path / "w").load("s_1").pixels.shape == (1, 16, 16)


def test_a_stack_takes_its_table_in_order_or_by_id(tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", np.random.default_rng(0).normal(size=(3, 2, 16, 16)))
    (tmp_path / "order.csv").write_text("id,kind\nx,A\ny,B\nz,C\n")
    report = import_path(tmp_path / "s.npy", tmp_path / "w1", table=tmp_path / "order.csv")
    assert read_catalog(tmp_path / "w1")["galaxy_id"].tolist() == ["x", "y", "z"]
    assert any("in their order" in note for note in report.notes)
    (tmp_path / "by_id.csv").write_text("id,kind\ns_2,C\ns_0,A\n")
    import_path(tmp_path / "s.npy", tmp_path / "w2", table=tmp_path / "by_id.csv")
    catalog = read_catalog(tmp_path / "w2").set_index("galaxy_id")
    assert catalog.loc["s_2", "kind"] == "C" and catalog.loc["s_2", "source_index"] == 2
    assert pd.isna(catalog.loc["s_1", "kind"])


@pytest.mark.parametrize("name", ["a.zip", "b.tar.gz"])
def test_an_archive_is_refused_with_advice(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(GalcoreError, match="unpack it"):
        import_path(tmp_path / name, tmp_path / "w")


def test_a_path_that_is_not_there_or_holds_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match="no such file or folder"):
        import_path(tmp_path / "gone", tmp_path / "w")
    (tmp_path / "bare").mkdir()
    with pytest.raises(GalcoreError, match="no image could be imported"):
        import_path(tmp_path / "bare", tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_a_workspace_inside_the_imported_folder_is_passed_by(write_pictures: Writer, tmp_path: Path) -> None:
    sky = write_pictures(["a.png", "w/images/own.png"])
    report = import_path(sky, sky / "w")
    assert report.n_imported == 1
    assert read_catalog(sky / "w")["galaxy_id"].tolist() == ["a"]


def test_a_cancelled_import_writes_nothing(write_pictures: Writer, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(GalcoreError, match="cancelled"):
        import_path(write_pictures(["a.png"]), tmp_path / "w", cancel=stop.is_set)
    assert not (tmp_path / "w").exists()


def test_progress_counts_every_file(write_pictures: Writer, tmp_path: Path) -> None:
    steps: list[Progress] = []
    import_path(write_pictures([f"{n}.png" for n in range(70)]), tmp_path / "w", progress=steps.append)
    assert [step.done for step in steps] == [64, 70] and steps[-1].total == 70


def test_a_table_beside_the_images_and_a_field_among_them_are_pointed_out(
    write_pictures: Writer, tmp_path: Path
) -> None:
    sky = write_pictures(["a.png"])
    (sky / "labels.csv").write_text("id,label\na,spiral\n")
    fits.writeto(sky / "wide.fits", np.zeros((40, 2000), np.float32))
    notes = " ".join(import_path(sky, tmp_path / "w").notes)
    assert "labels.csv lies beside the images" in notes
    assert "wide.fits: 2,000 pixels" in notes and "`detect`" in notes


def test_imports_at_the_same_time_lose_nothing(write_pictures: Writer, tmp_path: Path) -> None:
    folders = [write_pictures([f"{name}{n}.png" for n in range(5)], folder=name) for name in "abcdef"]
    with ThreadPoolExecutor(6) as pool:  # the lock is one of files, so threads stand for processes
        added = list(pool.map(lambda folder: import_path(folder, tmp_path / "w").n_imported, folders))
    assert added == [5] * 6
    assert len(read_catalog(tmp_path / "w")) == 30


def write_field(path: Path, seed: int = 0, *, offset_deg: float = 0.0) -> Path:
    y, x = np.mgrid[:200, :220]
    field = np.random.default_rng(seed).normal(10, 1, (200, 220))
    for x0, y0 in ((50, 60), (150, 120), (100, 20)):
        field += 60 * np.exp(-0.5 * (((x - x0) / 4) ** 2 + ((y - y0) / 3) ** 2))
    header = fits.Header(
        {
            **{"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 1.0, "CRPIX2": 1.0},
            **{"CRVAL1": 150.0 + offset_deg, "CRVAL2": 0.0, "CD1_1": -0.2 / 3600, "CD2_2": 0.2 / 3600},
        }
    )
    fits.writeto(path, field.astype(np.float32), header, overwrite=True)
    return path


def test_the_sources_of_a_field_become_galaxies_with_sky_positions(tmp_path: Path) -> None:
    report = import_field(write_field(tmp_path / "field.fits"), tmp_path / "w")
    assert report.n_imported == 3
    catalog = read_catalog(tmp_path / "w")
    row = catalog.set_index("galaxy_id").loc["field_00050_00060"]
    assert row["ra"] == pytest.approx(150.0 - 50 * 0.2 / 3600, abs=1e-5)
    assert row["dec"] == pytest.approx(60 * 0.2 / 3600, abs=1e-5)
    assert row["pixel_scale_arcsec"] == pytest.approx(0.2)
    store = ImageStore(catalog, tmp_path / "w")
    for galaxy_id, size in zip(catalog["galaxy_id"], catalog["stamp_size_px"], strict=True):
        stamp = store.load(galaxy_id).pixels[0]
        assert stamp.shape == (size, size)
        peak = np.unravel_index(np.nanargmax(stamp), stamp.shape)
        assert max(abs(peak[0] - size / 2), abs(peak[1] - size / 2)) <= 3


def test_detecting_twice_finds_the_same_galaxies_once(tmp_path: Path) -> None:
    field = write_field(tmp_path / "field.fits")
    import_field(field, tmp_path / "w")
    report = import_field(field, tmp_path / "w")
    assert (report.n_imported, report.n_known, report.n_total) == (0, 3, 3)


def test_pixel_matched_files_are_the_bands_of_one_field(tmp_path: Path) -> None:
    bands = tmp_path / "bands"
    bands.mkdir()
    for n, band in enumerate("gri"):
        write_field(bands / f"{band}.fits", n)
    write_field(bands / "shifted.fits", offset_deg=0.01)
    fits.writeto(bands / "small.fits", np.zeros((50, 50), np.float32))
    report = import_field(bands, tmp_path / "w")
    said = reasons(report)
    assert "elsewhere on the sky" in said["shifted.fits"] and "do not match" in said["small.fits"]
    catalog = read_catalog(tmp_path / "w")
    assert len(catalog) == 3
    image = ImageStore(catalog, tmp_path / "w").load(catalog["galaxy_id"][0])
    assert image.bands == ("g", "r", "i") and len(image.pixels) == 3
