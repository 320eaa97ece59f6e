from pathlib import Path

import pandas as pd
import pytest

from galcore.catalog.columns import complete_catalog
from galcore.catalog.store import catalog_hash, read_catalog, write_catalog
from galcore.types import GalcoreError


def some_catalog(ids: list[str], **columns: list) -> pd.DataFrame:
    return complete_catalog(pd.DataFrame({"galaxy_id": ids, "source": [f"{i}.png" for i in ids], **columns}))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    frame = some_catalog(
        ["0001", "1e5", "587725469055320114"], label=["spiral", None, "<b>"], z=[0.1, None, 2.0]
    )
    write_catalog(frame, tmp_path)
    read = read_catalog(tmp_path)
    pd.testing.assert_frame_equal(read, frame)
    assert catalog_hash(read) == catalog_hash(frame)


def test_a_workspace_without_catalogue_has_an_empty_one(tmp_path: Path) -> None:
    assert len(read_catalog(tmp_path)) == 0


def test_the_hash_tells_every_change(tmp_path: Path) -> None:
    frame = some_catalog(["a", "b"], label=["x", "y"])
    changed = [
        some_catalog(["a", "c"], label=["x", "y"]),
        some_catalog(["b", "a"], label=["x", "y"]),
        some_catalog(["a", "b"], label=["x", None]),
        some_catalog(["a", "b"], kind=["x", "y"]),
        some_catalog(["a"], label=["x"]),
    ]
    hashes = {catalog_hash(other) for other in (frame, *changed)}
    assert len(hashes) == len(changed) + 1


@pytest.mark.parametrize("ids", [["a", "a"], ["a", ""]])
def test_ids_that_are_missing_or_twice_are_never_written(tmp_path: Path, ids: list[str]) -> None:
    with pytest.raises(GalcoreError, match="galaxy_id"):
        write_catalog(some_catalog(ids), tmp_path)
    assert not (tmp_path / "catalog.parquet").exists()


def test_a_failed_write_leaves_the_old_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_catalog(some_catalog(["a"]), tmp_path)

    def break_off(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", break_off)
    with pytest.raises(GalcoreError, match="disk full"):
        write_catalog(some_catalog(["a", "b"]), tmp_path)
    assert read_catalog(tmp_path)["galaxy_id"].tolist() == ["a"]
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.parquet"]


def test_a_damaged_catalogue_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(GalcoreError, match=r"catalog\.parquet"):
        read_catalog(tmp_path)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "catalog.parquet")
    with pytest.raises(GalcoreError, match="not a catalogue"):
        read_catalog(tmp_path)
