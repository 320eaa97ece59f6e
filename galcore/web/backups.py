"""Dated backups of the labels of every open workspace, written while the server runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from galcore.labels.backups import prune_backups
from galcore.types import GalcoreError
from galcore.workspace import Workspace

_log = logging.getLogger("galcore.backups")


class ScheduledBackups:
    """A thread that backs labels up when something changed, at most once every so often.

    Args:
        opened: Workspaces that are open now.
        every_s: Seconds between two looks; 0: none at all.
    """

    def __init__(self, opened: Callable[[], Sequence[Workspace]], *, every_s: float) -> None:
        self._opened = opened
        self._every_s = every_s
        self._versions: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; does nothing when backups are switched off."""
        if self._every_s > 0:
            self._thread = threading.Thread(target=self._run, name="galcore-label-backups", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Back up once more what changed, and stop; call it before the stores are closed."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self.back_up()

    def back_up(self) -> int:
        """Back up every open workspace whose labels changed since the last time; returns how many."""
        return sum(self._back_up(workspace) for workspace in self._opened())

    def _back_up(self, workspace: Workspace) -> bool:
        if not workspace.labels_are_open:
            return False
        key = str(workspace.folder)
        labels = workspace.labels
        version = labels.version
        if version == self._versions.get(key, 0):
            return False
        folder = workspace.files.label_backups
        try:
            labels.backup(folder)
            prune_backups(folder)
        except (OSError, GalcoreError) as error:
            _log.warning("labels were not backed up; they are stored. %s", error, extra={"event": "backup"})
            return False
        self._versions[key] = version
        return True

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            self.back_up()
