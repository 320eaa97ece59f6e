from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.restore.network import band_groups
from galcore.restore.tiling import MULTIPLE, feather, pad_to_multiple, tiles

SIDES = st.integers(1, 40).map(lambda n: n * MULTIPLE)


@settings(max_examples=25, deadline=None)
@given(SIDES, SIDES)
def test_tiles_cover_every_pixel_and_fit_the_network(height: int, width: int) -> None:
    weights = np.zeros((height, width))
    for tile in tiles(height, width):
        assert tile.height % MULTIPLE == 0
        assert tile.width % MULTIPLE == 0
        assert weights[tile.slices].shape == (tile.height, tile.width)
        weights[tile.slices] += feather(tile, height, width)

    assert weights.min() > 0.2


@pytest.mark.parametrize("shape", [(3, 20, 20), (1, 4, 500), (2, 128, 97)])
def test_padding_is_undone_exactly(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).normal(size=shape)

    padded, inner = pad_to_multiple(image)

    assert all(side % MULTIPLE == 0 for side in padded.shape[1:])
    assert np.array_equal(padded[:, *inner], image)


@pytest.mark.parametrize("count", range(1, 10))
def test_every_band_is_in_a_group_of_three(count: int) -> None:
    for reverse in (False, True):
        groups = band_groups(count, reverse=reverse)
        assert all(len(group) == 3 for group in groups)
        assert {band for group in groups for band in group} == set(range(count))
