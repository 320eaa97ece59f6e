"""Tables as rows of text that know where they stand in their file, so that a message can name the place."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from galcore.export.files import ESCAPED, TEXT_CARD, unescape_text
from galcore.types import GalcoreError

LONGEST_FIELD = 16 * 2**20  # a Zooniverse drawing can be long; the csv module stops at 128 KiB by itself


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row.

    Attributes:
        place: File and line (of text) or row, for messages.
        values: Text by column; missing values are empty.
    """

    place: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that somebody brings.

    Attributes:
        path: The file.
        columns: Names, in order.
        rows: In order.
        broken: Places of lines that are no rows, and why.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[SourceRow, ...]
    broken: tuple[tuple[str, str], ...] = ()


def read_table(path: Path) -> SourceTable:
    """Read CSV, Parquet or FITS by the suffix.

    Raises:
        GalcoreError: If the file is not there, has another suffix or cannot be read; the message names it.
    """
    readers = {".csv": _read_csv, ".parquet": _read_parquet, ".fits": _read_fits}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise GalcoreError(f"{path}: votes are read from {', '.join(readers)}; convert it, or name it so")
    if not path.is_file():
        raise GalcoreError(f"{path} is not there; give the file of votes")
    try:
        return reader(path)
    except GalcoreError:
        raise
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise GalcoreError(
            f"{path} cannot be read ({error}); is it whole, and what its name says?"
        ) from error


def _read_csv(path: Path) -> SourceTable:
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _csv_table(path, file)
    except UnicodeDecodeError as error:
        raise GalcoreError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8") from error
    finally:
        csv.field_size_limit(before)


def _csv_table(path: Path, file: Iterator[str]) -> SourceTable:
    reader = csv.reader(file, strict=True)
    columns = tuple(next(reader, ()))
    if not columns:
        raise GalcoreError(f"{path} is empty; its first line must name the columns")
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise GalcoreError(f"{path}, line 1: column {doubled[0]!r} stands there twice; rename one")
    rows, broken = [], []
    line = reader.line_num + 1
    for fields in reader:
        place, line = f"{path.name}, line {line}", reader.line_num + 1
        if len(fields) == len(columns):
            rows.append(SourceRow(place, dict(zip(columns, fields, strict=True))))
        elif fields:
            broken.append((place, f"{len(fields)} fields instead of {len(columns)}"))
    return SourceTable(path, columns, tuple(rows), tuple(broken))


def _read_parquet(path: Path) -> SourceTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowException as error:
        raise GalcoreError(f"{path} is no readable Parquet file: {error}") from error
    columns = tuple(table.column_names)
    values = [[as_text(value) for value in table.column(name).to_pylist()] for name in columns]
    return SourceTable(path, columns, _numbered(path, columns, zip(*values, strict=True)))


def _read_fits(path: Path) -> SourceTable:
    from astropy.io import fits

    with fits.open(path) as hdus:
        tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU)]
        if not tables:
            raise GalcoreError(f"{path} has no table extension")
        table = tables[0]
        columns = tuple(table.columns.names)
        escaped = table.header.get(TEXT_CARD) == ESCAPED
        nulls = {column.name: column.null for column in table.columns}
        values = []
        for name in columns:
            column = table.data[name].tolist()
            texts = ["" if value == nulls[name] is not None else as_text(value) for value in column]
            is_text = table.data[name].dtype.kind in "SU"
            values.append([unescape_text(text) for text in texts] if escaped and is_text else texts)
    return SourceTable(path, columns, _numbered(path, columns, zip(*values, strict=True)))


def _numbered(path: Path, columns: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> tuple[SourceRow, ...]:
    return tuple(
        SourceRow(f"{path.name}, row {number}", dict(zip(columns, row, strict=True)))
        for number, row in enumerate(rows, start=1)
    )


def as_text(value: object) -> str:
    """A value as CSV would hold it: nothing for a missing one, whole numbers without a point.

    >>> as_text(None), as_text(float("nan")), as_text(0.1), as_text(True)
    ('', '', '0.1', 'True')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value if isinstance(value, str) else str(value)
