"""The commands others script against: results on stdout, progress on stderr, meaningful exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]


def galcore(*arguments: str, workspaces: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "GALCORE_WORKSPACES": str(workspaces), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "galcore", *arguments]
    return subprocess.run(
        command, cwd=workspaces, env=environment, capture_output=True, text=True, check=False
    )


def test_help_answers_and_names_every_command(tmp_path: Path) -> None:
    done = galcore("--help", workspaces=tmp_path)
    assert done.returncode == 0
    wanted = "demo import detect embed atlas prepare serve embeddings export benchmark simulate doctor"
    for command in wanted.split():
        assert f" {command} " in done.stdout, command


def test_every_command_explains_itself(tmp_path: Path) -> None:
    for command in (
        "import",
        "detect",
        "prepare",
        "serve",
        "embeddings",
        "export",
        "simulate",
        "doctor",
        "demo",
    ):
        done = galcore(command, "--help", workspaces=tmp_path)
        assert done.returncode == 0, command
        assert len(done.stdout.splitlines()) > 8, command


def test_an_unknown_workspace_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    done = galcore("prepare", "nowhere", workspaces=tmp_path)
    assert done.returncode == 1
    assert "nowhere is not a workspace" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    assert galcore("embeddings", "w", workspaces=tmp_path).returncode == 2


def test_prepare_prints_one_json_object_and_embeddings_writes_every_vector(
    copy_sky: Callable[[str], Path], tmp_path: Path
) -> None:
    workspaces = copy_sky("sky").parent
    done = galcore("prepare", "sky", "--json", workspaces=workspaces)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["n_galaxies"], report["n_embedded"], report["done"]) == (48, 48, [])

    out = tmp_path / "vectors.parquet"
    done = galcore("embeddings", "sky", "--out", str(out), "--json", workspaces=workspaces)
    assert done.returncode == 0, done.stderr
    frame = pd.read_parquet(out)
    assert frame["galaxy_id"].nunique() == 48
    assert {len(vector) for vector in frame["vector"]} == {json.loads(done.stdout)["dimension"]}


@pytest.mark.slow
def test_import_names_what_it_leaves_out_and_says_so_with_its_exit_code(tmp_path: Path) -> None:
    from galcore.simulate.write import write_survey

    written = write_survey(tmp_path / "survey", 3, survey="SDSS", seed=1, size_px=48)
    images = written.folder / "images"
    first = sorted(images.iterdir())[0]
    first.write_bytes(first.read_bytes()[:200])
    done = galcore("import", str(images), "--workspace", "w", "--json", workspaces=tmp_path)
    assert done.returncode == 3, done.stderr
    assert first.name in done.stdout
    assert len(pd.read_parquet(tmp_path / "w" / "catalog.parquet")) == 2
