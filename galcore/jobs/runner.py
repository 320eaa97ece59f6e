"""The process of a job: wait for its turn, run the command, write how it ended.

``python -m galcore.jobs.runner FOLDER``. It becomes the command itself (same process), so that a killed job
is one dead process and nothing else.
"""

from __future__ import annotations

import fcntl
import json
import os
import runpy
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import IO

from galcore.jobs.job import LOG_FILE, OUTPUT_FILE, RESULT_FILE, STARTED_FILE, Job, JobStatus
from galcore.jobs.queue import jobs
from galcore.jobs.reporting import CANCEL_FILE, JOB_DIR_VARIABLE
from galcore.whole_files import write_json

NICENESS = 10
POLL_S = 0.2
LOCK_FILE = ".lock"
EXIT_CANCELLED = 130
EXIT_LEFT_OUT = 3


def run_job(folder: Path) -> int:
    """Run the job in a folder to its end and return its exit code."""
    os.nice(NICENESS)
    job = Job.open(folder)
    _redirect_output(folder)
    turn = _wait_for_turn(job)
    if turn is None:
        exit_code = EXIT_CANCELLED
    else:
        (folder / STARTED_FILE).touch()
        exit_code = _run_command(job)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the end is written whole even if a cancel comes now
    _write_result(job, exit_code)
    return exit_code


def _wait_for_turn(job: Job) -> IO[str] | None:
    """The held lock of the workspace once no earlier job is active; ``None`` if cancelled while waiting."""
    lock = (job.folder.parent / LOCK_FILE).open("a")
    while not (job.folder / CANCEL_FILE).exists():
        earlier = [other for other in jobs(job.folder.parent.parent) if other.job_id < job.job_id]
        if not any(other.status.is_active for other in earlier):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # the one before is on its last line
            else:
                return lock  # freed by the system when this process ends, however it ends
        time.sleep(POLL_S)
    lock.close()
    return None


def _redirect_output(folder: Path) -> None:
    """Send what the command prints, compiled code included, into the job's folder."""
    for name, stream in ((OUTPUT_FILE, sys.stdout), (LOG_FILE, sys.stderr)):
        with (folder / name).open("a") as file:
            os.dup2(file.fileno(), stream.fileno())


def _run_command(job: Job) -> int:
    os.environ[JOB_DIR_VARIABLE] = str(job.folder)
    sys.argv = ["galcore", job.kind, *job.arguments]
    try:
        runpy.run_module("galcore", run_name="__main__", alter_sys=False)
    except SystemExit as end:
        return _exit_code(end)
    except KeyboardInterrupt:
        return EXIT_CANCELLED
    except Exception:  # a defect of the command: the job must still say that it failed, and where
        traceback.print_exc()
        return 1
    return 0


def _exit_code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code
    print(end.code, file=sys.stderr)
    return 1


def _write_result(job: Job, exit_code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    cancelled = exit_code == EXIT_CANCELLED or (
        exit_code not in {0, EXIT_LEFT_OUT} and (job.folder / CANCEL_FILE).exists()
    )
    if cancelled:
        status = JobStatus.CANCELLED
    else:
        status = JobStatus.DONE if exit_code in {0, EXIT_LEFT_OUT} else JobStatus.FAILED
    result = {
        "status": status,
        "exit_code": exit_code,
        "finished_at": time.time(),
        "output": _printed_json(job.folder / OUTPUT_FILE),
        "error": _last_line(job) if status is JobStatus.FAILED else "",
    }
    write_json(job.folder / RESULT_FILE, result)


def _printed_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def _last_line(job: Job) -> str:
    lines = [line.strip() for line in job.log_tail().splitlines() if line.strip()]
    return lines[-1].removeprefix("galcore: ") if lines else "The job ended without a message."


if __name__ == "__main__":
    sys.exit(run_job(Path(sys.argv[1])))
