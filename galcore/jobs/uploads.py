"""Files that come through the browser: kept inside the workspace, under names that can do no harm."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from galcore.types import GalcoreError

UPLOADS_FOLDER = "uploads"
LONGEST_NAME = 150


def new_upload_folder(workspace_folder: Path) -> Path:
    """A fresh folder for the files of one upload."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    folder = workspace_folder / UPLOADS_FOLDER / f"{moment}-{secrets.token_hex(2)}"
    folder.mkdir(parents=True)
    return folder


def save_files(folder: Path, files: Iterable[tuple[str, BinaryIO]]) -> tuple[Path, ...]:
    """Write uploaded files into ``folder`` and return their paths.

    Args:
        folder: Made if absent.
        files: Name as the browser gives it, and content.

    Raises:
        GalcoreError: If the disk does not take them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in files:
        path = _free_path(folder / safe_name(name))
        try:
            with path.open("xb") as file:
                shutil.copyfileobj(content, file)
        except OSError as error:
            raise GalcoreError(
                f"{name}: could not be stored ({error}); free some disk, or choose fewer"
            ) from error
        written.append(path)
    return tuple(written)


def safe_name(name: str) -> str:
    r"""The last part of a name, reduced to letters, digits and ``._-+``; keeps the suffix.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\sky\\M 51 (r).fits"), safe_name("...")
    ('passwd', 'M_51_r_.fits', 'file')
    """
    last = re.split(r"[\\/]", name)[-1]
    cleaned = re.sub(r"[^\w.+-]+", "_", last).lstrip(".")
    stem, dot, suffix = cleaned.rpartition(".")
    if len(cleaned) > LONGEST_NAME and dot:
        cleaned = stem[: LONGEST_NAME - len(suffix) - 1] + dot + suffix
    return cleaned[-LONGEST_NAME:] or "file"


def _free_path(path: Path) -> Path:
    number = 1
    candidate = path
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return candidate
