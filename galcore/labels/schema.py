"""Numbered changes of the database layout, applied in order and written down in the file they changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from galcore.types import GalcoreError

MIGRATIONS_DIR = Path(__file__).parent / "migrations"
# Readable by DuckDB 1.4 (its long-term release) and later, so that people can look into the file themselves.
STORAGE_VERSION = "v1.4.0"

_CREATE_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file ``NNNN_name.sql``."""

    version: int
    name: str
    sql: str


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """Open or create a database file in the storage format of :data:`STORAGE_VERSION`.

    One thread a query: on a busy machine a query of 200,000 events that two threads shared took three times
    as long (250 instead of 80 ms), and people's queries run beside one another anyway.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "storage_compatibility_version": STORAGE_VERSION,
        "threads": 1,
    }
    return duckdb.connect(str(path), config=config)


def read_migrations(folder: Path = MIGRATIONS_DIR) -> tuple[Migration, ...]:
    """Migrations of a folder in the order in which they apply.

    >>> [migration.version for migration in read_migrations()][:2]
    [1, 2]
    """
    files = sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    return tuple(Migration(int(file.stem[:4]), file.stem, file.read_text("utf-8")) for file in files)


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of the last migration the database has had."""
    (row,) = connection.execute("SELECT coalesce(max(version), 0) FROM schema_migrations").fetchall()
    return int(row[0])


def migrate(
    connection: duckdb.DuckDBPyConnection, *, folder: Path = MIGRATIONS_DIR, up_to: int | None = None
) -> int:
    """Bring a database to the newest layout; each migration is one transaction.

    Args:
        connection: Open connection that may write.
        folder: Where the SQL files are.
        up_to: Last migration to apply, to make a database of an older layout; all of them if ``None``.

    Returns:
        The version the database has now.

    Raises:
        GalcoreError: If the database was written by a newer Galcore than this one.
    """
    migrations = read_migrations(folder)
    newest = migrations[-1].version if migrations else 0
    connection.execute(_CREATE_RECORD)
    present = schema_version(connection)
    if present > newest:
        raise GalcoreError(
            f"The label file has layout {present}, and this Galcore knows layouts up to {newest}: "
            "it was written by a newer version. Update Galcore (git pull, make demo) and open it again."
        )
    for migration in migrations:
        if present < migration.version <= (newest if up_to is None else up_to):
            _apply(connection, migration)
            present = migration.version
    return present


def _apply(connection: duckdb.DuckDBPyConnection, migration: Migration) -> None:
    connection.begin()
    try:
        connection.execute(migration.sql)
        connection.execute(
            "INSERT INTO schema_migrations VALUES (?, ?, now() AT TIME ZONE 'UTC')",
            [migration.version, migration.name],
        )
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def why_not_open(path: Path, message: str) -> str:
    """What to do about a label file that DuckDB does not open, by DuckDB's message."""
    if "lock" in message:
        holder = re.search(r"PID (\d+)", message)
        who = f"process {holder.group(1)}" if holder else "another process"
        return (
            f"{path} is in use by {who}: labels can be opened by one Galcore at a time. Stop that one, "
            "or read the copy in labels.snapshot."
        )
    return (
        f"{path} cannot be opened as a label file: {message}. "
        "`python -m galcore labels check WORKSPACE --quarantine` moves it aside; then "
        "`python -m galcore labels restore BACKUP WORKSPACE`."
    )
