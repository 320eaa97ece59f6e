"""Every measurement whose result is committed, then the page of results (an hour and a half on 2 cores)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = (
    "demo",
    "latency",
    "tree_latency",
    "labels",
    "kill_server",
    "keys",
    "load",
    "probe_table",
    "loop_table",
    "label_ceiling",
    "label_efficiency",
    "contrastive_curves",
    "restore",
    "schedules",
    "results_page",
)


def main() -> int:
    """Run them one after the other, never side by side; the first failure ends it."""
    for script in SCRIPTS:
        print(f"\n=== {script}", flush=True)
        code = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{script}"], cwd=ROOT, check=False
        ).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
