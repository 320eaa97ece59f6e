"""Restoration beside the classical tools: `python -m benchmarks.restore [--model NAME=FILE]...`.

Both tasks on real pictures that no training saw, three seeds, and the SDSS / KiDS pairs; writes
benchmarks/results/restore-*.json. Twenty minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from galcore.settings import ROOT

RESULTS = ROOT / "benchmarks" / "results"
RUNS = {
    "restore-reconstruct": ("--task", "reconstruct"),
    "restore-deconvolve": ("--task", "deconvolve"),
    "restore-pairs": ("--task", "deconvolve", "--pairs"),
}


def main() -> int:
    """Run each and keep its JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--seeds", default="3")
    parser.add_argument("--n", default="150")
    arguments = parser.parse_args()
    common = ["--json", "--seeds", arguments.seeds, "--n", arguments.n]
    for model in arguments.model:
        common += ["--model", model]
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name, options in RUNS.items():
        command = [sys.executable, "-m", "galcore", "benchmark", "restore", *options, *common]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return done.returncode
        result = json.loads(done.stdout)
        (RESULTS / f"{name}.json").write_text(
            json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        for measure in result["results"]:
            print(name, measure["metric"], measure["value"], measure["unit"], measure["target"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
