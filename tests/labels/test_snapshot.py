"""Copies of the labels: what other processes read, and what brings them back."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from galcore.labels import LabelStore, SnapshotLabels, keep_snapshot, restore_backup
from galcore.types import Campaign, EventKind, GalcoreError, Grid, LabelEvent, Reason, ShownItem


def label(galaxy_id: str, answer: str = "yes") -> LabelEvent:
    return LabelEvent(str(uuid.uuid4()), "c1", galaxy_id, "ada", EventKind.LABEL, answer, grid_id="grid-1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(Campaign("c1", "Bärs & 'quotes'", "?", ("yes", "no")))
        opened.record_grid(Grid("grid-1", "c1", "ada", 1, (ShownItem("g1", Reason.TOP, 0.5),), "m"))
        opened.append([label("g1"), label("g2", "no")])
        yield opened


def assert_same_labels(one: LabelStore | SnapshotLabels, other: LabelStore | SnapshotLabels) -> None:
    assert one.campaigns() == other.campaigns()
    for table in ("current", "votes", "history", "people"):
        pd.testing.assert_frame_equal(getattr(one, table)("c1"), getattr(other, table)("c1"))


def test_a_snapshot_reads_like_the_store_did_when_it_was_written(store: LabelStore, tmp_path: Path) -> None:
    store.snapshot(tmp_path / "copy")
    copy = SnapshotLabels(tmp_path / "copy")
    assert_same_labels(copy, store)
    store.append([label("g3")])
    assert len(copy.current("c1")) == 2
    store.snapshot(tmp_path / "copy")
    assert len(SnapshotLabels(tmp_path / "copy").current("c1")) == 3


def test_another_process_reads_the_snapshot_while_the_store_is_open(
    store: LabelStore, tmp_path: Path
) -> None:
    store.snapshot(tmp_path / "copy")
    code = (
        "import sys; from pathlib import Path; from galcore.labels import SnapshotLabels;"
        "print(len(SnapshotLabels(Path(sys.argv[1])).current('c1')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "copy")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "2"


def test_a_folder_without_a_snapshot_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match="no snapshot"):
        SnapshotLabels(tmp_path)


def test_old_generations_are_cleared_away(store: LabelStore, tmp_path: Path) -> None:
    for _ in range(6):
        store.snapshot(tmp_path / "copy")
    assert len([path for path in (tmp_path / "copy").iterdir() if path.is_dir()]) == 3


def test_the_snapshot_follows_the_commits_by_itself(store: LabelStore, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    store.auto_snapshot(folder, every_s=0.05)
    store.append([label("g3")])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if (folder / "current.json").exists() and len(SnapshotLabels(folder).current("c1")) == 3:
            break
        time.sleep(0.02)
    else:
        pytest.fail("the snapshot never held the third label")
    store.append([label("g4")])
    store.close()
    assert len(SnapshotLabels(folder).current("c1")) == 4


def test_a_snapshot_that_cannot_be_written_does_not_stop_labels(store: LabelStore, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    store.auto_snapshot(tmp_path / "taken", every_s=0.01)
    assert store.append([label("g3")]) == 1
    time.sleep(0.05)
    assert store.append([label("g4")]) == 1
    store.close()


def test_a_backup_brings_everything_back(store: LabelStore, tmp_path: Path) -> None:
    backup = store.backup(tmp_path / "backups")
    assert backup.parent == tmp_path / "backups"
    restored = tmp_path / "elsewhere" / "labels.duckdb"
    restore_backup(backup, restored)
    with LabelStore.open(restored) as other:
        assert_same_labels(other, store)
        assert other.grids("c1", "ada") == store.grids("c1", "ada")
        stored_before = store.history("c1").event_id.iloc[0]
        again = LabelEvent(stored_before, "c1", "g1", "ada", EventKind.LABEL, "yes")
        assert other.append([again]) == 0
        assert other.append([label("g9")]) == 1


def test_a_backup_never_overwrites_labels(store: LabelStore, tmp_path: Path) -> None:
    backup = store.backup(tmp_path / "backups")
    with pytest.raises(GalcoreError, match="move it away"):
        restore_backup(backup, store.path)
    with pytest.raises(GalcoreError, match="not a copy of labels"):
        restore_backup(tmp_path, tmp_path / "new.duckdb")
    assert not (tmp_path / "new.duckdb").exists()


def test_a_damaged_backup_leaves_nothing_half_restored(store: LabelStore, tmp_path: Path) -> None:
    backup = store.backup(tmp_path / "backups")
    events = backup / "label_events.parquet"
    events.write_bytes(events.read_bytes()[:100])
    with pytest.raises(GalcoreError, match="label_events"):
        restore_backup(backup, tmp_path / "new.duckdb")
    assert not (tmp_path / "new.duckdb").exists()


def test_a_snapshot_can_be_kept_as_a_backup_while_the_store_is_open(
    store: LabelStore, tmp_path: Path
) -> None:
    store.snapshot(tmp_path / "copy")
    backup = keep_snapshot(tmp_path / "copy", tmp_path / "backups")
    restore_backup(backup, tmp_path / "restored.duckdb")
    with LabelStore.open(tmp_path / "restored.duckdb") as other:
        assert_same_labels(other, store)
