import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.images.stamps import cut_stamp, stamp_window
from galcore.types import GalcoreError

FIELD = np.arange(2 * 30 * 40, dtype=np.float32).reshape(2, 30, 40)


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.integers(1, 90))
def test_a_stamp_at_any_position_has_the_asked_size(x: float, y: float, size_px: int) -> None:
    stamp = cut_stamp(FIELD, x, y, size_px)
    assert stamp.shape == (2, size_px, size_px)
    known = stamp[np.isfinite(stamp)]
    assert np.isin(known, FIELD).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 39), st.integers(0, 29), st.integers(0, 10))
def test_an_odd_stamp_has_its_source_in_the_middle_pixel(x: int, y: int, half: int) -> None:
    stamp = cut_stamp(FIELD, x, y, 2 * half + 1)
    assert stamp[1, half, half] == FIELD[1, y, x]


def test_beyond_the_edge_there_is_nan_or_zero_for_bytes() -> None:
    assert np.isnan(cut_stamp(FIELD, 0, 0, 11)[:, :5, :]).all()
    assert (cut_stamp(np.full((3, 8, 8), 9, np.uint8), 0, 0, 9)[:, :4, :] == 0).all()


def test_a_window_says_whether_it_sticks_out() -> None:
    assert not stamp_window(20, 15, 10).touches_edge(30, 40)
    assert stamp_window(38, 15, 10).touches_edge(30, 40)


@pytest.mark.parametrize(("x", "y", "size_px"), [(float("nan"), 1.0, 8), (1.0, 1.0, 0), (1.0, 1.0, 10**6)])
def test_a_stamp_that_makes_no_sense_is_refused(x: float, y: float, size_px: int) -> None:
    with pytest.raises(GalcoreError):
        cut_stamp(FIELD, x, y, size_px)
