"""`serve`: what can go wrong before the first page, and a clean end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from galcore.commands.serve import DEFAULT_PORT, _choose_port
from galcore.demo import HUBBLE, SIMULATED
from galcore.settings import ROOT
from galcore.types import GalcoreError
from galcore.workspace import Workspace


def _serve(*arguments: str, workspaces_dir: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "GALCORE_WORKSPACES": str(workspaces_dir)}
    command = [sys.executable, "-m", "galcore", "serve", "--headless", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_a_named_port_that_is_taken_is_an_error_and_an_unnamed_one_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(GalcoreError, match=str(port)):
            _choose_port(port)
        assert _choose_port(0) != port


def test_the_demo_passes_over_a_port_that_is_taken(tmp_path: Path) -> None:
    """Somebody else's dashboard is on 8501 more often than not."""
    kept = [f"{kind}/galcore-tiny/manifest.json" for kind in ("embeddings", "index")]
    for part in ["labels.duckdb", "atlas/galcore-tiny.parquet", *kept]:
        for name in (HUBBLE, SIMULATED):
            (tmp_path / name / part).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / part).touch()
    with socket.socket() as taken:
        with suppress(OSError):  # taken already serves as well
            taken.bind(("localhost", DEFAULT_PORT))
            taken.listen()
        environment = {**os.environ, "GALCORE_WORKSPACES": str(tmp_path)}
        process = subprocess.Popen(
            [sys.executable, "-m", "galcore", "demo", "--headless"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said = process.stderr.readline()
        process.terminate()
        process.communicate(timeout=60)
    assert "Galcore runs at" in said
    assert str(DEFAULT_PORT) not in said


def test_a_folder_that_is_no_workspace_is_named(tmp_path: Path) -> None:
    process = _serve("--workspace", str(tmp_path), workspaces_dir=tmp_path)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert str(tmp_path) in output
    assert "Traceback" not in output


@pytest.mark.concurrency
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_the_server_leaves_the_labels_free(
    copy_sky: Callable[[str], Path], how: signal.Signals
) -> None:
    folder = copy_sky("sky")
    port = _choose_port(0)
    process = _serve("--workspace", str(folder), "--port", str(port), workspaces_dir=folder.parent)
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/galcore/health", timeout=2).close()
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
    process.send_signal(how)
    output, _ = process.communicate(timeout=30)
    assert "Traceback" not in output
    with Workspace.open(folder).labels as labels:
        assert labels.campaigns() == ()
