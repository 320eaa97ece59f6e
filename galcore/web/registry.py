"""The workspaces this server process has open: each opened once, all closed at shut-down.

Plain module state rather than a Streamlit cache, because routes and background threads need it too and a
label store may be open in one process only.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from galcore.settings import Settings
from galcore.types import GalcoreError
from galcore.workspace import Workspace
from galcore.workspace_files import WorkspaceFiles


class WorkspaceRegistry:
    """Named workspaces, opened at first use.

    Args:
        paths: Folders to serve; None: whatever is in the workspaces folder, looked up at each call, so that a
            workspace imported while the server runs appears by itself.
    """

    def __init__(self, paths: Sequence[Path] | None = None) -> None:
        self._paths = None if paths is None else tuple(Path(path).resolve() for path in paths)
        self._open: dict[str, Workspace] = {}
        self._lock = threading.RLock()

    def folders(self) -> dict[str, Path]:
        """Folder of each workspace by name, in the order of the names."""
        if self._paths is not None:
            return {path.name: path for path in self._paths}
        root = Settings.from_environment().workspaces_dir
        if not root.is_dir():
            return {}
        found = sorted(path for path in root.iterdir() if WorkspaceFiles(path).card.is_file())
        return {path.name: path for path in found}

    def get(self, name: str) -> Workspace:
        """The open workspace of that name.

        Raises:
            GalcoreError: If this server does not serve it, or it cannot be opened.
        """
        with self._lock:
            if name not in self._open:
                folder = self.folders().get(name)
                if folder is None:
                    raise GalcoreError(
                        f"workspace {name!r} is not served here; choose one from the bar on top"
                    )
                self._open[name] = Workspace.open(folder)
            return self._open[name]

    def opened(self) -> tuple[Workspace, ...]:
        """Every workspace that is served, open, in the order of the names."""
        return tuple(self.get(name) for name in self.folders())

    def open_now(self) -> tuple[Workspace, ...]:
        """Those that were opened already."""
        with self._lock:
            return tuple(self._open.values())

    def close(self) -> None:
        """Close every workspace that was opened; labels acknowledged so far are on disk already."""
        with self._lock:
            opened, self._open = self._open, {}
        for workspace in opened.values():
            workspace.close()


_registry = WorkspaceRegistry()


def serve_workspaces(paths: Sequence[Path] | None) -> None:
    """Choose what this process serves (None: all in the workspaces folder); closes what was open before."""
    global _registry
    _registry.close()
    _registry = WorkspaceRegistry(paths)


def served() -> WorkspaceRegistry:
    """The registry of this process."""
    return _registry
