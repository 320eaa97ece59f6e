import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from galcore.evaluate.metrics import (
    auroc,
    auroc_interval,
    average_precision,
    confusion_matrix,
    wilson_interval,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=40))
def test_auroc_and_average_precision_agree_with_scikit_learn_also_with_ties(pairs):
    truth = np.array([pair[0] for pair in pairs])
    scores = np.array([pair[1] for pair in pairs], dtype=float)
    if truth.all() or not truth.any():
        assert math.isnan(auroc(truth, scores))
        return
    assert auroc(truth, scores) == pytest.approx(roc_auc_score(truth, scores))
    assert average_precision(truth, scores) == pytest.approx(average_precision_score(truth, scores))


def test_an_interval_covers_the_true_auroc_about_as_often_as_it_claims():
    rng = np.random.default_rng(0)
    true_auroc = 0.8413  # two unit normals sqrt(2) apart: Phi(1)
    covered = 0
    for _ in range(400):
        truth = rng.random(60) < 0.3
        scores = rng.normal(size=60) + np.sqrt(2) * truth
        interval = auroc_interval(truth, scores)
        covered += interval is None or interval.low <= true_auroc <= interval.high
    assert 0.91 <= covered / 400 <= 0.995


def test_a_perfect_ranking_of_few_labels_is_not_called_certain():
    interval = auroc_interval([0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6])
    assert interval.value == interval.high == 1.0
    assert interval.low < 0.9


def test_one_positive_is_not_enough_for_an_interval():
    assert auroc_interval([0, 0, 1], [1, 2, 3]) is None


def test_wilson_intervals_cover_a_small_prevalence():
    rng = np.random.default_rng(1)
    found = rng.binomial(80, 0.05, size=600)
    intervals = [wilson_interval(k, 80) for k in found]
    covered = np.mean([interval.low <= 0.05 <= interval.high for interval in intervals])
    assert covered >= 0.92
    assert wilson_interval(0, 0) is None


def test_a_confusion_matrix_has_truth_in_rows_and_ignores_unknown_classes():
    counts = confusion_matrix(["a", "b", "c"], ["b", "b", "a"], ["a", "b"])
    assert counts.tolist() == [[0, 1], [0, 1]]


def test_scores_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match="finite"):
        auroc([0, 1], [0.1, math.nan])
