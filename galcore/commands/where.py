"""How a workspace is named on the command line: a path, or the name of one in the workspaces folder."""

from __future__ import annotations

from pathlib import Path

from galcore.settings import Settings

WORKSPACE_HELP = "Workspace: a folder, or the name of one in the workspaces folder (GALCORE_WORKSPACES)."


def workspace_folder(name_or_path: str) -> Path:
    """The path as it stands, unless only the workspaces folder has a workspace of that name."""
    path = Path(name_or_path).expanduser()
    named = Settings.from_environment().workspaces_dir / path
    return named if not path.exists() and named.is_dir() else path
