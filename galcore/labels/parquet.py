"""Label tables as a folder of Parquet files with a manifest, and back; dated backups."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from galcore.labels.schema import connect, migrate, read_migrations, schema_version
from galcore.types import GalcoreError
from galcore.whole_files import write_whole

# Leases are left out: in a copy nobody is at work.
TABLES = (
    "campaign_versions", "label_events", "grids", "grid_items", "campaign_galaxies", "late_events",
    "thread_events", "asked_again",
)  # fmt: skip
_FIRST_LAYOUT = {"campaign_galaxies": 3, "late_events": 3, "thread_events": 4, "asked_again": 6}
MANIFEST = "manifest.json"


def write_tables(cursor: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Copy every table, all of one moment, into a new folder."""
    folder.mkdir()
    cursor.begin()
    try:
        version = schema_version(cursor)
        for table in TABLES:
            cursor.table(table).write_parquet(str(folder / f"{table}.parquet"), compression="zstd")
    finally:
        cursor.rollback()
    note = {"schema_version": version, "written_at": datetime.now(UTC).isoformat()}
    (folder / MANIFEST).write_text(json.dumps(note), "utf-8")


def load_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Fill an empty database from :func:`write_tables`, in the layout it had, then bring it to the newest.

    Raises:
        GalcoreError: If the folder is no such copy, or was written by a newer Galcore.
    """
    version = _layout(folder)
    migrate(connection, up_to=version)
    for table in TABLES:
        if version < _FIRST_LAYOUT.get(table, 1):
            continue
        try:
            connection.execute(
                f"INSERT INTO {table} BY NAME SELECT * FROM read_parquet(?)",  # table: one of TABLES
                [str(folder / f"{table}.parquet")],
            )
        except duckdb.Error as error:
            raise GalcoreError(
                f"{folder / table}.parquet cannot be read, use another copy: {error}"
            ) from error
    migrate(connection)


def write_backup(cursor: duckdb.DuckDBPyConnection, folder: Path) -> Path:
    """Write ``labels-<date>`` into ``folder``, flushed to disk before it gets its name.

    Returns:
        The folder written; give it to :func:`restore_backup`.
    """
    return keep(folder, lambda unfinished: write_tables(cursor, unfinished))


def keep(folder: Path, write: Callable[[Path], object]) -> Path:
    """A new dated folder in ``folder``, filled by ``write`` and flushed to disk before it gets its name."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"labels-{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}"
    with write_whole(target, durable=True) as unfinished:
        write(unfinished)
    return target


def restore_backup(backup: Path, path: Path) -> None:
    """Make a label file of a backup (or of one generation of a snapshot), in the newest layout.

    Args:
        backup: Folder that :func:`write_backup` returned.
        path: File to make; must not exist.

    Raises:
        GalcoreError: If ``path`` exists, or ``backup`` is not one or was written by a newer Galcore.
    """
    if path.exists():
        raise GalcoreError(f"{path} exists: move it away first, so that no labels are overwritten.")
    _layout(backup)
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(path) as unfinished, connect(unfinished) as connection:
        load_tables(connection, backup)


def _layout(folder: Path) -> int:
    try:
        version = int(json.loads((folder / MANIFEST).read_text("utf-8"))["schema_version"])
    except (OSError, ValueError, KeyError) as error:
        raise GalcoreError(f"{folder} is not a copy of labels (no readable {MANIFEST}): {error}.") from error
    newest = read_migrations()[-1].version
    if version > newest:
        raise GalcoreError(
            f"{folder} has layout {version}, and this Galcore knows layouts up to {newest}: update Galcore."
        )
    return version
