"""Several processes take the steps of one: same losses at the same global batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn

from galcore.model.foundation import FoundationModel
from galcore.pretrain.corpus import Corpus
from galcore.pretrain.processes import (
    Processes,
    SharedBatchNorm,
    gather_rows,
    share_batch_norm,
    share_of_mean,
)
from galcore.pretrain.run import PretrainingRun
from galcore.pretrain.simulated_corpus import SimulatedCorpus
from galcore.settings import ROOT
from galcore.types import GalcoreError
from tests.pretrain.conftest import small_plan

STEPS = 5
TOLERANCE = 2e-3  # relative; float32 sums in another order, which Adam and batch normalisation amplify
CASES: dict[str, dict[str, Any]] = {
    # 3 chunks of contrasts over two processes: 2 and 1
    "batch normalisation, uneven, active": {
        "pictures": 192,
        "schedule": "active",
        "learning_rate": 5e-4,  # each update multiplies the rounding of the sums, the more the larger it is
        "floor": 0.9,  # no task falls below a chunk for each process, which alone would not be asked for
        "architecture": {"backbone": "test_resnet", "decoder_widths": [8, 8, 8, 8]},
    },
}


def train(
    plan: dict[str, Any], real: Corpus, simulated: SimulatedCorpus, processes: Processes
) -> PretrainingRun:
    made = small_plan(steps=STEPS, **plan)
    run = PretrainingRun(
        made, FoundationModel(made.architecture, seed=1), real, simulated, processes=processes
    )
    run._half = False  # the order of sums would hide behind the rounding of bfloat16
    return run


def losses(run: PretrainingRun) -> list[dict[str, float]]:
    return [run.take_step() for _ in range(STEPS)]


def _one_process(
    rank: int, folder: str, plan: dict[str, Any], real: Corpus, simulated: SimulatedCorpus
) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    run = train(plan, real, simulated, Processes(rank, 2))
    rows = losses(run)
    run.save(Path(folder) / "checkpoint.pt")
    Path(folder, f"{rank}.json").write_text(json.dumps({"rows": rows, "shares": run.schedule.shares()}))
    weights = {name: tensor.float() for name, tensor in run.network.state_dict().items()}
    torch.save(weights, f"{folder}/weights-{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.concurrency
@pytest.mark.parametrize("case", CASES)
def test_two_processes_have_the_loss_curve_of_one(
    case: str, real: Corpus, simulated: SimulatedCorpus, tmp_path: Path
) -> None:
    plan = CASES[case]
    alone = train(plan, real, simulated, Processes())
    expected = losses(alone)

    mp.spawn(_one_process, args=(str(tmp_path), plan, real, simulated), nprocs=2)

    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    for one, two, row in zip(first["rows"], second["rows"], expected, strict=True):
        assert one == two  # both know the losses of both
        norms = [each.pop("norm") for each in (one, row)]
        first_step = row is expected[0]  # the same weights on both sides
        assert norms[0] == pytest.approx(norms[1], rel=TOLERANCE if first_step else 25 * TOLERANCE)
        assert one == pytest.approx(row, rel=TOLERANCE, abs=TOLERANCE)
    assert first["shares"] == pytest.approx(alone.schedule.shares(), abs=0.02)
    weights = [torch.load(tmp_path / f"weights-{rank}.pt", weights_only=True) for rank in (0, 1)]
    for name, tensor in weights[0].items():
        assert torch.equal(tensor, weights[1][name]), name
    memory = alone.network.memory
    torch.testing.assert_close(weights[0]["memory.projections"], memory.projections, rtol=0.02, atol=0.01)
    assert torch.equal(weights[0]["memory.pictures"], memory.pictures.float())

    onward = train(plan, real, simulated, Processes())
    onward.resume(tmp_path / "checkpoint.pt")  # what two processes saved, one goes on with
    assert onward.step == STEPS


def _shared_layers(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    rows = torch.load(f"{folder}/rows.pt", weights_only=True)
    mine = (rows[:5] if rank == 0 else rows[5:]).clone().requires_grad_(True)
    norm = nn.Sequential(nn.BatchNorm2d(3))
    share_batch_norm(norm, Processes(rank, 2))
    everyone = gather_rows(norm(mine))
    per_row = everyone[:5] if rank == 0 else everyone[5:]
    loss = share_of_mean((per_row**3).sum() + everyone[0].sum() * len(mine), len(mine))
    loss.backward()
    found = {"gradient": mine.grad, "mean": norm[0].running_mean, "var": norm[0].running_var}
    torch.save(found | {"loss": loss.detach()}, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.concurrency
def test_statistics_and_gradients_are_those_of_the_whole_batch(tmp_path: Path) -> None:
    rows = torch.randn(8, 3, 4, 4, generator=torch.Generator().manual_seed(0)) * 3 + 1
    torch.save(rows, tmp_path / "rows.pt")
    whole, norm = rows.clone().requires_grad_(True), nn.BatchNorm2d(3)
    out = norm(whole)
    expected = (out**3).sum() / 8 + out[0].sum()
    expected.backward()

    mp.spawn(_shared_layers, args=(str(tmp_path),), nprocs=2)

    found = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1)]
    assert whole.grad is not None
    gradient = torch.cat([each["gradient"] for each in found]) / 2  # as DistributedDataParallel averages
    torch.testing.assert_close(gradient, whole.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close((found[0]["loss"] + found[1]["loss"]) / 2, expected.detach())
    for each in found:
        torch.testing.assert_close(each["mean"], norm.running_mean)
        torch.testing.assert_close(each["var"], norm.running_var)


def test_shared_normalisation_on_one_process_is_the_usual_one() -> None:
    images = torch.randn(4, 3, 5, 5)
    usual, shared = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
    shared.__class__ = SharedBatchNorm  # type: ignore[assignment]

    torch.testing.assert_close(shared(images), usual(images))
    torch.testing.assert_close(shared.running_var, usual.running_var)
    torch.testing.assert_close(shared.eval()(images), usual.eval()(images))
    assert list(shared.state_dict()) == list(usual.state_dict())


def test_a_normalisation_that_cannot_be_shared_is_refused() -> None:
    with pytest.raises(GalcoreError, match="'0' \\(BatchNorm3d\\) cannot share"):
        share_batch_norm(nn.Sequential(nn.BatchNorm3d(2)), Processes(0, 2))


BASE_LIKE = """
size = "base"
seed = 1
steps = 2
view_px = 64
restore_px = 32
pictures = 128
memory = 64
simulated = 0
[tasks]
contrast = 0.5
reconstruct = 0.25
deconvolve = 0.25
[data]
near = ["near"]
[architecture]
backbone = "swin_tiny_patch4_window7_224"
decoder_widths = [16, 16, 8, 8]
"""


@pytest.mark.concurrency
@pytest.mark.slow
def test_a_transformer_like_base_trains_under_torchrun(picture_sets: Path, tmp_path: Path) -> None:
    plan = tmp_path / "base.toml"
    plan.write_text(BASE_LIKE)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    pretrain = ["-m", "galcore", "pretrain", "--config", str(plan), "--out", str(tmp_path / "out"), "--quiet"]
    done = subprocess.run(
        [*torchrun, *pretrain, "--real", str(picture_sets), "--device", "cpu", "--report-every", "1"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    rows = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2]
    card = json.loads((tmp_path / "out" / "galcore-base.json").read_text())
    assert card["processes"] == 2
