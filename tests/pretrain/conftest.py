"""A few dozen simulated galaxies as a corpus, and a plan small enough for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from galcore.pretrain.corpus import Corpus, build_corpus, list_pictures
from galcore.pretrain.plan import PretrainingPlan, plan_from
from galcore.pretrain.simulated_corpus import SimulatedCorpus, SimulatedPart, build_simulated_corpus
from galcore.simulate.sample import simulate
from galcore.simulate.surveys import SDSS

N_REAL = 60
SMALL_PLAN: dict[str, Any] = {
    "seed": 3,
    "steps": 4,
    "view_px": 32,
    "restore_px": 32,
    "pictures": 64,
    "memory": 64,
    "learning_rate": 2e-3,
    "tasks": {"contrast": 0.5, "truth": 0.2, "reconstruct": 0.15, "deconvolve": 0.15},
    "data": {"near": ["near"], "far": ["far"]},
    "architecture": {"backbone": "test_resnet", "norm": "folded", "decoder_widths": [12, 12, 8, 8]},
}


def small_plan(**changes: Any) -> PretrainingPlan:
    """The small plan with other fields."""
    return plan_from(SMALL_PLAN | changes, where="test")


@pytest.fixture(scope="session")
def picture_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two real-looking sets, ``near`` and ``far``, each with ``images``."""
    folder = tmp_path_factory.mktemp("sets")
    for index, rgb in enumerate(simulate(N_REAL, seed=1, size_px=48).rgb):
        images = folder / ("near" if index < N_REAL // 2 else "far") / "images"
        images.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rgb).save(images / f"galaxy-{index}.png")
    return folder


@pytest.fixture(scope="session")
def real(picture_sets: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    sets = {name: list_pictures(picture_sets / name) for name in ("near", "far")}
    return build_corpus(sets, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> SimulatedCorpus:
    return build_simulated_corpus(
        (SimulatedPart("sdss", SDSS, 64, 48),), cache=tmp_path_factory.mktemp("simulated")
    )
