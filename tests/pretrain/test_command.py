"""The command as a person or a cluster runs it: in processes of its own, killed and resumed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from galcore.__main__ import build_app
from galcore.settings import ROOT
from galcore.types import GalcoreError

PLAN = """
seed = 3
steps = 8
view_px = 32
restore_px = 32
pictures = 64
memory = 64
simulated = 0
schedule = "active"
{more}
[tasks]
contrast = 0.5
reconstruct = 0.25
deconvolve = 0.25
[data]
near = ["near"]
far = ["far"]
[architecture]
backbone = "test_resnet"
decoder_widths = [8, 8, 8, 8]
"""


def command(plan: Path, sets: Path, *arguments: str) -> list[str]:
    start = [sys.executable, "-m", "galcore", "pretrain", "--config", str(plan)]
    return [*start, "--real", str(sets), "--device", "cpu", "--report-every", "1", "--quiet", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def run(plan: Path, sets: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(plan, sets, *arguments), env=environment(), capture_output=True, text=True, check=False
    )


def write_plan(folder: Path, more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / "plan.toml"
    plan.write_text(PLAN.format(more=more))
    return plan


def rows(out: Path) -> list[dict[str, Any]]:
    log = out / "log.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def losses(out: Path) -> list[dict[str, float]]:
    timed = ("images_per_s", "left_s")
    return [{name: value for name, value in row.items() if name not in timed} for row in rows(out)]


@pytest.fixture(scope="module")
def whole_run(picture_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    done = run(write_plan(folder), picture_sets, "--out", str(folder / "out"))
    assert done.returncode == 0, done.stderr
    assert "galcore-tiny.safetensors" in done.stdout
    return folder


def wait_for_rows(process: subprocess.Popen[bytes], out: Path, n: int) -> None:
    waited = time.monotonic()
    while len(rows(out)) < n and process.poll() is None and time.monotonic() - waited < 120:
        time.sleep(0.02)
    assert process.poll() is None, "the run ended before it could be killed"


@pytest.mark.concurrency
def test_a_run_killed_without_warning_goes_on_as_if_it_had_not_been(
    whole_run: Path, picture_sets: Path, tmp_path: Path
) -> None:
    plan, out = write_plan(tmp_path), tmp_path / "out"
    shutil.copytree(whole_run / "out" / "cache", out / "cache")
    arguments = command(plan, picture_sets, "--out", str(out), "--save-every", "0")
    process = subprocess.Popen(arguments, env=environment())
    wait_for_rows(process, out, 3)
    process.send_signal(signal.SIGKILL)
    process.wait()

    resumed = run(plan, picture_sets, "--out", str(out), "--resume")

    assert resumed.returncode == 0, resumed.stderr
    assert losses(out) == losses(whole_run / "out")
    one, two = ((folder / "galcore-tiny.safetensors").read_bytes() for folder in (out, whole_run / "out"))
    assert one == two


@pytest.mark.concurrency
def test_a_run_asked_to_end_saves_says_so_and_leaves_its_card(
    whole_run: Path, picture_sets: Path, tmp_path: Path
) -> None:
    plan, out = write_plan(tmp_path), tmp_path / "out"
    plan.write_text(plan.read_text().replace("steps = 8", "steps = 5000"))
    shutil.copytree(whole_run / "out" / "cache", out / "cache")
    arguments = command(plan, picture_sets, "--out", str(out))
    process = subprocess.Popen(arguments, env=environment(), stderr=subprocess.PIPE, text=True)
    wait_for_rows(process, out, 1)  # type: ignore[arg-type]
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)

    assert process.returncode == 130
    assert "--resume" in said
    assert (out / "checkpoint.pt").exists()
    card = json.loads((out / "card.json").read_text())
    assert card["steps"] == len(rows(out)) > 0
    assert not (out / "galcore-tiny.safetensors").exists()

    changed = plan.read_text().replace("pictures = 64", "pictures = 128")
    plan.write_text(changed)
    refused = run(plan, picture_sets, "--out", str(out), "--resume")
    assert refused.returncode == 1
    assert "was trained with pictures = 64, the plan now says 128" in refused.stderr


def test_a_finished_run_has_log_card_and_events(whole_run: Path) -> None:
    out = whole_run / "out"

    assert [row["step"] for row in rows(out)] == list(range(1, 9))
    assert {"contrast", "reconstruct_gain_db", "share_contrast", "images_per_s", "left_s"} <= set(
        rows(out)[-1]
    )
    card = json.loads((out / "galcore-tiny.json").read_text())
    assert card["parameters"] > 100_000
    assert card["views"] == rows(out)[-1]["samples"]
    assert {"code_version", "hardware", "data", "losses", "plan", "processes"} <= set(card)
    assert card["plan"]["seed"] == 3


def test_losses_rates_and_restored_pictures_are_there_for_tensorboard(whole_run: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(whole_run / "out" / "tensorboard"))
    events.Reload()

    tags = events.Tags()
    assert {"loss/contrast", "share/contrast", "run/learning_rate", "run/images_per_s"} <= set(
        tags["scalars"]
    )
    assert {"restored/reconstruct", "restored/deconvolve"} <= set(tags["images"])
    strip = events.Images("restored/reconstruct")[-1]
    assert (strip.width, strip.height) == (3 * 32, 4 * 32)


def ask(*arguments: str) -> str:
    """What the command prints, run in this process."""
    done = CliRunner().invoke(build_app(), ["pretrain", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_folder_that_holds_a_run_is_not_written_over(whole_run: Path, picture_sets: Path) -> None:
    with pytest.raises(GalcoreError, match="add --resume"):
        ask(
            "--config",
            str(whole_run / "plan.toml"),
            "--real",
            str(picture_sets),
            "--out",
            str(whole_run / "out"),
        )


def test_real_sets_that_are_absent_are_named_with_the_setting(tmp_path: Path) -> None:
    plan = str(write_plan(tmp_path))

    with pytest.raises(GalcoreError, match=r"nowhere.*GALCORE_REAL_DATA.*--real.*far, near"):
        ask("--config", plan, "--real", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out"))


def test_start_weights_that_are_absent_or_others_are_refused_with_the_way_to_mend_it(
    tmp_path: Path, picture_sets: Path
) -> None:
    more = 'start = "first.safetensors"\nstart_command = "fetch-the-weights"\nstart_sha256 = "abc"'
    arguments = ["--config", str(write_plan(tmp_path, more)), "--real", str(picture_sets)]

    with pytest.raises(GalcoreError, match=r"is not there;\s+fetch-the-weights"):
        ask(*arguments, "--out", str(tmp_path / "out"))
    (tmp_path / "first.safetensors").write_bytes(b"something else")
    with pytest.raises(GalcoreError, match=r"other weights[^;]*;\s+fetch-the-weights"):
        ask(*arguments, "--out", str(tmp_path / "out"))


def test_a_plan_can_be_described_without_data(tmp_path: Path) -> None:
    said = ask("--config", str(write_plan(tmp_path)), "--describe")

    for word in ("test_resnet", "weights", "GFLOP", "contrast 32"):
        assert word in said
