"""How galaxies are coloured on the map."""

import numpy as np
import pandas as pd
import pytest

from galcore.atlas.colours import (
    CLASS_COLOURS,
    FILTERED_OUT,
    MAX_CLASSES,
    MISSING,
    colour_points,
    hide_points,
)


def test_the_commonest_class_takes_the_first_colour():
    colours = colour_points(pd.Series(["b", "a", "b", "c", "b", "a"]), title="kind")
    assert [(e.label, e.count) for e in colours.entries] == [("b", 3), ("a", 2), ("c", 1)]
    assert colours.codes.tolist() == [0, 1, 0, 2, 0, 1]
    assert colours.entries[0].colour == CLASS_COLOURS[0]


def test_answers_of_a_campaign_keep_their_order():
    colours = colour_points(pd.Series(["no", "no", "yes"]), title="labels", order=("yes", "no"))
    assert [e.label for e in colours.entries] == ["yes", "no"]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, ""])
def test_a_missing_class_is_grey_and_last(missing):
    colours = colour_points(pd.Series(["a", missing], dtype=object), title="kind")
    assert colours.codes.tolist() == [0, MISSING]
    assert colours.entries[-1].code == MISSING


def test_a_great_many_classes_share_one_grey():
    colours = colour_points(pd.Series([f"class {i:02d}" for i in range(40)]), title="kind")
    assert len(colours.entries) == MAX_CLASSES
    assert colours.entries[-1].label == f"{40 - MAX_CLASSES + 1} other values"
    assert sum(entry.count for entry in colours.entries) == 40


@pytest.mark.parametrize("values", [[0, 1, 1], [0.0, 1.0, np.nan], [True, False, True]])
def test_few_whole_numbers_are_classes_without_decimals(values):
    colours = colour_points(pd.Series(values), title="vote")
    assert colours.kind == "classes"
    assert "." not in "".join(entry.label for entry in colours.entries)


def test_numbers_run_over_all_levels_and_one_wild_value_does_not_flatten_them():
    colours = colour_points(pd.Series([*np.linspace(0, 1, 500), 1e9, np.nan]), title="z")
    assert colours.kind == "numbers"
    assert colours.low == pytest.approx(0.01, abs=0.01)
    assert colours.high == pytest.approx(0.99, abs=0.02)
    assert colours.codes[0] == 0
    assert colours.codes[-2] == 253
    assert colours.codes[-1] == MISSING


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [3.25, 3.25]])
def test_columns_without_a_range_are_drawn_all_the_same(values):
    colours = colour_points(pd.Series(values, dtype=float), title="z")
    assert len(colours.codes) == len(values)


def test_skewed_positive_numbers_are_spread_by_their_logarithm():
    values = 10 ** np.linspace(0, 4, 1000)
    colours = colour_points(pd.Series(values), title="flux")
    assert colours.is_log
    assert 110 < np.median(colours.codes) < 145
    np.testing.assert_allclose(colours.level_values(colours.codes[100:900]), values[100:900], rtol=0.03)


@pytest.mark.parametrize("values", [np.linspace(1, 1000, 500), 10 ** np.linspace(0, 4, 500) - 5])
def test_even_or_negative_numbers_stay_linear(values):
    colours = colour_points(pd.Series(values), title="x")
    assert not colours.is_log
    inner = values[10:-10]
    np.testing.assert_allclose(colours.level_values(colours.codes[10:-10]), inner, atol=np.ptp(values) / 250)


def test_hidden_galaxies_leave_the_legend_too():
    colours = hide_points(colour_points(pd.Series(["a", "a", "b"]), title="k"), np.array([True, False, True]))
    assert colours.codes.tolist() == [0, FILTERED_OUT, 1]
    assert [entry.count for entry in colours.entries] == [1, 1]


def test_markup_in_a_class_name_stays_text():
    colours = colour_points(pd.Series(["<b>x</b>", "y"]), title="<i>t</i>")
    assert {entry.label for entry in colours.entries} == {"<b>x</b>", "y"}
