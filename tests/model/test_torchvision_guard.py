from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_fresh(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "first",
    ["galcore.model.torchvision_guard", "galcore.model.checkpoints"],
)
def test_timm_can_be_imported_in_a_fresh_process(first: str) -> None:
    done = run_fresh(f"import {first}\nimport timm, torchvision\nprint(timm.is_model('resnet18'))")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "True"


def test_the_remedy_may_be_asked_for_again() -> None:
    done = run_fresh(
        "from galcore.model.torchvision_guard import ensure_importable\n"
        "assert ensure_importable() == ensure_importable()\nimport torchvision"
    )

    assert done.returncode == 0, done.stderr
