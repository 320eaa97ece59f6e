"""The demo at the first start of a server that has no terminal (``GALCORE_DEMO=1``, docs/hosting.md).

A process of its own makes it beside the workspaces and it is moved among them once it is whole: a workspace
that is still being filled must not be opened by the dashboard, since only one process may hold its labels.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from galcore.jobs.job import JobProgress, read_progress
from galcore.jobs.reporting import JOB_DIR_VARIABLE, PROGRESS_FILE
from galcore.settings import ROOT

_MAKING = ".demo-in-making"
_STOP_S = 3
_log = logging.getLogger("galcore.first_start")


class FirstStart:
    """Makes the demo workspaces in the background where there is no workspace yet.

    Args:
        workspaces_dir: Where workspaces are.
    """

    def __init__(self, workspaces_dir: Path) -> None:
        self._workspaces_dir = workspaces_dir
        self._making = workspaces_dir / _MAKING
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; does nothing where there is a workspace. What an earlier start began goes on."""
        if any(self._workspaces_dir.glob("*/workspace.json")):
            return
        self._making.mkdir(parents=True, exist_ok=True)
        (self._making / PROGRESS_FILE).unlink(missing_ok=True)
        told = {"GALCORE_WORKSPACES": str(self._making), JOB_DIR_VARIABLE: str(self._making)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "galcore", "demo", "--prepare-only"],
            cwd=ROOT,
            env={**os.environ, **told},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._thread = threading.Thread(target=self._wait, name="galcore-first-start", daemon=True)
        self._thread.start()

    @property
    def is_making(self) -> bool:
        """Whether the demo is being made now."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def progress(self) -> JobProgress | None:
        """How far it is, once it has begun."""
        return read_progress(self._making / PROGRESS_FILE)

    def close(self) -> None:
        """Stop; the next start goes on where this one was."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        if self._thread is not None:
            self._thread.join()

    def _wait(self) -> None:
        assert self._process is not None
        status = self._process.wait()
        if status:
            _log.warning("the demo was not made", extra={"event": "demo", "status": status})
            return
        for workspace in sorted(self._making.glob("*/workspace.json")):
            workspace.parent.rename(self._workspaces_dir / workspace.parent.name)
        _log.info("the demo is there", extra={"event": "demo"})


_first_start: FirstStart | None = None


def begin_first_start(workspaces_dir: Path) -> FirstStart:
    """Make the demo in this process's workspaces folder, once."""
    global _first_start
    _first_start = FirstStart(workspaces_dir)
    _first_start.start()
    return _first_start


def first_start() -> FirstStart | None:
    """The one of this process, while the demo is being made."""
    return _first_start if _first_start is not None and _first_start.is_making else None
