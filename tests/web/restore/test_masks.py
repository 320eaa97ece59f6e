"""Masks from the browser: what was drawn comes back, anything else is refused before it costs memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from galcore.types import GalcoreError
from galcore.web.restore.masks import decode_mask, encode_mask


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 1), st.integers(0, 1000))
def test_a_mask_comes_back_as_it_was_drawn(height, width, share, seed):
    mask = np.random.default_rng(seed).random((height, width)) < share
    message = {"width": width, "height": height, "runs": encode_mask(mask)}
    assert (decode_mask(message, height=height, width=width) == mask).all()


def test_an_empty_mask_is_one_run():
    assert encode_mask(np.zeros((3, 4), bool)) == [12]


HOSTILE = [
    None,
    [1, 2],
    "runs",
    {},
    {"width": 4, "height": 3},
    {"width": 4, "height": 3, "runs": "12"},
    {"width": 3, "height": 4, "runs": [12]},
    {"width": 4.0, "height": 3, "runs": [11]},
    {"width": 4, "height": 3, "runs": [13]},
    {"width": 4, "height": 3, "runs": [-1, 13]},
    {"width": 4, "height": 3, "runs": [10**30]},
    {"width": 4, "height": 3, "runs": [6.0, 6.0]},
    {"width": 4, "height": 3, "runs": [True, 11]},
    {"width": 4, "height": 3, "runs": [None, 12]},
    {"width": 4, "height": 3, "runs": [6, 0, 6]},
    {"width": 4, "height": 3, "runs": [0] * 1_000_000},
    {"width": 10**9, "height": 10**9, "runs": [10**18]},
]


@pytest.mark.parametrize("message", HOSTILE, ids=lambda message: str(message)[:50])
def test_what_is_no_mask_of_this_image_is_refused(message):
    with pytest.raises(GalcoreError, match="does not fit this image"):
        decode_mask(message, height=3, width=4)


@given(st.lists(st.none() | st.integers(-9, 9) | st.integers() | st.text(max_size=2), max_size=7) | st.text())
def test_no_message_does_worse_than_being_refused(runs):
    try:
        mask = decode_mask({"width": 3, "height": 2, "runs": runs}, height=2, width=3)
    except GalcoreError:
        return
    assert mask.shape == (2, 3)
