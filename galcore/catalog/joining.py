"""Which row of a user's table belongs to which image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd
from astropy.coordinates import Angle

from galcore.catalog.columns import CANONICAL, FILE_ALIASES, ID_ALIASES, find_column, name_user_columns
from galcore.images.readers import file_stem
from galcore.types import GalcoreError, LeftOut

SEXAGESIMAL_UNITS = {"ra": "hourangle", "dec": "deg"}


@dataclass(frozen=True, slots=True)
class UserTable:
    """A user's table, its columns under the names they have in the catalogue.

    Attributes:
        frame: Rows; ids in ``galaxy_id`` (``None`` where the table has none).
        files: File of each row as it was written, or ``None``.
        left_out: Rows that cannot be used, and why.
        renamed: Columns that had to change their name.
    """

    frame: pd.DataFrame
    files: tuple[str | None, ...]
    left_out: tuple[LeftOut, ...]
    renamed: tuple[tuple[str, str], ...]


def prepare_table(frame: pd.DataFrame, name: str) -> UserTable:
    """The table with our names for id, position and pixel scale; double ids and odd paths left out.

    Raises:
        GalcoreError: If it has neither a column of ids nor one of file names.
    """
    id_column, file_column = find_column(frame.columns, ID_ALIASES), find_column(frame.columns, FILE_ALIASES)
    if id_column is None and file_column is None:
        raise GalcoreError(
            f"{name}: has neither a column of ids ({', '.join(ID_ALIASES[:5])} …) nor of file names "
            f"({', '.join(FILE_ALIASES[:3])} …); its columns are {', '.join(map(str, frame.columns[:20]))}"
        )
    ours = {id_column: "galaxy_id"} if id_column else {}
    for canonical, aliases in CANONICAL.items():
        column = find_column(frame.columns, aliases)
        if column is not None:
            ours[column] = canonical
    others = [column for column in frame.columns if column not in ours]
    renamed = name_user_columns(others)
    usable, left_out = _usable_rows(frame, name, id_column, file_column)
    kept = frame[usable].rename(columns={**ours, **renamed}).reset_index(drop=True)
    for canonical in CANONICAL:
        if canonical in kept:
            kept[canonical] = _degrees(kept[canonical], canonical, f"{name}: column {canonical}")
    files = frame.loc[usable, file_column].tolist() if file_column else [None] * len(kept)
    if "galaxy_id" not in kept:
        kept["galaxy_id"] = pd.Series([None] * len(kept), dtype="str")
    known = tuple(str(file) if isinstance(file, str) and file else None for file in files)
    return UserTable(kept, known, tuple(left_out), tuple((str(old), new) for old, new in renamed.items()))


def _usable_rows(
    frame: pd.DataFrame, name: str, id_column: str | None, file_column: str | None
) -> tuple[list[bool], list[LeftOut]]:
    usable, left_out, seen = [], [], set()
    ids = frame[id_column].tolist() if id_column else [None] * len(frame)
    files = frame[file_column].tolist() if file_column else [None] * len(frame)
    for n, (galaxy_id, file) in enumerate(zip(ids, files, strict=True)):
        row = f"{name} row {n + 1}"
        reason = ""
        if isinstance(file, str) and ".." in PurePosixPath(file.replace("\\", "/")).parts:
            reason = f"its file {file!r} leads out of the folder"
        elif id_column and not _is_text(galaxy_id) and not _is_text(file):
            reason = f"has neither {id_column} nor a file name"
        elif _is_text(galaxy_id) and galaxy_id in seen:
            reason = f"{id_column} {galaxy_id!r} is in the table already; the first row counts"
        if reason:
            left_out.append(LeftOut(row, reason))
        elif _is_text(galaxy_id):
            seen.add(galaxy_id)
        usable.append(not reason)
    return usable, left_out


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _degrees(column: pd.Series, canonical: str, where: str) -> pd.Series:
    """Numbers; positions written as 12:34:56.7 (hours for the right ascension) become degrees."""
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    lost = numbers.isna() & column.notna()
    if not lost.any():
        return numbers
    try:
        if canonical not in SEXAGESIMAL_UNITS:
            raise ValueError
        angles = Angle(column[lost].astype(str).tolist(), unit=SEXAGESIMAL_UNITS[canonical])
    except ValueError as error:
        raise GalcoreError(f"{where} holds {column[lost].iloc[0]!r}; it must be a number") from error
    numbers[lost] = angles.degree
    return numbers


class RowFinder:
    """Finds the row of an image by its path, its name, its stem or its id."""

    def __init__(self, table: UserTable) -> None:
        self._by_file: dict[str, list[int]] = defaultdict(list)
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        self._by_id: dict[str, int] = {}
        for n, (galaxy_id, file) in enumerate(zip(table.frame["galaxy_id"], table.files, strict=True)):
            if _is_text(galaxy_id):
                self._by_id[galaxy_id] = n
            if file is not None:
                path = PurePosixPath(file.replace("\\", "/"))
                for ending in set(_endings(path)):
                    self._by_file[ending].append(n)
                self._by_stem[file_stem(Path(path.name))].append(n)

    def find_member(self, relative: str, suffix: str) -> int | None:
        """Row of one image in a file of several, by its id; ``None`` when the table has none.

        Args:
            relative: Path of its file below the imported folder, with ``/``.
            suffix: What tells it from its neighbours in the file.
        """
        return self._first_id((file_stem(Path(relative)) + suffix, suffix.lstrip("_")))

    def find_file(self, relative: str) -> tuple[int | None, int]:
        """Row of the file at a path below the imported folder, or ``None``, and how well it matches.

        The measure is the number of parts that the two paths share at their ends; 0 for a match by name.
        """
        path = PurePosixPath(relative)
        stem = file_stem(Path(path.name))
        for ending in _endings(path):
            rows = self._by_file.get(ending, ())
            if len(rows) == 1:
                return rows[0], ending.count("/") + 1
        whole = path.with_name(stem).as_posix()
        row = self._first_id((relative, whole, path.name, stem))
        if row is None and len(self._by_stem.get(stem, ())) == 1:
            row = self._by_stem[stem][0]
        return row, 0

    def _first_id(self, names: Iterable[str]) -> int | None:
        return next((self._by_id[name] for name in names if name in self._by_id), None)


def _endings(path: PurePosixPath) -> Iterator[str]:
    """``a/b/c.jpg``, ``b/c.jpg``, ``c.jpg``: the longest first."""
    parts = [part for part in path.parts if part not in ("/", ".")]
    for n in range(len(parts)):
        yield "/".join(parts[n:])
