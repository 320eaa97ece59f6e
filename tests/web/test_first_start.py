"""The demo at the first start of a server without workspaces."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from galcore.demo import HUBBLE, SIMULATED
from galcore.web.first_start import FirstStart
from galcore.workspace import Workspace

SLOW_S = 60


def test_where_there_is_a_workspace_nothing_is_made(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "mine", title="Mine").close()
    demo = FirstStart(tmp_path)
    demo.start()
    assert not demo.is_making
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_start_that_is_stopped_shows_no_half_made_workspace(tmp_path: Path) -> None:
    demo = FirstStart(tmp_path)
    demo.start()
    assert demo.is_making
    demo.close()
    assert not demo.is_making
    assert not list(tmp_path.glob("*/workspace.json"))


def test_what_was_made_is_moved_among_the_workspaces_whole(sky_folder: Path, tmp_path: Path) -> None:
    for name in (HUBBLE, SIMULATED):  # as an earlier start left it, all but moved
        folder = Path(shutil.copytree(sky_folder, tmp_path / ".demo-in-making" / name))
        workspace = Workspace.open(folder)
        assert workspace.labels.campaigns() == ()
        workspace.close()
    demo = FirstStart(tmp_path)
    demo.start()
    deadline = time.monotonic() + SLOW_S
    while demo.is_making and time.monotonic() < deadline:
        time.sleep(0.1)
    workspace = Workspace.open(tmp_path / SIMULATED)
    galaxy_id = str(workspace.catalog["galaxy_id"].iloc[0])
    assert workspace.images.render(galaxy_id, size_px=64)
    assert (tmp_path / HUBBLE / "workspace.json").is_file()
    workspace.close()
