"""The server keeps dated copies of labels that changed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from galcore.labels import LabelStore, restore_backup
from galcore.labels.backups import kept_backups, prune_backups
from galcore.types import Campaign, EventKind, LabelEvent
from galcore.web.backups import ScheduledBackups
from galcore.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path):
    made = Workspace.create(tmp_path / "sky", title="Sky")
    made.labels.create_campaign(Campaign("c1", "Spirals", "?", ("yes", "no")))
    yield made
    made.close()


def names(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.files.label_backups).glob("labels-*"))


def test_labels_are_backed_up_when_they_changed_and_only_then(workspace, tmp_path):
    backups = ScheduledBackups(lambda: (workspace,), every_s=60)
    assert backups.back_up() == 1 and backups.back_up() == 0
    workspace.labels.append([LabelEvent("e1", "c1", "g1", "ada", EventKind.LABEL, "yes")])
    assert backups.back_up() == 1 and len(names(workspace)) == 2
    newest = workspace.files.label_backups / names(workspace)[-1]
    restore_backup(newest, tmp_path / "labels.duckdb")
    with LabelStore.open(tmp_path / "labels.duckdb") as labels:
        assert labels.history("c1")["event_id"].tolist() == ["e1"]


def test_a_workspace_whose_labels_nobody_opened_is_left_alone(tmp_path):
    untouched = Workspace.create(tmp_path / "sky", title="Sky")
    assert ScheduledBackups(lambda: (untouched,), every_s=60).back_up() == 0
    assert not untouched.labels_are_open


def test_the_thread_backs_up_by_itself_and_once_more_at_the_end(workspace):
    backups = ScheduledBackups(lambda: (workspace,), every_s=0.05)
    backups.start()
    deadline = time.monotonic() + 20
    while not names(workspace) and time.monotonic() < deadline:
        time.sleep(0.02)
    workspace.labels.append([LabelEvent("e1", "c1", "g1", "ada", EventKind.LABEL, "yes")])
    backups.close()
    assert len(names(workspace)) >= 2


def test_backups_can_be_switched_off(workspace):
    backups = ScheduledBackups(lambda: (workspace,), every_s=0)
    backups.start()
    backups.close()
    assert names(workspace) == []


def test_a_disk_that_refuses_costs_a_backup_and_nothing_else(workspace, caplog):
    (workspace.folder / "backups").write_text("a file where the folder should be")
    backups = ScheduledBackups(lambda: (workspace,), every_s=60)
    assert backups.back_up() == 0
    assert "not backed up" in caplog.text


def test_the_newest_and_the_last_of_each_day_are_kept(tmp_path):
    made = [f"labels-2026-01-{day:02}T{hour:02}0000.000000Z" for day in range(1, 31) for hour in range(24)]
    kept = kept_backups(made)
    assert len(kept) == 12 + 13 and made[-1] in kept and made[0] not in kept
    for name in [*made[:48], "mine", "labels-old"]:
        (tmp_path / name).mkdir()
    assert prune_backups(tmp_path) == 48 - 13
    assert (tmp_path / "mine").is_dir() and (tmp_path / "labels-old").is_dir()
