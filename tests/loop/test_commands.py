"""`benchmark loop` and `benchmark latency` as a script would call them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from galcore.__main__ import build_app
from galcore.types import GalcoreError

N = 40


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(), list(arguments))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """Round and flat blobs, imported with a table that tells which is which; one answer is unknown."""
    folder = tmp_path_factory.mktemp("blobs")
    images = folder / "images"
    images.mkdir()
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-16:16, -16:16]
    lines = ["id,flat"]
    for number in range(N):
        flat = number % 2
        light = np.exp(-(x**2) / 40 - y**2 / (4 if flat else 40)) * 200 + rng.normal(20, 5, (32, 32))
        Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).save(images / f"blob{number:02d}.png")
        lines.append(f"blob{number:02d},{'' if number == 0 else float(flat)}")
    (folder / "truth.csv").write_text("\n".join(lines) + "\n")
    made = run("import", str(images), "--table", str(folder / "truth.csv"), "--workspace", str(folder / "w"))
    assert made.exit_code == 0, made.output
    return folder / "w"


def test_benchmark_loop_prints_one_json_object_with_a_row_a_loop(workspace, tmp_path):
    out = tmp_path / "loop.json"
    done = run(
        *("benchmark", "loop", str(workspace), "--column", "flat", "--positive", "1", "--grid", "4"),
        *("--loops", "4", "--seeds", "2", "--features", "hog", "--json", "--out", str(out)),
    )
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert content == json.loads(out.read_text())
    assert [row["loop"] for row in content["rows"]] == [1, 2, 3, 4]
    assert content["rows"][-1]["shown"] == 16
    assert content["rows"][-1]["auc"] > 0.9
    assert {"clicks", "positives_found", "auc_low", "auc_high", "average_precision"} <= set(
        content["rows"][0]
    )
    pool = {measure["metric"]: measure["value"] for measure in content["results"]}
    assert (
        pool["galaxies that could be shown"] + pool["galaxies never shown, on which AUC is measured"] == N - 1
    )


def test_benchmark_loop_prints_a_table_for_people(workspace):
    done = run(
        *("benchmark", "loop", str(workspace), "--column", "flat", "--positive", "1", "--negative", "0"),
        *("--loops", "2", "--seeds", "1", "--features", "pixels", "--strategy", "random"),
    )
    assert done.exit_code == 0, done.output
    assert "first reaches 0.9" in done.stdout


def test_a_column_that_is_not_there_is_named_with_those_that_are(workspace):
    done = run(
        *("benchmark", "loop", str(workspace), "--column", "bar", "--positive", "1", "--features", "hog")
    )
    assert isinstance(done.exception, GalcoreError)
    assert "flat" in str(done.exception)


def test_benchmark_latency_measures_against_its_limit():
    done = run("benchmark", "latency", "--galaxies", "400", "--labels", "50", "--submissions", "2", "--json")
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert content["name"] == "latency"
    assert [measure["target"] for measure in content["results"]] == ["", "<= 150", ""]
