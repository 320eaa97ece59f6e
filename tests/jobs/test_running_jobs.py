"""Jobs that are killed or cancelled in the middle of real work, and go on."""

import os
import shutil
import signal
import time

import numpy as np
import pytest
from PIL import Image

from galcore.catalog.importer import import_path
from galcore.jobs import JobStatus, cancel_job, submit
from galcore.workspace import Workspace

pytestmark = [pytest.mark.concurrency, pytest.mark.slow]
N = 200


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Two hundred small pictures in a workspace, none of them embedded."""
    root = tmp_path_factory.mktemp("jobs")
    rng = np.random.default_rng(0)
    (root / "images").mkdir()
    for index in range(N):
        pixels = rng.integers(0, 80, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / "images" / f"{index:05d}.png")
    import_path(root / "images", root / "workspace")
    Workspace.create(root / "workspace")
    return root / "workspace"


@pytest.fixture
def folder(imported, tmp_path):
    return shutil.copytree(imported, tmp_path / "workspace")


def wait_for(condition, timeout_s=90.0):
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.02)


def half_way(job) -> bool:
    told = job.progress
    assert job.status.is_active, job.log_tail()
    return told is not None and told.progress.stage == "embed" and told.progress.done >= 64


def n_embedded(folder) -> int:
    workspace = Workspace.open(folder)
    return len(workspace.embeddings().galaxy_ids) if workspace.models() else 0


def test_a_job_killed_half_way_is_lost_and_the_same_job_again_finishes_it(folder):
    job = submit(folder, "embed", [str(folder), "--json"])
    wait_for(lambda: half_way(job))
    assert job.progress.progress.total == N
    os.kill(job.pid, signal.SIGKILL)
    wait_for(lambda: not job.status.is_active)
    assert job.status is JobStatus.LOST
    kept = n_embedded(folder)
    again = submit(folder, job.kind, job.arguments)
    wait_for(lambda: not again.status.is_active)
    assert again.status is JobStatus.DONE, again.log_tail()
    assert again.output["n_embedded"] == N > kept
    assert n_embedded(folder) == N


def test_a_cancelled_job_stops_soon_keeps_its_work_and_lets_the_next_one_run(folder):
    job = submit(folder, "embed", [str(folder), "--json"])
    waiting = submit(folder, "prepare", ["--help"])
    wait_for(lambda: half_way(job))
    assert waiting.status is JobStatus.QUEUED
    cancel_job(job)
    wait_for(lambda: not job.status.is_active, timeout_s=20)
    assert job.status is JobStatus.CANCELLED
    assert job.exit_code == 130
    assert 0 < n_embedded(folder) < N
    wait_for(lambda: waiting.status is JobStatus.DONE)
