"""Rows of the catalogue for the images found: their address, their name, and the user's columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from galcore.catalog.columns import CANONICAL, ID_ALIASES, find_column, name_user_columns
from galcore.catalog.joining import RowFinder, UserTable
from galcore.images.image import FoundImage
from galcore.images.readers import file_stem

FROM_HEADERS = ("ra", "dec", "pixel_scale_arcsec", "north_angle_deg")  # the user's own values win


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image on its way into the catalogue.

    Attributes:
        image: What was found.
        relative: Path of its file below the imported folder, with ``/``.
        alone: Whether its file holds no other image.
    """

    image: FoundImage
    relative: str
    alone: bool


def make_rows(
    candidates: list[Candidate], table: UserTable | None, folder: Path
) -> tuple[pd.DataFrame, list[str], list[int]]:
    """Rows of the catalogue, notes for the report, and the table's rows that found no image.

    Args:
        candidates: Images in the order they were found.
        table: The user's table, where one was given.
        folder: The workspace; files inside are named relative to it.
    """
    rows, own, notes = _join(candidates, table)
    naming = [row if mine else None for row, mine in zip(rows, own, strict=True)]
    ids = _name_galaxies(candidates, table, naming)
    frame = _address_columns(candidates, ids, folder)
    joined = _columns_beside(candidates)
    unmatched: list[int] = []
    if table is not None:
        matched = _table_columns(table, rows)
        joined = joined[[name for name in joined.columns if name not in matched.columns]]
        joined = pd.concat([joined, matched], axis=1)
        without = sum(row is None for row in rows)
        if without:
            notes.append(f"{without:,} images have no row in the table; their columns are empty")
        unmatched = sorted(set(range(len(table.frame))) - {row for row in rows if row is not None})
    for name in FROM_HEADERS:
        if name in joined and name in frame:
            given = pd.to_numeric(joined.pop(name), errors="coerce").astype("Float64")
            frame[name] = given.fillna(frame[name].astype("Float64"))
    return pd.concat([frame, joined], axis=1), notes, unmatched


def _table_columns(table: UserTable, rows: list[int | None]) -> pd.DataFrame:
    user = table.frame.drop(columns=["galaxy_id"])
    # nullable types keep whole numbers whole where an image has no row
    nullable = dict.fromkeys(user.select_dtypes("integer").columns, "Int64")
    nullable |= dict.fromkeys(user.select_dtypes("bool").columns, "boolean")
    taken = pd.Series(rows, dtype="Int64").fillna(-1).to_numpy("int64")
    return user.astype(nullable).reindex(taken).reset_index(drop=True)


def _columns_beside(candidates: list[Candidate]) -> pd.DataFrame:
    """What stacks store beside their images, under names that do not clash with ours."""
    beside = pd.DataFrame([dict(candidate.image.columns) for candidate in candidates])
    own_ids = find_column(beside.columns, ID_ALIASES)
    beside = beside.drop(columns=[own_ids] if own_ids else [])
    found = {find_column(beside.columns, aliases): name for name, aliases in CANONICAL.items()}
    ours = {column: name for column, name in found.items() if column is not None}
    others = [name for name in beside.columns if name not in ours]
    return beside.rename(columns={**ours, **name_user_columns(others)})


def _join(
    candidates: list[Candidate], table: UserTable | None
) -> tuple[list[int | None], list[bool], list[str]]:
    """Row of each candidate, whether the row is its own (and so names it), and notes."""
    if table is None:
        return [None] * len(candidates), [False] * len(candidates), []
    finder = RowFinder(table)
    rows: list[int | None] = []
    own: list[bool] = []
    closest: dict[int, tuple[int, int]] = {}  # row: how well its image matches, which image
    for n, candidate in enumerate(candidates):
        row = None if candidate.alone else finder.find_member(candidate.relative, candidate.image.suffix)
        own.append(candidate.alone or row is not None)
        quality = 0
        if row is None:
            row, quality = finder.find_file(candidate.relative)
        if row is not None and own[n]:
            rival = closest.get(row)
            if rival is not None and rival[0] >= quality:
                row = None
            else:
                if rival is not None:
                    rows[rival[1]] = None
                closest[row] = (quality, n)
        rows.append(row)
    one_stack = len({candidate.relative for candidate in candidates}) == 1 and not candidates[0].alone
    if one_stack and not any(own) and len(table.frame) == len(candidates):
        note = "rows of the table were joined to the images of the stack in their order"
        return list(range(len(candidates))), [True] * len(candidates), [note]
    return rows, own, []


def _name_galaxies(candidates: list[Candidate], table: UserTable | None, rows: list[int | None]) -> list[str]:
    """Ids: the table's, else the one stored beside the pixels, else the file's name, made unique."""
    stems = Counter(_stem(candidate) for candidate in candidates)
    paths = Counter(_path_id(candidate) for candidate in candidates)
    table_ids = table.frame["galaxy_id"].tolist() if table is not None else []
    ids: list[str] = []
    for candidate, row in zip(candidates, rows, strict=True):
        given = table_ids[row] if row is not None else None
        columns = dict(candidate.image.columns)
        own = find_column(columns, ID_ALIASES)
        if isinstance(given, str) and given:
            ids.append(given)
        elif own is not None and isinstance(columns[own], str | int):
            ids.append(str(columns[own]).strip())
        elif stems[_stem(candidate)] == 1:
            ids.append(_stem(candidate))
        elif paths[_path_id(candidate)] == 1:
            ids.append(_path_id(candidate))
        else:
            ids.append(candidate.relative + candidate.image.suffix)
    return ids


def _stem(candidate: Candidate) -> str:
    return file_stem(Path(candidate.relative)) + candidate.image.suffix


def _path_id(candidate: Candidate) -> str:
    file = Path(candidate.relative)
    return file.with_name(file_stem(file)).as_posix() + candidate.image.suffix


def _address_columns(candidates: list[Candidate], ids: list[str], folder: Path) -> pd.DataFrame:
    images = [candidate.image for candidate in candidates]
    sources: dict[Path, str] = {image.address.path: "" for image in images}
    home = folder.resolve()
    for file in sources:
        real = file.resolve()
        sources[file] = real.relative_to(home).as_posix() if real.is_relative_to(home) else str(file)
    north = [image.north_angle_deg for image in images]
    told = any(angle is not None for angle in north)
    extra = {"north_angle_deg": pd.Series(north, dtype="float64")} if told else {}
    return pd.DataFrame(
        {
            "galaxy_id": pd.Series(ids, dtype="str"),
            "source": pd.Series([sources[image.address.path] for image in images], dtype="str"),
            "source_index": pd.Series([image.address.index for image in images], dtype="int64"),
            "hdu": pd.Series([image.address.hdu for image in images], dtype="int64"),
            "member": pd.Series([image.address.member or None for image in images], dtype="str"),
            "pixel_scale_arcsec": pd.Series([image.pixel_scale_arcsec for image in images], dtype="float64"),
            "ra": pd.Series([image.ra for image in images], dtype="float64"),
            "dec": pd.Series([image.dec for image in images], dtype="float64"),
            **extra,
        }
    )
