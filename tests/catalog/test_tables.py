from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from galcore.catalog.tables import read_table
from galcore.types import GalcoreError

HARD_IDS = [
    "587725469055320114",
    "9223372036854775807",
    "0007",
    "1e5",
    "1E400",
    "-0",
    "nan",
    "NA",
    "True",
    "J1+2.50",
]
FORMATS = ("csv", "tsv", "parquet", "fits", "ecsv")
NO_SPACE = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=12)


def write_table(path: Path, frame: pd.DataFrame) -> Path:
    ending = path.suffix
    if ending == ".csv":
        frame.to_csv(path, index=False)
    elif ending == ".tsv":
        frame.to_csv(path, index=False, sep="\t")
    elif ending == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        columns = {name: np.array(frame[name].tolist()) for name in frame}
        Table(columns).write(path, overwrite=True)
    return path


@pytest.mark.parametrize("ending", FORMATS)
def test_hard_ids_survive_every_format(tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame({"id": HARD_IDS, "value": np.arange(len(HARD_IDS))})
    read = read_table(write_table(tmp_path / f"t.{ending}", frame))
    assert read["id"].tolist() == HARD_IDS
    assert read["value"].tolist() == list(range(len(HARD_IDS)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NO_SPACE, min_size=1, max_size=5, unique=True), st.sampled_from(FORMATS))
def test_any_id_survives_a_round_trip(tmp_path: Path, ids: list[str], ending: str) -> None:
    path = write_table(tmp_path / f"any.{ending}", pd.DataFrame({"id": ids, "n": range(len(ids))}))
    assert read_table(path)["id"].tolist() == ids


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=5),
    st.sampled_from(("parquet", "fits", "ecsv")),
)
def test_whole_number_ids_become_their_digits(tmp_path: Path, ids: list[int], ending: str) -> None:
    frame = pd.DataFrame({"source_id": np.array(ids, dtype=np.int64)})
    assert read_table(write_table(tmp_path / f"i.{ending}", frame))["source_id"].tolist() == [
        str(n) for n in ids
    ]


def test_whole_numbers_with_a_gap_stay_exact_in_parquet(tmp_path: Path) -> None:
    column = pd.array([587725469055320114, None], dtype="Int64")
    pd.DataFrame({"id": ["a", "b"], "plate": column}).to_parquet(tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet")
    assert read["plate"][0] == 587725469055320114 and read["plate"].isna()[1]
    pd.DataFrame({"id": column}).to_parquet(tmp_path / "u.parquet")
    assert read_table(tmp_path / "u.parquet")["id"][0] == "587725469055320114"


@pytest.mark.parametrize("ending", ["parquet", "fits", "ecsv"])
def test_ids_stored_as_floats_are_refused_once_they_lost_digits(tmp_path: Path, ending: str) -> None:
    lost = write_table(tmp_path / f"lost.{ending}", pd.DataFrame({"objid": [5.87725469055320114e17, 1.0]}))
    with pytest.raises(GalcoreError, match=r"column objid .*floating-point.*strings or 64-bit integers"):
        read_table(lost)
    exact = write_table(tmp_path / f"exact.{ending}", pd.DataFrame({"objid": [1200345.0, 7.0]}))
    assert read_table(exact)["objid"].tolist() == ["1200345", "7"]


def test_the_padding_of_fits_strings_is_not_part_of_an_id(tmp_path: Path) -> None:
    columns = [fits.Column("id", "10A", array=["NGC 1", "M31"]), fits.Column("ra", "D", array=[1.0, 2.0])]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "t.fits")
    read = read_table(tmp_path / "t.fits")
    assert read["id"].tolist() == ["NGC 1", "M31"]
    assert read["ra"].dtype == np.float64 and read["ra"].dtype.isnative


def test_columns_of_vectors_are_kept_element_by_element(tmp_path: Path) -> None:
    columns = [
        fits.Column("id", "5A", array=["a", "b"]),
        fits.Column("mag", "3D", array=np.arange(6).reshape(2, 3)),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "t.fits")
    assert read_table(tmp_path / "t.fits")["mag_3"].tolist() == [2, 5]
    pd.DataFrame({"id": ["a"], "mag": [[1.5, 2.5]]}).to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["mag"].tolist() == ["[1.5, 2.5]"]


def test_numbers_are_numbers_text_is_text_and_empty_is_missing(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "id,z,n,class,run\na,0.5,1,spiral,0012\nb,,2,,0013\nc,nan,3,merger,0014\n"
    )
    read = read_table(tmp_path / "t.csv")
    assert read["z"].dtype == np.float64 and read["z"].isna().tolist() == [False, True, True]
    assert read["n"].dtype == np.int64
    assert read["class"].isna().tolist() == [False, True, False]
    assert read["run"].tolist() == ["0012", "0013", "0014"]


def test_vote_columns_are_kept_under_their_names(tmp_path: Path) -> None:
    names = [
        "smooth-or-featured_smooth",
        "smooth-or-featured_smooth_fraction",
        "smooth-or-featured_total-votes",
    ]
    (tmp_path / "t.csv").write_text(f"id_str,{','.join(names)}\n0123,3,0.6,5\n")
    assert read_table(tmp_path / "t.csv").columns.tolist() == ["id_str", *names]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", b"", "not a readable table"),
        ("latin.csv", "id,name\n1,Galaxie étoilée\n".encode("latin-1"), "UTF-8"),
        ("ragged.csv", b"id,a\n1,2\n1,2,3,4\n", "not a readable table"),
        ("twice.csv", b"id,a,a\n1,2,3\n", "a"),
        ("page.parquet", b"<html></html>", "not a readable Parquet"),
        ("noise.fits", b"\x00" * 4000, "not a FITS file"),
        ("noise.ecsv", b"\x00" * 4000, "not a readable table"),
        ("notes.txt", b"hello", "not a table Galcore reads"),
    ],
)
def test_a_broken_table_is_refused_by_name(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    if name == "twice.csv":  # pandas tells twins apart itself
        assert read_table(tmp_path / name).columns.is_unique
        return
    with pytest.raises(GalcoreError, match=words) as refused:
        read_table(tmp_path / name)
    assert name in str(refused.value)


def test_a_file_with_a_byte_order_mark_and_spaces_still_has_its_id_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfid, ra\n 0042 , 1.5\n")
    read = read_table(tmp_path / "t.csv")
    assert read["id"].tolist() == ["0042"] and read["ra"].tolist() == [1.5]
