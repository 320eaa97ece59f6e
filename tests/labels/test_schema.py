"""Layouts of the label file: old ones are brought up, newer ones are refused in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from galcore.labels import LabelStore, restore_backup
from galcore.labels.parquet import MANIFEST, TABLES
from galcore.labels.records import EVENT_COLUMNS, campaign_to_json
from galcore.labels.schema import MIGRATIONS_DIR, migrate, read_migrations, schema_version
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent

CAMPAIGN = Campaign("c1", "Spirals", "?", ("spiral", "other"))


def write_old_layout(path: Path, n_events: int, *, layout: int = 1) -> None:
    """A label file as an older layout left it, with rows in every table."""
    with duckdb.connect(str(path)) as connection:
        migrate(connection, up_to=layout)
        now = "2026-01-02 03:04:05"
        connection.execute(
            "INSERT INTO campaign_versions VALUES ('c1', 1, 'Spirals', ?, ?)",
            [campaign_to_json(CAMPAIGN), now],
        )
        connection.execute(
            """
            INSERT INTO label_events
            SELECT i, 'e' || i, 'c1', 1, 'g' || i, 'ada', 'label', 'spiral', true, 'top', 0.5, 'm', 'grid', 1,
                   '', '', '', ?::TIMESTAMP FROM range(1, ? + 1) numbers(i)
            """,
            [now, n_events],
        )
        connection.execute("INSERT INTO grids VALUES (99, 'grid', 'c1', 'ada', 1, 'm', ?)", [now])
        connection.execute("INSERT INTO grid_items VALUES ('grid', 0, 'g1', 'top', 0.5)")


@pytest.mark.parametrize("layout", [1, 2])
def test_a_file_of_an_older_layout_keeps_every_row(tmp_path: Path, layout: int) -> None:
    path = tmp_path / "labels.duckdb"
    write_old_layout(path, 500, layout=layout)
    with LabelStore.open(path) as store:
        assert store.campaigns() == (CAMPAIGN,)
        assert store.history("c1").event_id.tolist() == [f"e{i}" for i in range(1, 501)]
        assert (store.current("c1").answer == "spiral").all()
        (grid,) = store.grids("c1", "ada", submitted=True)
        assert grid.answers == {"g1": "spiral"}
        assert (store.current("c1").question == "").all()
        assert store.append([LabelEvent("new", "c1", "g1", "bob", EventKind.LABEL, "other")]) == 1


def test_a_backup_of_an_older_layout_is_restored_into_the_newest(tmp_path: Path) -> None:
    write_old_layout(tmp_path / "old.duckdb", 20, layout=2)
    copy = tmp_path / "copy"
    copy.mkdir()
    with duckdb.connect(str(tmp_path / "old.duckdb")) as connection:
        for table in ("campaign_versions", "label_events", "grids", "grid_items"):
            connection.table(table).write_parquet(str(copy / f"{table}.parquet"))
    (copy / MANIFEST).write_text(json.dumps({"schema_version": 2}), "utf-8")
    restore_backup(copy, tmp_path / "labels.duckdb")
    with LabelStore.open(tmp_path / "labels.duckdb") as store:
        assert len(store.current("c1")) == 20


def test_opening_again_applies_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "labels.duckdb"
    LabelStore.open(path).close()
    LabelStore.open(path).close()
    with duckdb.connect(str(path)) as connection:
        applied = connection.execute("SELECT version FROM schema_migrations ORDER BY version").fetchall()
    assert applied == [(migration.version,) for migration in read_migrations()]


def test_a_file_of_a_newer_galcore_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "labels.duckdb"
    LabelStore.open(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (999, '0999_future', now())")
    with pytest.raises(GalcoreError, match="newer version"):
        LabelStore.open(path)
    with duckdb.connect(str(path)) as connection:
        assert schema_version(connection) == 999


def test_a_migration_that_fails_leaves_the_layout_before_it(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS_DIR, folder)
    newest = read_migrations()[-1].version
    (folder / f"{newest + 1:04d}_broken.sql").write_text("CREATE TABLE half (a INTEGER); SELECT nonsense;")
    with duckdb.connect(str(tmp_path / "labels.duckdb")) as connection:
        with pytest.raises(duckdb.Error, match="nonsense"):
            migrate(connection, folder=folder)
        assert schema_version(connection) == newest
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    assert "half" not in tables
    assert set(TABLES) <= tables


def test_a_file_that_is_no_label_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "labels.duckdb"
    path.write_bytes(b"SIMPLE  = T" * 1000)
    with pytest.raises(GalcoreError, match=r"labels\.duckdb cannot be opened"):
        LabelStore.open(path)


def test_events_are_written_in_the_order_of_the_table_columns(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "labels.duckdb")) as connection:
        migrate(connection)
        columns = connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'label_events' "
            "ORDER BY column_index"
        ).fetchall()
    assert tuple(columns) == EVENT_COLUMNS
