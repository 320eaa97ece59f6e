"""Which workspaces a server has open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from galcore.types import GalcoreError
from galcore.web.registry import WorkspaceRegistry
from galcore.workspace import Workspace


def test_every_workspace_of_the_folder_is_served_also_one_that_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GALCORE_WORKSPACES", str(tmp_path))
    registry = WorkspaceRegistry()
    assert registry.opened() == ()
    (tmp_path / "not a workspace").mkdir()
    Workspace.create(tmp_path / "b")
    Workspace.create(tmp_path / "a")
    assert list(registry.folders()) == ["a", "b"]


def test_a_workspace_is_opened_once_and_closed_with_the_registry(copy_sky: Callable[[str], Path]) -> None:
    folder = copy_sky("sky")
    registry = WorkspaceRegistry([folder])
    workspace = registry.get("sky")
    assert registry.get("sky") is workspace
    assert workspace.labels.campaigns() == ()
    registry.close()
    with Workspace.open(folder).labels as labels:
        assert labels.campaigns() == ()


def test_a_workspace_that_is_not_served_is_named(tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match="nowhere"):
        WorkspaceRegistry([]).get("nowhere")
