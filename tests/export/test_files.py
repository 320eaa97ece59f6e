import json

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.table import Table

from galcore.export.files import write_table
from galcore.types import GalcoreError, Provenance

LONG_ID = "1237648720693755918"  # would lose its last digits as a float
PROVENANCE = Provenance(
    code_version="0.1.0",
    model_name="galcore-tiny",
    model_hash="m" * 64,
    data_hash="d" * 64,
    parameters={
        "git_commit": "abc",
        "campaign_name": "Été <b>",
        "counts": {"rows": 3},
        "embedding_hash": "e" * 64,
    },
    created_at="2026-01-01T00:00:00+00:00",
)
TABLE = pd.DataFrame(
    {
        "galaxy_id": pd.Series([LONG_ID, "00012", 'a,"b"\n'], dtype="string"),
        "ra": [150.1, np.nan, 12.0],
        "label": ["spirale barrée", "棒", ""],
        "n": [1, 2, 3],
        "subhalo": pd.Series([7, None, 9], dtype="Int64"),
        "seen": [True, False, True],
        "Ra": [1.0, 2.0, 3.0],
        "when": pd.to_datetime(["2026-01-01", None, "2026-01-02"], utc=True),
        "mixed": [1, "x", None],
    }
)


def test_ids_and_unicode_survive_csv_and_provenance_lies_beside_it(tmp_path):
    files = write_table(TABLE, tmp_path / "out.csv", PROVENANCE)
    back = pd.read_csv(files[0], dtype={"galaxy_id": str})
    assert back["galaxy_id"].tolist() == TABLE["galaxy_id"].tolist()
    assert back["label"].fillna("").tolist() == TABLE["label"].tolist()
    assert json.loads(files[1].read_text("utf-8"))["parameters"]["campaign_name"] == "Été <b>"
    assert files[1].name == "out.csv.provenance.json"


def test_ids_types_and_provenance_survive_parquet(tmp_path):
    import pyarrow.parquet as pq

    (file,) = write_table(TABLE.drop(columns="mixed"), tmp_path / "out.parquet", PROVENANCE)
    back = pd.read_parquet(file)
    assert back["galaxy_id"].tolist() == TABLE["galaxy_id"].tolist()
    assert back["label"].tolist() == TABLE["label"].tolist()
    assert back["subhalo"].tolist()[0] == 7 and pd.isna(back["subhalo"][1])
    stored = json.loads(pq.read_schema(file).metadata[b"galcore"])
    assert stored["parameters"]["counts"] == {"rows": 3}


def test_a_column_of_mixed_values_is_written_as_text_in_parquet(tmp_path):
    (file,) = write_table(TABLE, tmp_path / "out.parquet", PROVENANCE)
    assert pd.read_parquet(file)["mixed"].tolist()[:2] == ["1", "x"]


def test_fits_opens_in_astropy_with_ids_units_nulls_and_cards(tmp_path):
    (file,) = write_table(TABLE, tmp_path / "out.fits", PROVENANCE)
    table = Table.read(file, hdu="TABLE")
    assert [str(each) for each in table["galaxy_id"]] == [LONG_ID, "00012", 'a,"b"']
    assert str(table["ra"].unit) == "deg" and table["ra"].mask.tolist() == [False, True, False]
    assert table["label"].tolist()[:2] == ["spirale barree", "\\u68d2"]
    assert table["subhalo"].mask.tolist() == [False, True, False]
    assert table["seen"].tolist() == [True, False, True]
    assert "Ra_2" in table.colnames  # FITS does not tell ra from Ra
    assert table["when"][0].startswith("2026-01-01T00:00:00")
    with fits.open(file) as hdus:
        header = hdus["TABLE"].header
        assert header["MODELSHA"] == "m" * 64
        assert header["CAMPAIGN"] == "Ete <b>"
        details = dict(zip(hdus["PROVENANCE"].data["name"], hdus["PROVENANCE"].data["value"], strict=True))
    assert json.loads(details["counts"]) == {"rows": 3}


def _read_fits(path):
    return Table.read(path, hdu=1)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".fits"])
def test_an_empty_table_is_a_valid_file(tmp_path, suffix):
    file = write_table(TABLE.iloc[:0], tmp_path / f"out{suffix}", PROVENANCE)[0]
    readers = {
        ".csv": pd.read_csv,
        ".parquet": pd.read_parquet,
        ".fits": lambda path: Table.read(path, hdu=1),
    }
    table = readers[suffix](file)
    assert len(table) == 0 and "galaxy_id" in list(getattr(table, "colnames", None) or table.columns)


def test_an_unknown_suffix_and_a_missing_folder_are_explained(tmp_path):
    with pytest.raises(GalcoreError, match=r"\.csv, \.parquet, \.fits"):
        write_table(TABLE, tmp_path / "out.xlsx", PROVENANCE)
    with pytest.raises(GalcoreError, match="is not a folder"):
        write_table(TABLE, tmp_path / "nowhere" / "out.csv", PROVENANCE)
