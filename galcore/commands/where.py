"""How a workspace is named on the command line: a path, or a name in the workspaces folder."""

from __future__ import annotations

from pathlib import Path

from galcore.settings import Settings

WORKSPACE_HELP = "Workspace: a folder, or a name in the workspaces folder (GALCORE_WORKSPACES)."


def workspace_folder(name_or_path: str) -> Path:
    """Folder of a workspace given by path or by name.

    A bare name means the workspaces folder, unless a folder of that name lies here.
    """
    path = Path(name_or_path).expanduser()
    if path.is_absolute() or len(path.parts) > 1 or path.exists():
        return path
    return Settings.from_environment().workspaces_dir / path
