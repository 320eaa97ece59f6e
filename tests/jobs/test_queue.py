import fcntl
import json
import os
import signal
import time
from pathlib import Path

import pytest

from galcore.jobs import Job, JobStatus, cancel_job, jobs, submit
from galcore.jobs.process import is_alive, start_mark
from galcore.types import GalcoreError

pytestmark = pytest.mark.concurrency


def wait_for(condition, timeout_s: float = 30.0):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.05)


def wait_for_end(job: Job) -> JobStatus:
    wait_for(lambda: not job.status.is_active)
    return job.status


@pytest.fixture
def busy(tmp_path: Path):
    """A workspace folder in which another job is at work, so that the next one has to wait."""
    (tmp_path / "runs").mkdir()
    with (tmp_path / "runs" / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield tmp_path


def test_a_command_that_fails_says_why_in_one_line(tmp_path):
    job = submit(tmp_path, "prepare", [str(tmp_path)], submitted_by="Vera")
    assert wait_for_end(job) is JobStatus.FAILED
    assert "is not a workspace" in job.error
    assert "is not a workspace" in job.log_tail()
    assert job.exit_code == 1
    assert Job.open(job.folder).submitted_by == "Vera"


def test_wrong_arguments_fail_as_usage(tmp_path):
    job = submit(tmp_path, "prepare", ["--no-such-option"])
    assert wait_for_end(job) is JobStatus.FAILED
    assert job.exit_code == 2


def test_a_command_without_output_is_done(tmp_path):
    job = submit(tmp_path, "prepare", ["--help"])
    assert wait_for_end(job) is JobStatus.DONE
    assert job.output is None
    assert job.finished_at >= job.started_at >= job.submitted_at - 1


def test_jobs_of_one_workspace_wait_for_each_other(busy):
    first, second = (submit(busy, "prepare", ["--help"]) for _ in range(2))
    time.sleep(1.0)
    assert [first.status, second.status] == [JobStatus.QUEUED] * 2
    assert [job.job_id for job in jobs(busy)] == [second.job_id, first.job_id]


def test_the_queue_goes_on_in_order(tmp_path):
    submitted = [submit(tmp_path, "prepare", ["--help"]) for _ in range(3)]
    assert [wait_for_end(job) for job in submitted] == [JobStatus.DONE] * 3
    started = [job.started_at for job in submitted]
    finished = [job.finished_at for job in submitted]
    assert finished[0] <= started[1] + 0.05 and finished[1] <= started[2] + 0.05


def test_a_killed_job_is_lost_and_the_next_one_runs(busy):
    job = submit(busy, "prepare", ["--help"])
    wait_for(lambda: job.pid is not None)
    os.kill(job.pid, signal.SIGKILL)
    assert wait_for_end(job) is JobStatus.LOST
    assert Job.open(job.folder).status is JobStatus.LOST  # nothing in memory is needed to know


def test_another_process_with_the_same_number_is_not_the_job(busy):
    job = submit(busy, "prepare", ["--help"])
    wait_for(lambda: job.pid is not None)
    process = json.loads((job.folder / "process.json").read_text())
    os.kill(job.pid, signal.SIGKILL)
    (job.folder / "process.json").write_text(
        json.dumps({"pid": os.getpid(), "start_mark": process["start_mark"]})
    )
    wait_for(lambda: not is_alive(process["pid"], process["start_mark"]))
    assert job.status is JobStatus.LOST
    assert start_mark(os.getpid()) != process["start_mark"]


def test_cancelling_a_waiting_job_ends_it(busy):
    job = submit(busy, "prepare", ["--help"])
    cancel_job(job)
    assert wait_for_end(job) is JobStatus.CANCELLED
    assert job.started_at is None


def test_arguments_never_meet_a_shell(tmp_path):
    job = submit(tmp_path, "prepare", [f"$(touch {tmp_path}/pwned); `id`"])
    assert wait_for_end(job) is JobStatus.FAILED
    assert not (tmp_path / "pwned").exists()
    assert job.arguments == (f"$(touch {tmp_path}/pwned); `id`",)


def test_what_is_not_a_command_is_refused(tmp_path):
    with pytest.raises(GalcoreError, match="not a command"):
        submit(tmp_path, "../evil", [])
    with pytest.raises(GalcoreError, match="is not there"):
        submit(tmp_path / "nowhere", "prepare", [])


def test_progress_tells_how_long_the_stage_still_takes(tmp_path):
    folder = tmp_path / "runs" / "one"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"kind": "prepare", "submitted_at": 0.0}))
    records = [
        {"time": 0.0, "stage": "index", "done": 1, "total": 1, "message": ""},
        {"time": 10.0, "stage": "embed", "done": 0, "total": 100, "message": ""},
        {"time": 20.0, "stage": "embed", "done": 20, "total": 100, "message": "NGC 1"},
    ]
    (folder / "progress.jsonl").write_text("\n".join(map(json.dumps, records)) + '\n{"time": 2')
    progress = jobs(tmp_path)[0].progress
    assert progress.fraction == pytest.approx(0.2)
    assert progress.seconds_left == pytest.approx(40.0)
    assert progress.progress.message == "NGC 1"
