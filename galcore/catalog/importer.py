"""Bringing images into the catalogue of a workspace: folders, single files, stacks, with or without a table.

Nothing is copied: the catalogue points at the files. What cannot be used is named and left out; the rest
goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from galcore.catalog.columns import CATALOG_COLUMNS
from galcore.catalog.fields import import_field
from galcore.catalog.joining import UserTable, prepare_table
from galcore.catalog.merging import merge_catalog
from galcore.catalog.report import ImportReport
from galcore.catalog.rows import Candidate, make_rows
from galcore.catalog.scan import Scan, scan_path
from galcore.catalog.store import locked_catalog, read_catalog, write_catalog
from galcore.catalog.tables import read_table
from galcore.images.image import FoundImage
from galcore.images.readers import find_images
from galcore.types import CancelCheck, GalcoreError, LeftOut, Progress, ProgressCallback

__all__ = ["ImportReport", "import_field", "import_path"]

THREADS = min(8, (os.cpu_count() or 1) + 1)
CHUNK = 64
FIELD_SIDE_PX = 1500
TABLE_ENDINGS = (".csv", ".tsv", ".parquet", ".ecsv")


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
    frame, notes, unmatched = make_rows(candidates, user_table, folder)
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


def _without_path(problem: str, file: Path) -> str:
    return problem.removeprefix(f"{file}: ")


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
