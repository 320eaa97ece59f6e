"""``catalog.parquet``: read, written whole or not at all, and hashed."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from galcore.catalog.columns import complete_catalog, empty_catalog
from galcore.types import GalcoreError
from galcore.whole_files import write_whole

CATALOG_FILE = "catalog.parquet"
LOCK_FILE = ".catalog.lock"


def read_catalog(folder: Path) -> pd.DataFrame:
    """The catalogue of a workspace; an empty one where nothing was imported yet.

    Raises:
        GalcoreError: If the file is damaged or has no column ``galaxy_id``.
    """
    path = folder / CATALOG_FILE
    if not path.exists():
        return empty_catalog()
    try:
        frame = pq.read_table(path).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise GalcoreError(
            f"{path}: the catalogue cannot be read ({error}); restore it or import again"
        ) from error
    if "galaxy_id" not in frame or "source" not in frame:
        raise GalcoreError(f"{path}: has no column galaxy_id or source; it is not a catalogue of Galcore")
    return complete_catalog(frame)


@contextmanager
def locked_catalog(folder: Path) -> Iterator[None]:
    """Keeps other processes that add to the catalogue waiting; readers are never held up.

    Raises:
        GalcoreError: If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / LOCK_FILE).open("a")
    except OSError as error:
        raise GalcoreError(f"workspace {folder}: cannot be written ({error})") from error
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # let go when the file is closed, even by a crash
        yield


def write_catalog(frame: pd.DataFrame, folder: Path) -> None:
    """Write the catalogue so that a reader sees the old one or the new one, never a part.

    Raises:
        GalcoreError: If ids are missing or not unique, or the folder cannot be written.
    """
    complete = complete_catalog(frame)
    ids = complete["galaxy_id"]
    if ids.isna().any() or (ids == "").any():
        raise GalcoreError("the catalogue has galaxies without galaxy_id")
    if ids.duplicated().any():
        twice = ids[ids.duplicated()].iloc[0]
        raise GalcoreError(f"galaxy_id {twice!r} is in the catalogue more than once")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with write_whole(folder / CATALOG_FILE) as unfinished:
            complete.to_parquet(unfinished, index=False)
    except OSError as error:
        raise GalcoreError(f"{folder}: the catalogue cannot be written ({error})") from error


def catalog_hash(frame: pd.DataFrame) -> str:
    """Hash of what the catalogue says: names, order and values of its columns, in row order.

    >>> catalog_hash(empty_catalog()) == catalog_hash(empty_catalog())
    True
    """
    digest = hashlib.sha256(repr(tuple(map(str, frame.columns))).encode())
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object:
            column = column.map(repr, na_action="ignore")
        digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]
