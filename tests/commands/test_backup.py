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
    told = json.loads(invoke("backup", workspace.folder, "--out", tmp_path / "kept", "--json"))
    other = Workspace.create(tmp_path / "other", title="Other")
    invoke("restore-labels", told["backup"], other.folder)
    pd.testing.assert_frame_equal(Workspace.open(other.folder).labels.history("c1"), before)
    with pytest.raises(GalcoreError, match="move it away"):
        invoke("restore-labels", told["backup"], other.folder)
