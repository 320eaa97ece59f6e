from __future__ import annotations

from dataclasses import fields

import pytest
import torch
from torch import Tensor

from galcore.pretrain.batches import CHUNK, BatchSource, StepBatch, crop_and_turn
from galcore.pretrain.corpus import Corpus
from galcore.pretrain.simulated_corpus import SimulatedCorpus
from tests.pretrain.conftest import small_plan

COUNTS = {"contrast": 64, "truth": 32, "reconstruct": 48, "deconvolve": 32}


def tensors(batch: StepBatch) -> dict[str, Tensor]:
    found = {}
    for task in fields(batch):
        part = getattr(batch, task.name)
        if part is not None:
            found |= {f"{task.name}.{f.name}": getattr(part, f.name) for f in fields(part)}
    return found


def assert_same(one: dict[str, Tensor], two: dict[str, Tensor]) -> None:
    assert one.keys() == two.keys()
    for name in one:
        assert torch.equal(torch.nan_to_num(one[name].float()), torch.nan_to_num(two[name].float())), name


def test_a_batch_depends_on_seed_and_step_only(real: Corpus, simulated: SimulatedCorpus) -> None:
    fresh, used = (BatchSource(small_plan(), real, simulated) for _ in range(2))
    used.draw(0, COUNTS)
    torch.manual_seed(99)

    assert_same(tensors(fresh.draw(7, COUNTS)), tensors(used.draw(7, COUNTS)))

    other_step, other_seed = (
        used.draw(8, COUNTS),
        BatchSource(small_plan(seed=4), real, simulated).draw(7, COUNTS),
    )
    for batch in (other_step, other_seed):
        assert not torch.equal(
            tensors(batch)["contrast.first"], tensors(fresh.draw(7, COUNTS))["contrast.first"]
        )


def test_two_processes_together_draw_what_one_draws(real: Corpus, simulated: SimulatedCorpus) -> None:
    whole = tensors(BatchSource(small_plan(), real, simulated).draw(5, COUNTS))
    halves = [
        tensors(BatchSource(small_plan(), real, simulated, rank=rank, world=2).draw(5, COUNTS))
        for rank in range(2)
    ]

    for name, tensor in whole.items():
        chunks = [list(half[name].split(CHUNK)) for half in halves]
        woven = [chunks[n % 2][n // 2] for n in range(len(tensor) // CHUNK)]
        assert torch.equal(torch.nan_to_num(torch.cat(woven).float()), torch.nan_to_num(tensor.float())), name


def test_a_process_without_a_chunk_has_nothing_to_do(real: Corpus) -> None:
    batch = BatchSource(small_plan(), real, None, rank=1, world=2).draw(0, {"contrast": 32, "deconvolve": 16})

    assert batch.contrast is None
    assert batch.truth is None
    assert batch.reconstruct is None
    assert batch.deconvolve is None


def test_groups_come_by_their_quotas(real: Corpus) -> None:
    source = BatchSource(small_plan(quotas={"near": 3, "far": 1}), real, None)

    batch = source.draw(0, {"contrast": 64})

    assert batch.contrast is not None
    assert batch.contrast.groups.bincount().tolist() == [24, 8]
    assert len(batch.contrast.pictures.unique()) >= 24


def test_half_of_the_pictures_to_restore_are_simulated_where_there_are_any(
    real: Corpus, simulated: SimulatedCorpus
) -> None:
    counts = {"reconstruct": 32}
    mixed = BatchSource(small_plan(), real, simulated).draw(0, counts).reconstruct
    alone = BatchSource(small_plan(), real, None).draw(0, counts).reconstruct

    assert mixed is not None and alone is not None
    assert torch.equal(mixed.target[:CHUNK], alone.target[:CHUNK])
    assert not torch.equal(mixed.target[CHUNK:], alone.target[CHUNK:])


def test_small_views_come_first_where_the_plan_says_so(real: Corpus) -> None:
    batch = BatchSource(small_plan(), real, None).draw(0, {"contrast": 32}, view_px=64)

    assert batch.contrast is not None
    assert batch.contrast.first.shape[-1] == 64


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_crops_keep_their_pixels_whatever_way_they_are_turned(scale: float) -> None:
    constant = torch.full((5, 3, 64, 64), 0.3)

    crops = crop_and_turn(constant, 32, scale, torch.Generator().manual_seed(1))

    assert crops.shape == (5, 3, 32, 32)
    torch.testing.assert_close(crops, torch.full((5, 3, 32, 32), 0.3))
