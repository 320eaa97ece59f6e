from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from galcore.model.checkpoints import load_encoder
from galcore.model.foundation import FoundationModel
from galcore.model.restorer import load_restorer
from galcore.pretrain.corpus import Corpus
from galcore.pretrain.finish import finish
from galcore.pretrain.run import PretrainingRun
from galcore.pretrain.simulated_corpus import SimulatedCorpus
from galcore.types import GalcoreError
from tests.pretrain.conftest import small_plan


def start(real: Corpus, simulated: SimulatedCorpus | None, **changes: Any) -> PretrainingRun:
    plan = small_plan(**changes)
    return PretrainingRun(plan, FoundationModel(plan.architecture, seed=plan.seed), real, simulated)


@pytest.mark.parametrize(("norm", "schedule"), [("folded", "active"), ("as_built", "uniform")])
def test_a_resumed_run_goes_on_to_the_bit(
    real: Corpus, simulated: SimulatedCorpus, tmp_path: Path, norm: str, schedule: str
) -> None:
    architecture = {"backbone": "test_resnet", "norm": norm, "decoder_widths": [8, 8, 8, 8]}
    changes = {"steps": 6, "schedule": schedule, "architecture": architecture}
    whole, first = (start(real, simulated, **changes) for _ in range(2))
    expected = [whole.take_step() for _ in range(3)]
    first.take_step()
    first.save(tmp_path / "run.pt")
    torch.manual_seed(123)

    onward = start(real, simulated, **changes)
    onward.resume(tmp_path / "run.pt")

    assert [onward.take_step() for _ in range(2)] == expected[1:]
    for name, weight in whole.average.state_dict().items():
        assert torch.equal(onward.average.state_dict()[name], weight), name
    assert onward.samples == whole.samples


def test_every_task_reports_its_losses(real: Corpus, simulated: SimulatedCorpus) -> None:
    losses = start(real, simulated).take_step()

    wanted = "contrast structure_real structure binary kinds numbers reconstruct_mse reconstruct_gain_db"
    assert set(wanted.split()) | {"deconvolve_gain_db", "deconvolve_spread", "norm"} <= set(losses)
    assert np.isfinite(list(losses.values())).all()


def test_without_simulations_the_truth_task_gives_its_share_to_the_others(real: Corpus) -> None:
    run = start(real, None, schedule="active")

    losses = run.take_step()

    assert "kinds" not in losses
    assert "truth" not in run.schedule.shares()
    assert sum(run.schedule.shares().values()) == pytest.approx(1)


def test_training_lowers_the_loss(real: Corpus, simulated: SimulatedCorpus) -> None:
    run = start(real, simulated, tasks={"truth": 1.0}, steps=16, pictures=32, learning_rate=5e-3)

    losses = [run.take_step()["structure"] for _ in range(16)]

    assert np.mean(losses[-4:]) < 0.85 * np.mean(losses[:2])


def test_a_run_ends_when_its_time_is_used_up(real: Corpus, tmp_path: Path) -> None:
    run = start(real, None, steps=0, minutes=0.01, pictures=64)
    run.train(tmp_path / "run.pt", report=lambda row: None)

    assert run.share_done >= 1
    assert run.learning_rate() < 0.05 * run.plan.learning_rate
    assert (tmp_path / "run.pt").exists()


def test_a_run_that_is_stopped_saves_where_it_is(real: Corpus, tmp_path: Path) -> None:
    run = start(real, None, steps=100, pictures=64)

    def stop(row: dict[str, float]) -> None:
        run.stopped = row["step"] == 3

    run.train(tmp_path / "run.pt", report_every=1, report=stop)

    onward = start(real, None, steps=100, pictures=64)
    onward.resume(tmp_path / "run.pt")
    assert onward.step == 3
    assert [row["step"] for row in onward.history] == [1, 2, 3]


def test_small_views_come_first_and_the_rate_warms_up_and_falls(real: Corpus) -> None:
    run = start(real, None, view_px=64, early_view_px=32, early_share=0.5, steps=100, warmup_share=0.1)
    sides, rates = [], []
    for step in range(100):
        run.step = step
        sides.append(run.view_px)
        rates.append(run.learning_rate())

    assert sides == [32] * 50 + [64] * 50
    assert int(np.argmax(rates)) == 10
    assert max(rates) == pytest.approx(run.plan.learning_rate, rel=0.03)
    assert rates[-1] < 0.02 * max(rates)


def test_the_finished_weights_encode_and_restore(
    real: Corpus, simulated: SimulatedCorpus, tmp_path: Path
) -> None:
    run = start(real, simulated, steps=2)
    run.train(tmp_path / "checkpoint.pt", report_every=1, report=lambda row: None)

    weights = finish(run, tmp_path)

    encoder = load_encoder(str(weights), device="cpu")
    assert encoder.preprocessing.size_px == run.plan.view_px
    picture = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        direction = torch.nn.functional.normalize(run.average.eval().embed(picture), dim=1)
        torch.testing.assert_close(encoder.encode(picture), direction, rtol=0.05, atol=0.02)
    restored = load_restorer(str(weights), device="cpu").reconstruct(
        picture, torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    )
    assert torch.equal(restored.pixels, picture)
    card = weights.with_suffix(".json").read_text()
    for fact in (real.data_hash, simulated.corpus.data_hash, '"views": ', '"hardware"', '"contrast"'):
        assert fact in card


def test_a_file_that_is_no_checkpoint_is_named(real: Corpus, tmp_path: Path) -> None:
    (tmp_path / "run.pt").write_bytes(b"not a checkpoint")

    with pytest.raises(GalcoreError, match=r"run\.pt: not a checkpoint"):
        start(real, None).resume(tmp_path / "run.pt")
