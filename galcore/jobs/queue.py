"""Submitting jobs, listing them and stopping them."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from galcore.jobs.job import JOB_FILE, PROCESS_FILE, Job
from galcore.jobs.process import start_mark
from galcore.jobs.reporting import CANCEL_FILE
from galcore.settings import ROOT
from galcore.types import GalcoreError
from galcore.whole_files import write_json

RUNS_FOLDER = "runs"
PATIENCE_S = 15.0  # a second request to stop after that long kills
_KIND = re.compile(r"[a-z][a-z-]*\Z")


def submit(workspace_folder: Path, kind: str, arguments: Sequence[str], *, submitted_by: str = "") -> Job:
    """Start ``python -m galcore KIND ARGUMENTS…`` as a process of its own, at low priority.

    One job of a workspace runs at a time; the next waits for its turn. Resuming is submitting again: the
    commands skip what is already done.

    Args:
        workspace_folder: An existing workspace; the job's folder is made in its ``runs/``.
        kind: A command of the command line.
        arguments: Its arguments as a list; no shell ever sees them.
        submitted_by: Shown beside the job.

    Raises:
        GalcoreError: If the workspace is not there, or kind or arguments cannot be a command.
    """
    workspace_folder = Path(workspace_folder).resolve()
    if not workspace_folder.is_dir():
        raise GalcoreError(f"{workspace_folder} is not there; make the workspace before a job in it")
    if not _KIND.match(kind) or any("\0" in argument for argument in arguments):
        raise GalcoreError(f"{kind!r} is not a command of Galcore, or an argument of it holds a zero byte")
    submitted_at = time.time()
    folder = _new_job_folder(workspace_folder, kind, submitted_at)
    asked = {
        "kind": kind,
        "arguments": list(map(str, arguments)),
        "submitted_at": submitted_at,
        "submitted_by": submitted_by,
    }
    write_json(folder / JOB_FILE, asked)
    _start_process(folder)
    return Job.open(folder)


def jobs(workspace_folder: Path) -> tuple[Job, ...]:
    """Every job of a workspace, the newest first; a folder whose ``job.json`` is broken is passed over."""
    folder = Path(workspace_folder) / RUNS_FOLDER
    if not folder.is_dir():
        return ()
    found = []
    for child in sorted(folder.iterdir(), reverse=True):
        if (child / JOB_FILE).exists():
            with suppress(GalcoreError):
                found.append(Job.open(child))
    return tuple(found)


def cancel_job(job: Job) -> None:
    """Ask a job to stop; what it did is kept. Asking again after 15 s kills it.

    A job in the middle of one long computation hears the request only when that is over, hence the second
    way; resuming is safe after either.
    """
    marker = job.folder / CANCEL_FILE
    pid = job.pid
    asked_before = marker.exists() and time.time() - marker.stat().st_mtime > PATIENCE_S
    if not marker.exists():
        marker.touch()
    if pid is None:
        return
    try:
        if asked_before:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return  # it ended meanwhile


def _new_job_folder(workspace_folder: Path, kind: str, submitted_at: float) -> Path:
    moment = datetime.fromtimestamp(submitted_at, tz=UTC).strftime("%Y%m%dT%H%M%S.%f")
    folder = workspace_folder / RUNS_FOLDER / f"{moment}-{kind}-{secrets.token_hex(2)}"
    folder.mkdir(parents=True)
    return folder


def _start_process(folder: Path) -> None:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "galcore.jobs.runner", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
        cwd=ROOT,
    )
    write_json(folder / PROCESS_FILE, {"pid": process.pid, "start_mark": start_mark(process.pid) or ""})
    # Nobody else waits for the child; without this every finished job stays in the process table.
    threading.Thread(target=process.wait, name=f"reap {folder.name}", daemon=True).start()
