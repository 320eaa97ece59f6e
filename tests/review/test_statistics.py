import numpy as np
import pandas as pd
import pytest

from galcore.review.statistics import calibration, truth_answers


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 0, 1]),
        pd.Series([1.0, 0.0, 1.0]),
        pd.Series([True, False, True]),
        pd.Series(["Barred", "not barred", "barred "], dtype="string"),
        pd.Series(["yes", "no", "1"]),
        pd.Series(["barred", "spiral", "barred"]),
    ],
)
def test_truth_columns_of_many_kinds_are_understood(column):
    said = truth_answers(column, ("barred", "not barred"), "binary")
    assert said.tolist() == ["barred", "not barred", "barred"]


def test_truth_that_is_missing_or_foreign_says_nothing():
    said = truth_answers(pd.Series(["spiral", None, "comet"]), ("spiral", "merger", "other"), "multiclass")
    assert said[0] == "spiral" and said[1:].isna().all()
    assert truth_answers(pd.Series(["x", None]), ("a", "b"), "binary").isna().all()


def test_calibration_of_honest_probabilities_lies_on_the_diagonal():
    rng = np.random.default_rng(1)
    told = rng.random(5000)
    table = calibration(told, rng.random(5000) < told)
    assert len(table) == 10 and table["n"].sum() == 5000
    assert np.abs(table["told"] - table["came_true"]).max() < 0.06
    assert (table["low"] <= table["came_true"]).all() and (table["came_true"] <= table["high"]).all()


def test_calibration_of_few_is_one_point_and_of_none_is_empty():
    assert len(calibration(np.array([0.2, 0.9]), np.array([False, True]))) == 1
    assert calibration(np.zeros(0), np.zeros(0, dtype=bool)).empty
