from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from galcore import __version__
from galcore.settings import ROOT

ASK = "from galcore.code_version import code_version, commit; print(code_version(), '|', commit())"


def ask(folder: Path) -> list[str]:
    done = subprocess.run([sys.executable, "-c", ASK], cwd=folder, capture_output=True, text=True, check=True)
    return [part.strip() for part in done.stdout.split("|")]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / "galcore").mkdir()
    for name in ("__init__.py", "settings.py", "code_version.py"):
        shutil.copy(ROOT / "galcore" / name, tmp_path / "galcore" / name)
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_outside_a_checkout_the_version_is_that_of_the_package(copy: Path) -> None:
    assert ask(copy) == [__version__, "unknown"]


def test_in_a_checkout_the_version_names_the_commit_and_whether_files_were_changed(copy: Path) -> None:
    git(copy, "init", "-q")
    git(copy, "add", "galcore/__init__.py", "galcore/settings.py", "galcore/code_version.py")
    git(copy, "commit", "-qm", "first")
    revision = git(copy, "rev-parse", "--short=12", "HEAD")
    assert ask(copy) == [f"{__version__} ({revision})", revision]

    with (copy / "galcore" / "settings.py").open("a") as file:
        file.write("# changed\n")
    assert ask(copy) == [f"{__version__} ({revision}+)", f"{revision}+"]
