"""Gestures on the map and the selection they lead to."""

import numpy as np
import pytest

from galcore.atlas.colours import FILTERED_OUT
from galcore.atlas.gestures import Gesture, apply_gesture, read_gesture
from galcore.types import GalcoreError

IDS = np.array(["a", "b", "c", "d"], dtype=object)
XY = np.array([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3], [0.9, 0.9]], dtype=np.float32)
CODES = np.array([0, 1, FILTERED_OUT, 0], dtype=np.uint8)
SQUARE = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))


def do(gesture, selected=()):
    return apply_gesture(gesture, selected, IDS, XY, CODES)


def test_a_lasso_selects_what_is_drawn_inside_it():
    assert do(Gesture(1, "lasso", polygon=SQUARE), ("d",)) == ("a", "b")


def test_a_class_hidden_in_the_legend_is_not_selected():
    assert do(Gesture(1, "lasso", polygon=SQUARE, hidden=(1,))) == ("a",)


def test_shift_adds_and_keeps_the_order():
    assert do(Gesture(1, "lasso", "add", SQUARE), ("d", "b")) == ("d", "b", "a")


def test_alt_takes_away():
    assert do(Gesture(1, "lasso", "subtract", SQUARE), ("d", "b", "elsewhere")) == ("d", "elsewhere")


def test_a_click_adds_one_and_a_second_takes_it_out():
    assert do(Gesture(1, "point", "add", row=3), ("a",)) == ("a", "d")
    assert do(Gesture(2, "point", "subtract", row=3), ("a", "d")) == ("a",)


@pytest.mark.parametrize("row", [-1, 2, 4, 10**9])
def test_a_click_on_nothing_or_on_a_hidden_galaxy_selects_nothing(row):
    assert do(Gesture(1, "point", "add", row=row), ("a",)) == ("a",)


def test_clearing_empties_and_opening_changes_nothing():
    assert do(Gesture(1, "clear"), ("a",)) == ()
    assert do(Gesture(1, "open", row=0), ("b",)) == ("b",)


def test_a_message_of_the_browser_becomes_a_gesture():
    message = {"number": 7, "kind": "lasso", "mode": "add", "polygon": [[0, 1], [2, 3]], "hidden": [4]}
    assert read_gesture(message) == Gesture(7, "lasso", "add", ((0.0, 1.0), (2.0, 3.0)), -1, (4,))


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"number": "x", "kind": "lasso"},
        {"number": 1, "kind": "delete everything"},
        {"number": 1, "kind": "lasso", "mode": "explode"},
        {"number": 1, "kind": "lasso", "polygon": [[1]]},
        {"number": 1, "kind": "lasso", "polygon": "abc"},
        {"number": 1, "kind": "point", "row": None},
    ],
)
def test_a_hostile_message_is_refused(message):
    with pytest.raises(GalcoreError):
        read_gesture(message)
