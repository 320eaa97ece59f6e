"""Tables of a user: CSV, Parquet, FITS and ECSV, with ids kept exactly as they are written."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table

from galcore.catalog.columns import ID_ALIASES, find_column, is_id_like
from galcore.images.fits_files import opened, read_extensions
from galcore.images.quiet import quiet
from galcore.types import GalcoreError

CSV_SEPARATORS = {".csv": ",", ".tsv": "\t"}
TABLE_SUFFIXES = (*CSV_SEPARATORS, ".parquet", ".pq", ".fits", ".fit", ".fits.gz", ".ecsv")
MISSING_NUMBERS = frozenset({"", "nan", "na", "n/a", "null", "none", "--"})
EXACT_FLOAT_LIMIT = 2**53  # integers beyond are not exact in a float64
MAX_VECTOR = 64
LEADING_ZERO = re.compile(r"^[+-]?0\d")


def read_table(path: Path) -> pd.DataFrame:
    """A table with its id columns as strings, digit by digit; numbers as numbers; empty as missing.

    Raises:
        GalcoreError: Naming the file, and the column where ids were stored as rounded numbers.
    """
    if not path.is_file():
        raise GalcoreError(f"{path}: no such table")
    name = path.name.lower()
    if path.suffix.lower() in CSV_SEPARATORS:
        return _read_csv(path)
    if name.endswith((".parquet", ".pq")):
        return _read_parquet(path)
    if name.endswith((".fits", ".fit", ".fits.gz", ".ecsv")):
        return _read_astropy(path)
    raise GalcoreError(f"{path}: not a table Galcore reads; give {', '.join(TABLE_SUFFIXES)}")


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        text = pd.read_csv(
            path,
            sep=CSV_SEPARATORS[path.suffix.lower()],
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            skipinitialspace=True,
        )
    except UnicodeDecodeError as error:
        raise GalcoreError(f"{path}: not in UTF-8; save the table as UTF-8") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OSError) as error:
        raise GalcoreError(f"{path}: not a readable table ({error})") from error
    _refuse_twins(path, text)
    id_column = find_column(text.columns, ID_ALIASES)
    return pd.DataFrame(
        {
            name: _text_ids(text[name]) if name == id_column or is_id_like(name) else read_values(text[name])
            for name in text.columns
        }
    )


def _refuse_twins(path: Path, frame: pd.DataFrame) -> None:
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise GalcoreError(f"{path}: has the column {twice!r} twice; rename one")


def _text_ids(column: pd.Series) -> pd.Series:
    stripped = column.astype("str").str.strip()
    return stripped.where(stripped != "", None)


def read_values(column: pd.Series) -> pd.Series:
    """Numbers where every value is one and writing it back would not change it; else the text.

    >>> read_values(pd.Series(["1", "", "3"])).tolist()
    [1, <NA>, 3]
    >>> read_values(pd.Series(["007", "12"])).tolist()
    ['007', '12']
    """
    text = column.astype("str").str.strip()
    missing = text.str.lower().isin(MISSING_NUMBERS)
    present = text[~missing]
    if present.empty or present.str.match(LEADING_ZERO).any():
        return text.where(text != "", None)
    numbers = pd.to_numeric(present, errors="coerce")
    if numbers.isna().any():
        return text.where(text != "", None)
    if pd.api.types.is_float_dtype(numbers):
        return numbers.astype("float64").reindex(column.index)
    if pd.api.types.is_integer_dtype(numbers) and numbers.dtype != object:
        if numbers.dtype.kind == "u" or len(present) == len(column):
            return numbers.astype("UInt64" if numbers.dtype.kind == "u" else "int64").reindex(column.index)
        return numbers.astype("Int64").reindex(column.index)
    return text.where(text != "", None)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise GalcoreError(f"{path}: not a readable Parquet file ({error})") from error
    columns = {}
    for name in table.column_names:
        column = table[name]
        if pa.types.is_nested(column.type):
            columns[name] = pd.Series(
                [None if v is None else str(v) for v in column.to_pylist()], dtype="str"
            )
        elif pa.types.is_integer(column.type) and column.null_count:
            columns[name] = pd.Series(pd.array(column.to_pylist(), dtype="Int64"))
        else:
            columns[name] = column.to_pandas()
    return _with_ids(path, pd.DataFrame(columns))


def _read_astropy(path: Path) -> pd.DataFrame:
    try:
        with quiet():  # unusual units are no reason to refuse
            table = _read_ecsv(path) if path.suffix.lower() == ".ecsv" else _read_fits_table(path)
            _split_vectors(table)
            table.convert_bytestring_to_unicode()
            frame = table.to_pandas(index=False)
    except GalcoreError:
        raise
    except Exception as error:  # astropy's readers raise whatever their parser does
        raise GalcoreError(f"{path}: not a readable table ({error})") from error
    return _with_ids(path, frame)


def _read_ecsv(path: Path) -> Table:
    return Table.read(path, format="ascii.ecsv")


def _read_fits_table(path: Path) -> Table:
    with opened(path) as hdus:
        read_extensions(path, hdus)
        if not any(isinstance(hdu, fits.BinTableHDU | fits.TableHDU) for hdu in hdus):
            raise GalcoreError(f"{path}: not a readable table, no extension of it is one")
        return Table.read(hdus, format="fits")


def _split_vectors(table: Table) -> None:
    """Columns of vectors become one column an element, ``mag_1``, ``mag_2`` …; longer ones are dropped."""
    for name in [name for name in table.colnames if table[name].ndim > 1]:
        flat = table[name].reshape(len(table), -1)
        if flat.shape[1] <= MAX_VECTOR:
            for n in range(flat.shape[1]):
                table[f"{name}_{n + 1}"] = flat[:, n]
        del table[name]


def _with_ids(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    _refuse_twins(path, frame)
    id_column = find_column(frame.columns, ID_ALIASES)
    converted = {}
    for name in frame.columns:
        column = frame[name]
        if name == id_column:
            converted[str(name)] = exact_ids(column, f"{path}: column {name}")
        elif column.dtype == object or pd.api.types.is_string_dtype(column):
            converted[str(name)] = _plain_text(column)
        else:
            converted[str(name)] = column
    return pd.DataFrame(converted)


def _plain_text(column: pd.Series) -> pd.Series:
    values = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in column]
    return pd.Series(
        [None if _is_missing(v) else str(v).strip() for v in values], index=column.index, dtype="str"
    )


def exact_ids(column: pd.Series, where: str) -> pd.Series:
    """Ids as strings: digits of integers, text without surrounding spaces.

    Raises:
        GalcoreError: If ids were stored as floating-point numbers that have lost digits.
    """
    if pd.api.types.is_bool_dtype(column):
        raise GalcoreError(f"{where} holds true and false, not ids")
    if pd.api.types.is_float_dtype(column):
        values = column.to_numpy(dtype="float64", na_value=np.nan)
        known = values[np.isfinite(values)]
        if (known != np.round(known)).any() or (np.abs(known) >= EXACT_FLOAT_LIMIT).any():
            raise GalcoreError(
                f"{where} holds ids as floating-point numbers, which lose digits beyond 2^53; "
                "write them as strings or 64-bit integers"
            )
        return pd.Series(
            [str(int(v)) if np.isfinite(v) else None for v in values], index=column.index, dtype="str"
        )
    return _plain_text(column).replace("", None)


def _is_missing(value: object) -> bool:
    return (
        value is None
        or value is pd.NA
        or value is np.ma.masked
        or (isinstance(value, float) and value != value)
    )
