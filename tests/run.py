"""Run the tests as CI does: first what works by itself, then what starts servers, browsers and processes."""

from __future__ import annotations

import subprocess
import sys

BY_THEMSELVES = ["-n", "2", "-m", "not e2e and not concurrency"]
WITH_SERVERS = ["-n", "2", "--dist", "worksteal", "-m", "e2e or concurrency"]


def main() -> int:
    """Run both, also if the first fails: exit code of the first that failed, else 0."""
    codes = []
    for selection in (BY_THEMSELVES, WITH_SERVERS):
        command = [sys.executable, "-m", "pytest", "-q", *selection, *sys.argv[1:]]
        print("\n" + " ".join(command[2:]), flush=True)
        codes.append(subprocess.run(command, check=False).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
