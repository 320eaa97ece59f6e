from __future__ import annotations

import threading
import time
from contextlib import closing

import numpy as np
import pytest
import torch

from galcore.embed.pipeline import encode_in_parallel
from galcore.images.image import SkyImage
from galcore.model.encoder import Encoder
from galcore.types import GalcoreError
from tests.embed.conftest import simulated_stamps

IDS = [f"g{n:02d}" for n in range(21)]


@pytest.fixture(scope="module")
def stamps() -> dict[str, SkyImage]:
    return simulated_stamps(IDS)


def test_vectors_come_in_the_order_of_the_galaxies_however_long_each_takes(
    encoder: Encoder, stamps: dict[str, SkyImage]
) -> None:
    def load(galaxy_id: str) -> SkyImage:
        time.sleep(0.01 if galaxy_id in IDS[:4] else 0)
        return stamps[galaxy_id]

    batches = list(encode_in_parallel(IDS, load, encoder, batch_size=4, workers=3))

    assert [galaxy_id for batch in batches for galaxy_id in batch.galaxy_ids] == IDS
    alone = encoder.encode(torch.stack([encoder.preprocessing.prepare(stamps[name]) for name in IDS])).numpy()
    together = np.concatenate([batch.vectors for batch in batches])
    assert np.allclose(together, alone, atol=0.03 * np.abs(alone).max())


def test_images_are_read_while_others_are_read(encoder: Encoder, stamps: dict[str, SkyImage]) -> None:
    both_inside = threading.Barrier(2, timeout=20)  # breaks, and fails the test, if only one ever reads

    def load(galaxy_id: str) -> SkyImage:
        if galaxy_id in (IDS[0], IDS[11]):
            both_inside.wait()
        return stamps[galaxy_id]

    assert len(list(encode_in_parallel(IDS, load, encoder, batch_size=11, workers=2))) == 2


def test_a_slow_caller_does_not_pile_up_images(encoder: Encoder, stamps: dict[str, SkyImage]) -> None:
    asked: list[str] = []

    def load(galaxy_id: str) -> SkyImage:
        asked.append(galaxy_id)
        return stamps[galaxy_id]

    with closing(encode_in_parallel(IDS, load, encoder, batch_size=1, workers=2)) as batches:
        next(batches)
        time.sleep(0.3)
        assert len(asked) <= 4


def test_a_caller_who_stops_early_ends_the_reading(encoder: Encoder, stamps: dict[str, SkyImage]) -> None:
    before = threading.active_count()
    with closing(encode_in_parallel(IDS, stamps.__getitem__, encoder, batch_size=2, workers=2)) as batches:
        next(batches)
    assert threading.active_count() == before


def test_one_that_cannot_be_read_is_named_and_the_others_go_on(
    encoder: Encoder, stamps: dict[str, SkyImage]
) -> None:
    def load(galaxy_id: str) -> SkyImage:
        if galaxy_id == IDS[5]:
            raise GalcoreError("g05.jpg: torn or damaged picture")
        return stamps[galaxy_id]

    batches = list(encode_in_parallel(IDS, load, encoder, batch_size=1, workers=2))

    assert [out.source for batch in batches for out in batch.unreadable] == [IDS[5]]
    assert sum(len(batch.vectors) for batch in batches) == len(IDS) - 1


def test_a_fault_that_is_not_the_images_ends_the_run(encoder: Encoder) -> None:
    def load(galaxy_id: str) -> SkyImage:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(encode_in_parallel(IDS, load, encoder, batch_size=4))


def test_torch_has_its_cores_back_afterwards(encoder: Encoder, stamps: dict[str, SkyImage]) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        list(encode_in_parallel(IDS, stamps.__getitem__, encoder, batch_size=4))
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
