"""Time the demo: preparation from nothing, and a second start until the first page is drawn.

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
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from galcore.evaluate.result import BenchmarkResult, Measure
from tests.browser import find_browser
from tests.e2e.driver import BROWSER_FLAGS

ROOT = Path(__file__).resolve().parent.parent
PREPARATION_TARGET_S = 120.0
SECOND_START_TARGET_S = 5.0
START_LIMIT_S = 60


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


def time_second_start(environment: dict[str, str], browser: Browser) -> float:
    """Seconds from the command until the first page is drawn in a browser, with everything prepared."""
    port = free_port()
    page = browser.new_page()
    started = time.monotonic()
    command = [sys.executable, "-m", "galcore", "demo", "--headless", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        while not answers(port):
            if time.monotonic() - started > START_LIMIT_S:
                raise TimeoutError(f"the dashboard did not answer within {START_LIMIT_S} s")
            time.sleep(0.02)
        page.goto(f"http://localhost:{port}/")
        page.get_by_label("Your name").wait_for()
        return time.monotonic() - started
    finally:
        page.close()
        server.terminate()
        server.wait(timeout=30)


def answers(port: int) -> bool:
    """Whether a server answers on the port."""
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> None:
    """Measure both and write the result."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "GALCORE_WORKSPACES": folder, "PYTHONPATH": str(ROOT)}
        preparation_s = time_preparation(environment)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_FLAGS)
            second_start_s = median(time_second_start(environment, browser) for _ in range(3))
            browser.close()
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
