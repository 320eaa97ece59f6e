"""The DuckDB file of a label store: open once per process, a cursor for each read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from galcore.labels.schema import connect, migrate, why_not_open
from galcore.types import GalcoreError

_open_paths: set[Path] = set()
_open_paths_door = threading.Lock()


class LabelFile:
    """An open label file in the newest layout; every method is thread-safe.

    Attributes:
        path: The file.
        connection: Only to make cursors from, and to read before other threads know of the file.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            GalcoreError: If it is open already (here or in another process), is not a label file, or was
                written by a newer Galcore.
        """
        self.path = Path(path).resolve()
        self._door = threading.Lock()
        self._closed = False
        with _open_paths_door:
            if self.path in _open_paths:
                raise GalcoreError(f"{self.path} is open already in this process: use that LabelStore.")
            _open_paths.add(self.path)
        try:
            self.connection = _connect(self.path)
        except BaseException:
            _give_up(self.path)
            raise

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one read: a connection shared by threads raises, a cursor of one's own does not."""
        with self._door:
            if self._closed:
                raise GalcoreError(f"The label store {self.path} is closed: open the workspace again.")
            cursor = self.connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def close(self) -> None:
        """Release the file; calling it again does nothing."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self.connection.close()
        _give_up(self.path)


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = connect(path)
    except duckdb.Error as error:
        raise GalcoreError(why_not_open(path, str(error))) from error
    try:
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _give_up(path: Path) -> None:
    with _open_paths_door:
        _open_paths.discard(path)
