from __future__ import annotations

import json
from pathlib import Path

import pytest

from galcore.pretrain.plan import plan_from, read_plan
from galcore.settings import ROOT
from galcore.types import GalcoreError

MISTAKES = {
    'size = "huge"': r"size 'huge' is none of tiny, small, base",
    "learning_rat = 1": r"unknown setting 'learning_rat'",
    'schedule = "random"': r"schedule 'random' is none of uniform, active",
    "steps = 0\nminutes = 0": r"steps or minutes above 0",
    "view_px = 100": r"view_px and restore_px must be multiples of 32",
    "[tasks]\nsleep = 1": r"tasks: unknown task 'sleep'",
    "[architecture]\ndepth = 3": r"unknown setting 'depth'",
    "[augmentation]\ntwist = 3": r"unknown setting 'twist'",
    "size = ": r"not a readable TOML file",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_a_plan_names_the_file_and_the_field(text: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)

    with pytest.raises(GalcoreError, match=MISTAKES[text]) as caught:
        read_plan(file)

    assert str(file) in str(caught.value)


def test_a_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match=r"absent\.toml"):
        read_plan(tmp_path / "absent.toml")


@pytest.mark.parametrize("file", sorted((ROOT / "runs").glob("*.toml")), ids=lambda file: file.stem)
def test_every_committed_plan_can_be_read(file: Path) -> None:
    plan = read_plan(file)

    assert file.stem.startswith(plan.size)
    assert plan.data
    assert set(plan.quotas) <= set(plan.data)


def test_a_plan_survives_its_checkpoint() -> None:
    plan = plan_from(
        {"steps": 5, "data": {"a": ["x", "y"]}, "augmentation": {"zoom": [0.8, 1.1]}}, where="test"
    )

    assert plan_from(json.loads(plan.to_json()), where="checkpoint").to_json() == plan.to_json()


def test_the_network_is_built_for_the_views_of_the_plan() -> None:
    assert plan_from({"size": "base", "view_px": 224}, where="test").architecture.size_px == 224
    small = plan_from({"size": "small", "architecture": {"decoder_widths": [8, 8, 8, 8]}}, where="test")
    assert small.architecture.backbone.startswith("swin")
    assert small.architecture.decoder_widths == (8, 8, 8, 8)
