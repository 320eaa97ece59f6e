"""Files and folders that appear whole: a reader or a kill meets the old one or the new one, never a part."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_numbers = itertools.count()


@contextmanager
def write_whole(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Write a file or a folder under a temporary name beside ``path``; it gets its own name at the end.

    When the block raises, what it wrote is removed and what was at ``path`` stays. A folder can only take a
    name that is free.

    Args:
        path: The file or folder; the folder it is in must be there.
        durable: Flush to disk before the rename, so that it also outlives a power cut.

    Yields:
        The temporary path: hidden, with the suffix ``.part``, of this process and this call alone.

    Raises:
        OSError: If it cannot be written or renamed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with write_whole(Path(folder) / "note.txt") as unfinished:
        ...         _ = unfinished.write_text("seen")
        ...     [file.name for file in Path(folder).iterdir()]
        ['note.txt']
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}.part")
    _remove(unfinished)  # of a process of the same number that was killed
    try:
        yield unfinished
        if durable:
            _flush(unfinished)
        unfinished.replace(path)
        if durable:
            _flush_folder(path.parent)
    finally:
        _remove(unfinished)


def write_json(path: Path, content: object, *, indent: int | None = 1) -> None:
    """Write a JSON file whole, text as it is.

    Raises:
        OSError: If it cannot be written.
        TypeError: If ``content`` has no JSON; the file stays as it was.
    """
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    with write_whole(path) as unfinished:
        unfinished.write_text(text + "\n", encoding="utf-8")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    for file in path.rglob("*") if path.is_dir() else (path,):
        if file.is_file():
            with file.open("rb+") as stream:
                os.fsync(stream.fileno())


def _flush_folder(folder: Path) -> None:
    """Flush the names in a folder, where the system can (Windows cannot)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
