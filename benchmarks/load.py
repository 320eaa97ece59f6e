"""Fifty annotators for five minutes, then again with 20 kills: `python -m benchmarks.load` (20 minutes).

Writes results/load.json and results/load-kills.json; on a machine that does nothing else.
"""

from __future__ import annotations

import subprocess
import sys

from galcore.settings import ROOT

RESULTS = ROOT / "benchmarks" / "results"
RUNS = {
    "load.json": ("--annotators", "50", "--minutes", "5", "--galaxies", "100000"),
    "load-kills.json": (
        *("--annotators", "50", "--minutes", "5", "--galaxies", "100000"),
        *("--kills", "20", "--browsers", "3"),
    ),
}


def main() -> int:
    """Run both; the first failure ends it."""
    for name, options in RUNS.items():
        command = [
            sys.executable,
            "-m",
            "galcore",
            "benchmark",
            "load",
            *options,
            "--out",
            str(RESULTS / name),
        ]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
