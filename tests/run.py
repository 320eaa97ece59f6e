"""Run the tests as CI does: first everything that may run side by side, then what needs the machine alone."""

from __future__ import annotations

import subprocess
import sys

SIDE_BY_SIDE = ["-n", "2", "-m", "not e2e and not concurrency"]
ALONE = ["-m", "e2e or concurrency"]


def main() -> int:
    """Exit code of the first run that failed, else 0."""
    for selection in (SIDE_BY_SIDE, ALONE):
        command = [sys.executable, "-m", "pytest", "-q", *selection, *sys.argv[1:]]
        print("\n" + " ".join(command[2:]), flush=True)
        code = subprocess.run(command, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
