"""A Parquet copy of the labels that other processes read while one process holds the label file.

A snapshot folder holds one folder of Parquet files per generation and ``current.json``, which names the
newest; only that small file is replaced, in one step, so a reader never meets half a copy.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from galcore.labels.parquet import keep, load_tables, write_tables
from galcore.labels.reader import LabelReader
from galcore.types import GalcoreError
from galcore.whole_files import write_json

GENERATIONS_KEPT = 3  # a reader that was slow to open an older one still finds it
CURRENT = "current.json"
REST = 20  # rests so many times as long as a copy took: copying never takes more than 5 % of a core

_log = logging.getLogger(__name__)


def write_snapshot(cursor: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write a new generation and make it the current one.

    Args:
        cursor: A cursor of its own; the copy is of one moment.
        folder: Snapshot folder, created if absent; the folder it is in must be there.
    """
    folder.mkdir(exist_ok=True)  # not its parents: a workspace that was deleted stays deleted
    generation = f"{time.time_ns():020d}"
    write_tables(cursor, folder / generation)
    write_json(folder / CURRENT, {"generation": generation})
    others = sorted(path for path in folder.iterdir() if path.is_dir() and path.name != generation)
    for old in others[: -(GENERATIONS_KEPT - 1)]:
        shutil.rmtree(old, ignore_errors=True)


def keep_snapshot(snapshot: Path, folder: Path) -> Path:
    """Keep the newest snapshot as a backup in ``folder``: works while another process holds the labels.

    Returns:
        The folder written; give it to ``restore_backup``.

    Raises:
        GalcoreError: If there is no snapshot.
    """
    generation = current_generation(snapshot)
    return keep(folder, lambda unfinished: shutil.copytree(generation, unfinished))


class SnapshotLabels(LabelReader):
    """The labels as they were when the snapshot was written, read-only, for any process.

    Args:
        folder: Folder given to ``LabelStore.snapshot``.

    Raises:
        GalcoreError: If there is no snapshot, or it was written by a newer Galcore.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        connection = duckdb.connect(":memory:")
        load_tables(connection, current_generation(self.folder))
        door = threading.Lock()

        @contextmanager
        def reading() -> Iterator[duckdb.DuckDBPyConnection]:
            with door:
                cursor = connection.cursor()
            with cursor:
                yield cursor

        super().__init__(reading, _NoChanges())


class _NoChanges:
    campaigns_changed = 0

    def last_seq(self, campaign_id: str) -> int:
        return 0


class Snapshotter:
    """Runs ``write`` on its own thread after :meth:`notify`; notices that come meanwhile make one more."""

    def __init__(self, write: Callable[[], None], *, every_s: float) -> None:
        self._write = write
        self._every_s = every_s
        self._door = threading.Condition()
        self._dirty = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="galcore-label-snapshot", daemon=True)
        self._thread.start()

    def notify(self) -> None:
        """Say that something changed; returns at once."""
        with self._door:
            self._dirty = True
            self._door.notify()

    def close(self) -> None:
        """Write once more if something changed since the last run, and stop."""
        with self._door:
            self._stopping = True
            self._door.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._door:
                self._door.wait_for(lambda: self._dirty or self._stopping)
                if not self._dirty:
                    return
                self._dirty = False
            started = time.perf_counter()
            written = self._try_write()
            rest_s = max(self._every_s, REST * (time.perf_counter() - started))
            with self._door:
                stopping = self._door.wait_for(lambda: self._stopping, timeout=rest_s)
                if stopping and not written:
                    return
                self._dirty |= not written

    def _try_write(self) -> bool:
        try:
            self._write()
        except (OSError, duckdb.Error, GalcoreError) as error:
            _log.warning("The label snapshot was not refreshed; the labels themselves are stored. %s", error)
            return False
        return True


def current_generation(folder: Path) -> Path:
    """Folder of the newest copy in a snapshot folder.

    Raises:
        GalcoreError: If there is none.
    """
    try:
        return folder / str(json.loads((folder / CURRENT).read_text("utf-8"))["generation"])
    except (OSError, ValueError, KeyError) as error:
        raise GalcoreError(
            f"{folder} has no snapshot of labels yet: open the workspace in Galcore once, or label something."
        ) from error
