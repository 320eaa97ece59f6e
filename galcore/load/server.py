"""The dashboard as a process of its own: started, watched, stopped or killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from galcore.settings import ROOT
from galcore.types import GalcoreError

START_S = 60.0
_STOP_S = 20.0
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process had taken at a moment.

    Attributes:
        rss_mb: Memory it holds, in MiB.
        cpu_s: Processor time since it started.
    """

    rss_mb: float
    cpu_s: float


class DashboardServer:
    """`python -m galcore serve` over a folder of workspaces, on a free port of this machine.

    Args:
        workspaces_dir: Folder of the workspaces.
        log: File that takes what it prints.
        environment: Further variables of its environment.
    """

    def __init__(self, workspaces_dir: Path, log: Path, environment: dict[str, str] | None = None) -> None:
        self.workspaces_dir = workspaces_dir
        self.log = log
        self.environment = environment or {}
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://localhost:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """Host and port."""
        return f"localhost:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            GalcoreError: If it ends or does not answer; with the end of what it printed.
        """
        self.launch()
        deadline = time.monotonic() + START_S
        while not self.answers():
            self.require_running()
            if time.monotonic() > deadline:
                raise GalcoreError(f"the dashboard did not answer within {START_S:.0f} s{self._last_words()}")
            time.sleep(0.1)

    def launch(self) -> None:
        """Start it without waiting."""
        environment = {**os.environ, "GALCORE_WORKSPACES": str(self.workspaces_dir), **self.environment}
        command = [sys.executable, "-m", "galcore", "serve", "--headless", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def require_running(self) -> None:
        """Raise a GalcoreError if the process has ended."""
        if self._process is None or self._process.poll() is not None:
            raise GalcoreError(f"the dashboard has ended{self._last_words()}")

    def answers(self) -> bool:
        """Whether its health route answers."""
        try:
            return bool(urllib.request.urlopen(f"{self.address}/galcore/health", timeout=2).status == 200)
        except OSError:
            return False

    def kill(self) -> None:
        """As if the power went."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(timeout=_STOP_S)

    def stop(self) -> int:
        """As Ctrl-C does; the exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=_STOP_S)
        return int(self._process.returncode)

    def usage(self) -> Usage | None:
        """Memory and processor time of the process; ``None`` where the system has no ``/proc``."""
        if self._process is None:
            return None
        folder = Path("/proc") / str(self._process.pid)
        try:
            pages = int((folder / "statm").read_text().split()[1])
            times = (folder / "stat").read_text().rpartition(")")[2].split()
        except (OSError, IndexError, ValueError):
            return None
        ticks = int(times[11]) + int(times[12])
        return Usage(pages * os.sysconf("SC_PAGE_SIZE") / _MIB, ticks / os.sysconf("SC_CLK_TCK"))

    def __enter__(self) -> DashboardServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _last_words(self) -> str:
        said = self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""
        return f":\n{said}" if said else ""
