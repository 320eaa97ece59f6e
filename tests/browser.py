"""Bring a browser for the end-to-end tests where this machine can: found, Debian's as root, Playwright's own.

Run by `make test`. It never fails: without a browser the end-to-end tests are skipped, loudly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str:
    """Path of a Chromium on this machine, or an empty string. ``GALCORE_BROWSER`` wins."""
    chosen = os.environ.get("GALCORE_BROWSER", "")
    return (
        chosen or next((path for name in NAMES if (path := shutil.which(name))), "") or _playwright_browser()
    )


def _playwright_browser() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else ""


def _run_quietly(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=300)


def _install() -> None:
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("No browser found: installing Debian's chromium …", flush=True)
        _run_quietly(["apt-get", "update", "-qq"])
        _run_quietly(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])
    if not find_browser():
        print("No browser found: asking Playwright for its own …", flush=True)
        _run_quietly([sys.executable, "-m", "playwright", "install", "chromium"])


def main() -> None:
    """Find or install a browser and say what came of it."""
    if not find_browser():
        _install()
    found = find_browser()
    if found:
        print(f"Browser tests will use {found}")
        return
    line = "!" * 78
    print(
        f"{line}\nNO BROWSER: the end-to-end tests CANNOT RUN and will be skipped.\n"
        f"Install one (apt-get install chromium) or set GALCORE_BROWSER.\n{line}"
    )


if __name__ == "__main__":
    main()
