"""Looking through a folder: which files may hold images, which do not, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from galcore.images.readers import file_kind
from galcore.types import GalcoreError, LeftOut


@dataclass(slots=True)
class Scan:
    """What lies in a folder.

    Attributes:
        files: Files that may hold images, sorted by path.
        left_out: Image files that cannot be used, and why.
        ignored: Files that are no images (read-me files, tables, scripts).
    """

    files: list[Path] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    ignored: list[LeftOut] = field(default_factory=list)


def scan_path(path: Path, *, without: Path | None = None, table: Path | None = None) -> Scan:
    """Files under a path (or the path itself), a linked folder visited once.

    Args:
        path: Folder or file to look through.
        without: Folder to pass by (the workspace, when it lies inside ``path``).
        table: Table given beside the images; not an image.

    Raises:
        GalcoreError: If the path does not exist, or is an archive.
    """
    if not path.exists():
        raise GalcoreError(f"{path}: no such file or folder")
    if path.is_file():
        if file_kind(path) == "archive":
            raise GalcoreError(f"{path}: an archive; unpack it and import the folder")
        return Scan(files=[path])
    scan = Scan()
    seen = {path.resolve()}
    # os.walk leaves a folder it may not list silently; onerror makes it speak
    walk = os.walk(path, followlinks=True, onerror=lambda error: _note_unreadable(scan, error))
    for folder, folders, names in walk:
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _enter(here / name, seen, without, scan))
        for name in sorted(names):
            file = here / name
            if table is None or not file.samefile(table) if file.exists() else True:
                _sort_file(file, scan)
    return scan


def _note_unreadable(scan: Scan, error: OSError) -> None:
    scan.left_out.append(LeftOut(str(error.filename), f"folder cannot be listed ({error.strerror})"))


def _enter(folder: Path, seen: set[Path], without: Path | None, scan: Scan) -> bool:
    if folder.name.startswith(".") or folder.name == "__MACOSX":
        scan.ignored.append(LeftOut(str(folder), "hidden folder"))
        return False
    real = folder.resolve()
    if without is not None and real == without.resolve():
        return False
    if real in seen:
        scan.left_out.append(LeftOut(str(folder), "a link to a folder that was already looked through"))
        return False
    seen.add(real)
    return True


def _sort_file(file: Path, scan: Scan) -> None:
    kind = file_kind(file)
    if file.name.startswith("."):
        (scan.left_out if kind else scan.ignored).append(LeftOut(str(file), "hidden file"))
    elif kind == "":
        scan.ignored.append(LeftOut(str(file), "not a picture, FITS, HDF5, NPY or NPZ file"))
    elif kind == "archive":
        scan.left_out.append(LeftOut(str(file), "an archive; unpack it and import the folder"))
    elif not file.is_file():
        scan.left_out.append(LeftOut(str(file), "not a file, or a link that leads nowhere"))
    elif file.stat().st_size == 0:
        scan.left_out.append(LeftOut(str(file), "the file is empty (0 bytes)"))
    else:
        scan.files.append(file)
