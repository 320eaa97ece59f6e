"""Bringing images into the catalogue of a workspace: folders, single files, stacks, with or without a table.

Nothing is copied: the catalogue points at the files. What cannot be used is named and left out; the rest
goes on.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from galcore.catalog.columns import CATALOG_COLUMNS, ID_ALIASES, find_column
from galcore.catalog.fields import import_field
from galcore.catalog.joining import RowFinder, UserTable, prepare_table
from galcore.catalog.merging import merge_catalog
from galcore.catalog.report import ImportReport
from galcore.catalog.scan import Scan, scan_path
from galcore.catalog.store import locked_catalog, read_catalog, write_catalog
from galcore.catalog.tables import read_table
from galcore.images.image import FoundImage
from galcore.images.readers import file_stem, find_images
from galcore.types import CancelCheck, GalcoreError, LeftOut, Progress, ProgressCallback

__all__ = ["ImportReport", "import_field", "import_path"]

THREADS = min(8, (os.cpu_count() or 1) + 1)
CHUNK = 64
FIELD_SIDE_PX = 1500
TABLE_ENDINGS = (".csv", ".tsv", ".parquet", ".ecsv")


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


def import_path(
    path: Path,
    folder: Path,
    *,
    table: Path | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> ImportReport:
    """Add the images under ``path`` to the catalogue of the workspace in ``folder``.

    Args:
        path: A folder (looked through to the bottom), one picture, FITS file or stack.
        folder: The workspace; made when absent.
        table: CSV, Parquet, FITS or ECSV with a column of ids or file names; every column is kept.
        progress: Called with the files done so far.
        cancel: When it says true, what was found so far is not written.

    Returns:
        What came in, and by name what did not.

    Raises:
        GalcoreError: If the path or table does not exist or is of no known kind, or nothing can be written.
    """
    path = path.absolute()
    user_table = prepare_table(read_table(table), table.name) if table is not None else None
    inside = path.resolve().is_relative_to(folder.resolve())
    scan = scan_path(path, without=None if inside else folder, table=table)
    candidates = _look_into_files(scan, path, progress, cancel)
    if cancel is not None and cancel():
        raise GalcoreError(f"import of {path} was cancelled; nothing was added")
    if not candidates:
        raise GalcoreError(_nothing_found(path, scan))
    frame, notes, unmatched = _make_rows(candidates, user_table, folder)
    left_out = [*scan.left_out, *(user_table.left_out if user_table else ())]
    if user_table is not None and table is not None:
        left_out += _rows_without_image(user_table, unmatched, table.name, scan.left_out)
    notes += _advice(candidates, scan, path, table)
    with locked_catalog(folder):
        merged = merge_catalog(read_catalog(folder), frame)
        write_catalog(merged.catalog, folder)
    if user_table is not None:
        notes += [f"column {old} is called {new} in the catalogue" for old, new in user_table.renamed]
    return ImportReport(
        n_imported=merged.n_added,
        n_total=len(merged.catalog),
        left_out=(*left_out, *merged.left_out),
        columns=tuple(name for name in merged.catalog.columns if name not in CATALOG_COLUMNS),
        n_known=merged.n_known,
        ignored=tuple(scan.ignored),
        notes=tuple(notes),
    )


def _advice(candidates: list[Candidate], scan: Scan, path: Path, table: Path | None) -> list[str]:
    """What a newcomer may have meant instead."""
    advice = []
    wide = [item for item in candidates if item.image.longer_side_px >= FIELD_SIDE_PX]
    if wide:
        first, side = wide[0].relative, wide[0].image.longer_side_px
        advice.append(
            f"{len(wide):,} images are as wide as fields ({first}: {side:,} pixels); "
            "`detect` finds the galaxies in a field"
        )
    beside = [Path(item.source) for item in scan.ignored if item.source.lower().endswith(TABLE_ENDINGS)]
    tables = [file for file in beside if file.parent == path]
    if table is None and len(tables) == 1:
        advice.append(f"{tables[0].name} lies beside the images; give it with --table to keep its columns")
    return advice


def _nothing_found(path: Path, scan: Scan) -> str:
    reasons = "; ".join(f"{item.source}: {item.reason}" for item in scan.left_out[:5])
    more = f"; and {len(scan.left_out) - 5} more" if len(scan.left_out) > 5 else ""
    return f"{path}: no image could be imported" + (f" ({reasons}{more})" if reasons else "")


def _look_into_files(
    scan: Scan, root: Path, progress: ProgressCallback | None, cancel: CancelCheck | None
) -> list[Candidate]:
    base = root if root.is_dir() else root.parent
    candidates: list[Candidate] = []
    done = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for chunk in _chunks(scan.files):
            if cancel is not None and cancel():
                break
            for file, result in zip(chunk, pool.map(_look_into, chunk), strict=True):
                images, problems = result
                scan.left_out.extend(LeftOut(str(file), _without_path(problem, file)) for problem in problems)
                relative = file.relative_to(base).as_posix()
                candidates.extend(Candidate(image, relative, len(images) == 1) for image in images)
            done += len(chunk)
            if progress is not None:
                progress(Progress("import", done, len(scan.files), f"{len(candidates)} images"))
    return candidates


def _chunks(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    for start in range(0, len(files), CHUNK):
        yield files[start : start + CHUNK]


def _look_into(file: Path) -> tuple[tuple[FoundImage, ...], tuple[str, ...]]:
    try:
        return find_images(file)
    except GalcoreError as error:
        return (), (str(error),)
    except OSError as error:
        return (), (f"cannot be read ({error.strerror or error})",)
    except Exception as error:  # a hostile file may break a reader anywhere; it must not end the import
        return (), (f"cannot be understood ({type(error).__name__}: {error})",)


def _without_path(problem: str, file: Path) -> str:
    return problem.removeprefix(f"{file}: ")


def _make_rows(
    candidates: list[Candidate], table: UserTable | None, folder: Path
) -> tuple[pd.DataFrame, list[str], list[int]]:
    """Rows of the catalogue, notes for the report, and the table's rows that found no image."""
    rows, own, notes = _join(candidates, table)
    ids = _name_galaxies(
        candidates, table, [row if mine else None for row, mine in zip(rows, own, strict=True)]
    )
    frame = _address_columns(candidates, ids, folder)
    beside = pd.DataFrame([dict(candidate.image.columns) for candidate in candidates])
    own_ids = find_column(beside.columns, ID_ALIASES)
    beside = beside.drop(columns=[own_ids] if own_ids else [])
    joined = beside.reset_index(drop=True)
    if table is not None:
        user = table.frame.drop(columns=["galaxy_id"])
        taken = pd.Series(rows, dtype="Int64")
        # a nullable index keeps whole numbers whole where an image has no row
        nullable = dict.fromkeys(user.select_dtypes("integer").columns, "Int64")
        nullable |= dict.fromkeys(user.select_dtypes("bool").columns, "boolean")
        matched = user.astype(nullable).reindex(taken.fillna(-1).to_numpy("int64"))
        joined = joined[[name for name in joined.columns if name not in matched.columns]]
        joined = pd.concat([joined, matched.reset_index(drop=True)], axis=1)
        without = sum(row is None for row in rows)
        if without:
            notes.append(f"{without:,} images have no row in the table; their columns are empty")
    for name in ("ra", "dec", "pixel_scale_arcsec", "north_angle_deg"):
        if name in joined and name in frame:
            frame[name] = joined.pop(name).astype("Float64").fillna(frame[name].astype("Float64"))
    used = {row for row in rows if row is not None}
    unmatched = [n for n in range(len(table.frame)) if n not in used] if table is not None else []
    return pd.concat([frame, joined], axis=1), notes, unmatched


def _join(
    candidates: list[Candidate], table: UserTable | None
) -> tuple[list[int | None], list[bool], list[str]]:
    """Row of each candidate, whether the row is its own (and so names it), and notes."""
    if table is None:
        return [None] * len(candidates), [False] * len(candidates), []
    finder = RowFinder(table)
    rows: list[int | None] = []
    own: list[bool] = []
    taken: set[int] = set()
    for candidate in candidates:
        row = None
        if not candidate.alone:
            row = finder.find_member(candidate.relative, candidate.image.suffix)
        own.append(candidate.alone or row is not None)
        if row is None:
            row = finder.find_file(candidate.relative)
        if row is not None and own[-1]:
            row = None if row in taken else row
            taken.add(-1 if row is None else row)
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


def _rows_without_image(
    table: UserTable, rows: list[int], table_name: str, files_left_out: Sequence[LeftOut]
) -> list[LeftOut]:
    """Rows that found no image; not those whose file was left out, which is named already."""
    named = {Path(item.source).name for item in files_left_out}
    ids = table.frame["galaxy_id"].tolist()
    left_out = []
    for row in rows:
        file = table.files[row]
        if file is None or Path(file).name not in named:
            left_out.append(
                LeftOut(str(file or ids[row]), f"row {row + 1} of {table_name} has no image here")
            )
    return left_out
