"""Labels kept and brought back from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent
from galcore.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "sky", title="Sky")
    made.labels.create_campaign(Campaign("c1", "Spirals", "?", ("yes", "no")))
    made.labels.append([LabelEvent("e1", "c1", "g1", "ada", EventKind.LABEL, "yes")])
    return made


def invoke(*arguments: object) -> str:
    done = CliRunner().invoke(build_app(), [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_labels_backed_up_on_one_disk_are_restored_on_another(workspace: Workspace, tmp_path: Path) -> None:
    before = workspace.labels.history("c1")
    workspace.labels.close()
    told = json.loads(invoke("labels", "backup", workspace.folder, "--out", tmp_path / "kept", "--json"))
    other = Workspace.create(tmp_path / "other", title="Other")
    invoke("labels", "restore", told["backup"], other.folder)
    pd.testing.assert_frame_equal(Workspace.open(other.folder).labels.history("c1"), before)
    with pytest.raises(GalcoreError, match="move it away"):
        invoke("labels", "restore", told["backup"], other.folder)


def test_restoring_over_labels_moves_the_old_file_aside(workspace: Workspace, tmp_path: Path) -> None:
    backup = workspace.labels.backup(tmp_path / "kept")
    workspace.labels.append([LabelEvent("e2", "c1", "g2", "ada", EventKind.LABEL, "no")])
    workspace.close()
    said = invoke("labels", "restore", backup, workspace.folder, "--replace")
    assert "labels.duckdb.replaced-" in said
    with Workspace.open(workspace.folder).labels as labels:
        assert labels.history("c1")["event_id"].tolist() == ["e1"]
    assert len(list(workspace.folder.glob("labels.duckdb.replaced-*"))) >= 1


def test_names_of_the_commands_before_the_group_still_work(workspace: Workspace, tmp_path: Path) -> None:
    workspace.close()
    assert json.loads(invoke("backup", workspace.folder, "--out", tmp_path / "kept", "--json"))["backup"]


def test_healthy_labels_are_said_to_be_so(workspace: Workspace) -> None:
    workspace.close()
    assert "1 events" in invoke("labels", "check", workspace.folder)
    assert json.loads(invoke("labels", "check", workspace.folder, "--json"))["healthy"]


def test_a_label_file_that_is_no_database_is_named_and_moved_aside(workspace: Workspace) -> None:
    workspace.close()
    (workspace.folder / "labels.duckdb").write_bytes(b"not a database")
    arguments = ["labels", "check", str(workspace.folder), "--quarantine", "--json"]
    done = CliRunner().invoke(build_app(), arguments)
    told = json.loads(done.stdout)
    assert done.exit_code == 3 and not told["healthy"]
    (aside,) = told["check"]["set_aside"]
    assert Path(aside).read_bytes() == b"not a database"
    assert not (workspace.folder / "labels.duckdb").exists()
