from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from galcore.model.checkpoints import save_foundation
from galcore.model.foundation import FoundationModel
from galcore.model.preprocessing import Preprocessing
from galcore.pretrain.start import create_model
from galcore.types import GalcoreError
from tests.pretrain.conftest import small_plan


def test_encoder_and_decoder_may_come_from_two_files(tmp_path: Path) -> None:
    made = [FoundationModel(small_plan().architecture, seed=seed) for seed in (1, 2)]
    for name, model in zip("ab", made, strict=True):
        save_foundation(tmp_path / f"{name}.safetensors", model, preprocessing=Preprocessing(size_px=32))

    plan = small_plan(start="a.safetensors", start_decoder="b.safetensors")
    begun = create_model(plan, folder=tmp_path).state_dict()

    first, second = (model.state_dict() for model in made)
    for name, tensor in begun.items():
        source = second if name.startswith("decoder.") else first
        torch.testing.assert_close(tensor, source[name], atol=2e-3, rtol=2e-3)  # files are half precision


def test_a_file_without_a_decoder_is_refused_by_name(tmp_path: Path) -> None:
    save_file({"encoder.x": torch.zeros(1)}, tmp_path / "c.safetensors")

    with pytest.raises(GalcoreError, match=r"start_decoder: c\.safetensors holds no decoder"):
        create_model(small_plan(start_decoder="c.safetensors"), folder=tmp_path)


def test_a_decoder_that_is_not_there_is_named_with_its_line_in_the_plan(tmp_path: Path) -> None:
    with pytest.raises(GalcoreError, match=r"^start_decoder: .*d\.safetensors is not there"):
        create_model(small_plan(start_decoder="d.safetensors"), folder=tmp_path)
