"""Time the demo: preparation from nothing, and a second start until the first page answers.

    python -m benchmarks.demo [--json]

Writes benchmarks/results/demo.json. Both run in a temporary workspaces folder.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from galcore.evaluate.result import BenchmarkResult, Measure

ROOT = Path(__file__).resolve().parent.parent
PREPARATION_TARGET_S = 120.0
SECOND_START_TARGET_S = 5.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def time_preparation(environment: dict[str, str]) -> float:
    """Seconds that ``demo --prepare-only`` takes in an empty workspaces folder."""
    started = time.monotonic()
    command = [sys.executable, "-m", "galcore", "demo", "--prepare-only"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return time.monotonic() - started


def time_second_start(environment: dict[str, str]) -> float:
    """Seconds from the command to the first answered page, with everything prepared."""
    port = free_port()
    started = time.monotonic()
    command = [sys.executable, "-m", "galcore", "demo", "--headless", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        while time.monotonic() - started < 60:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
                    if answer.status == 200:
                        return time.monotonic() - started
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the dashboard did not answer within 60 s")
    finally:
        server.terminate()
        server.wait(timeout=30)


def main() -> None:
    """Measure both and write the result."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GALCORE_WORKSPACES": folder, "PYTHONPATH": str(ROOT)}
        preparation_s = time_preparation(environment)
        second_start_s = min(time_second_start(environment) for _ in range(3))
    result = BenchmarkResult(
        name="demo",
        command="python -m benchmarks.demo",
        results=(
            Measure.at_most("demo preparation", preparation_s, "s", PREPARATION_TARGET_S),
            Measure.at_most("second start to first page", second_start_s, "s", SECOND_START_TARGET_S),
        ),
        rows=(),
    )
    result.write(ROOT / "benchmarks" / "results" / "demo.json")
    print(result.to_json() if "--json" in sys.argv else result.table())


if __name__ == "__main__":
    main()
