"""The end of a run: averaged weights with their preprocessing, and the facts that made them."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from galcore.code_version import code_version
from galcore.hardware import hardware
from galcore.model.checkpoints import save_foundation
from galcore.model.preprocessing import Preprocessing
from galcore.pretrain.corpus import FRAME_MARGIN, SMALLEST_FRACTION
from galcore.pretrain.plan import PretrainingPlan
from galcore.pretrain.run import PretrainingRun
from galcore.pretrain.run_card import RunCard, mean_losses


def finish(run: PretrainingRun, folder: Path) -> Path:
    """Write ``<size>.safetensors`` and ``<size>.json``; returns the weights."""
    weights = folder / f"galcore-{run.plan.size}.safetensors"
    save_foundation(weights, run.average, preprocessing=finished_preprocessing(run.plan))
    weights.with_suffix(".json").write_text(make_card(run).to_json() + "\n", encoding="utf-8")
    return weights


def finished_preprocessing(plan: PretrainingPlan) -> Preprocessing:
    """What the finished encoder does to a stamp: the frames of its training, at the plan's ``input_px``."""
    return Preprocessing(
        size_px=plan.input_px or plan.view_px,
        glimpse_px=plan.view_px if plan.input_px > plan.view_px else 0,
        margin=FRAME_MARGIN,
        crop_fraction=SMALLEST_FRACTION,
        unit_length=True,
    )


def make_card(run: PretrainingRun) -> RunCard:
    """Facts of a run."""
    source = run.source
    data = {"real": f"{len(source.real)} pictures, {source.real.data_hash}"}
    if source.simulated is not None:
        corpus = source.simulated.corpus
        data["simulated"] = f"{len(corpus)} pictures, {corpus.data_hash}"
    return RunCard(
        plan=run.plan.to_json(),
        data=json.dumps(data),
        code_version=code_version(),
        hardware=_hardware(run),
        processes=run.processes.world,
        parameters=run.average.count_parameters(),
        steps=run.step,
        views=run.samples,
        minutes=round(run.seconds / 60, 1),
        losses=mean_losses(run.history),
    )


def _hardware(run: PretrainingRun) -> str:
    if run.device.type != "cuda":
        return hardware()
    return f"{torch.cuda.get_device_name(run.device)}; {hardware()}"
