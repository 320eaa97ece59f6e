"""One job as its folder tells it: what was asked, how far it is, how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from galcore.jobs.process import is_alive
from galcore.jobs.reporting import CANCEL_FILE, PROGRESS_FILE, seconds_left
from galcore.types import GalcoreError, Progress

JOB_FILE = "job.json"
PROCESS_FILE = "process.json"
STARTED_FILE = "started"
RESULT_FILE = "result.json"
LOG_FILE = "log.txt"
OUTPUT_FILE = "output.txt"
START_GRACE_S = 30.0  # a folder without a process is new that long, then lost
TAIL_BYTES = 64 * 1024


class JobStatus(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"  # waits for an earlier job of the same workspace
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # its process vanished without a word: killed, or the machine went down

    @property
    def is_active(self) -> bool:
        """Whether something may still happen."""
        return self in {JobStatus.QUEUED, JobStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class JobProgress:
    """The last step of a job and an honest guess at what is left of its stage."""

    progress: Progress
    fraction: float | None  # of the stage, 0-1
    seconds_left: float | None  # of the stage
    updated_at: float  # Unix time, s


@dataclass(frozen=True, slots=True)
class Job:
    """A job folder. Every question reads the disk, so the answer is of now.

    Attributes:
        folder: ``<workspace>/runs/<job>``.
        job_id: Name of the folder; sorts by time of submission.
        kind: Command of the command line, such as ``prepare``.
        arguments: Its arguments, in order.
        submitted_at: Unix time, s.
        submitted_by: Who asked for it, as the page knows them; may be empty.
    """

    folder: Path
    job_id: str
    kind: str
    arguments: tuple[str, ...]
    submitted_at: float
    submitted_by: str = ""

    @classmethod
    def open(cls, folder: Path) -> Job:
        """The job in a folder.

        Raises:
            GalcoreError: If there is no readable ``job.json``.
        """
        asked = read_json(folder / JOB_FILE)
        if not isinstance(asked, Mapping) or "kind" not in asked:
            raise GalcoreError(f"{folder} is not a job: {JOB_FILE} is missing or unreadable")
        return cls(
            folder=folder,
            job_id=folder.name,
            kind=str(asked["kind"]),
            arguments=tuple(map(str, asked.get("arguments", ()))),
            submitted_at=float(asked.get("submitted_at", 0.0)),
            submitted_by=str(asked.get("submitted_by", "")),
        )

    @property
    def status(self) -> JobStatus:
        """Where the job is now."""
        # Life is looked at before the result: a job that ends in between has its result on disk by then.
        alive = self._is_alive()
        result = read_json(self.folder / RESULT_FILE)
        if isinstance(result, Mapping):
            return JobStatus(result["status"])
        if alive:
            return JobStatus.RUNNING if (self.folder / STARTED_FILE).exists() else JobStatus.QUEUED
        if (self.folder / CANCEL_FILE).exists():
            return JobStatus.CANCELLED
        return JobStatus.LOST

    @property
    def pid(self) -> int | None:
        """Number of the job's process while it lives."""
        process = read_json(self.folder / PROCESS_FILE)
        if isinstance(process, Mapping) and is_alive(int(process["pid"]), str(process["start_mark"])):
            return int(process["pid"])
        return None

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not yet."""
        return (self.folder / CANCEL_FILE).exists() and self.status.is_active

    @property
    def progress(self) -> JobProgress | None:
        """The last step written, ``None`` before the first."""
        return read_progress(self.folder / PROGRESS_FILE)

    @property
    def started_at(self) -> float | None:
        """Unix time at which its turn came, s."""
        try:
            return (self.folder / STARTED_FILE).stat().st_mtime
        except OSError:
            return None

    @property
    def finished_at(self) -> float | None:
        """Unix time at which it wrote its result, s."""
        result = read_json(self.folder / RESULT_FILE)
        return float(result["finished_at"]) if isinstance(result, Mapping) else None

    @property
    def exit_code(self) -> int | None:
        """Exit code of the command (3: done, but something was left out)."""
        result = read_json(self.folder / RESULT_FILE)
        return int(result["exit_code"]) if isinstance(result, Mapping) else None

    @property
    def output(self) -> Any:
        """What the command printed with ``--json``, ``None`` if it printed no JSON."""
        result = read_json(self.folder / RESULT_FILE)
        return result.get("output") if isinstance(result, Mapping) else None

    @property
    def error(self) -> str:
        """The message for the person who asked, empty when all went well."""
        result = read_json(self.folder / RESULT_FILE)
        return str(result.get("error", "")) if isinstance(result, Mapping) else ""

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log."""
        return "\n".join(_tail(self.folder / LOG_FILE).splitlines()[-lines:])

    def _is_alive(self) -> bool:
        if (self.folder / PROCESS_FILE).exists():
            return self.pid is not None
        return time.time() - self.submitted_at < START_GRACE_S


def read_json(path: Path) -> Any:
    """Content of a JSON file, ``None`` if it is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def read_progress(path: Path) -> JobProgress | None:
    """The last step in a file of progress, ``None`` before the first."""
    records = _progress_records(path)
    if not records:
        return None
    last = records[-1]
    stage = [record for record in records if record["stage"] == last["stage"]]
    first = stage[0]
    progress = Progress(str(last["stage"]), last["done"], last["total"], str(last["message"]))
    return JobProgress(
        progress=progress,
        fraction=min(1.0, progress.done / progress.total) if progress.total > 0 else None,
        seconds_left=seconds_left(first["time"], first["done"], last["time"], progress.done, progress.total),
        updated_at=float(last["time"]),
    )


def _progress_records(path: Path) -> list[dict[str, Any]]:
    records = []
    for line in _tail(path).splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # the first line of the tail may be cut, the last one half written
        if isinstance(record, dict) and {"time", "stage", "done", "total", "message"} <= record.keys():
            records.append(record)
    return records


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
