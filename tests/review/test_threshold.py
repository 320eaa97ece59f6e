import numpy as np
import pytest

from galcore.review.threshold import CandidateEstimator


def catalogue(n=4000, seed=0):
    """Galaxies whose score is a true probability, labelled mostly at the top, as the loop does."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(0.5, 3.0, n)
    truth = rng.random(n) < scores
    chance = np.where(scores > np.quantile(scores, 0.9), 0.4, 0.03)
    labels = np.where(rng.random(n) < chance, truth.astype(int), -1)
    return scores, truth, labels


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.8])
def test_intervals_hold_the_truth_although_labels_were_chosen_at_the_top(threshold):
    inside = {"purity": 0, "completeness": 0}
    for seed in range(40):
        scores, truth, labels = catalogue(seed=seed)
        estimate = CandidateEstimator(scores, labels, seed=seed).at(threshold)
        above = scores >= threshold
        purity, completeness = truth[above].mean(), truth[above].sum() / truth.sum()
        inside["purity"] += estimate.purity.low <= purity <= estimate.purity.high
        inside["completeness"] += estimate.completeness.low <= completeness <= estimate.completeness.high
    assert inside["purity"] >= 35 and inside["completeness"] >= 35  # of 40; 38 are due


def test_scores_that_promise_too_much_are_corrected():
    rng = np.random.default_rng(0)
    scores = rng.beta(0.6, 0.9, 4000)
    truth = rng.random(4000) < scores / (scores + 9 * (1 - scores))  # the odds are a ninth of what is told
    labels = np.where(rng.random(4000) < 0.1, truth.astype(int), -1)
    estimate = CandidateEstimator(scores, labels).at(0.5)
    assert estimate.purity.low <= truth[scores >= 0.5].mean() <= estimate.purity.high
    assert estimate.purity.value < scores[scores >= 0.5].mean() - 0.2


def test_fully_labelled_candidates_have_exact_numbers():
    scores = np.array([0.9, 0.8, 0.7, 0.2, 0.1])
    labels = np.array([1, 0, 1, 1, 0])
    estimate = CandidateEstimator(scores, labels).at(0.5)
    assert (estimate.n_candidates, estimate.n_unseen) == (3, 0)
    assert estimate.purity.value == estimate.purity.low == estimate.purity.high == pytest.approx(2 / 3)
    assert estimate.completeness.value == pytest.approx(2 / 3)
    assert estimate.positives.value == pytest.approx(3)


def test_nothing_found_still_leaves_room_for_some():
    estimate = CandidateEstimator(np.linspace(0, 1, 1000), np.array([0] * 60 + [-1] * 940)).at(0.0)
    assert estimate.purity.high > 0.005
    assert estimate.completeness.value == pytest.approx(1.0)


def test_a_higher_threshold_never_gains_completeness():
    scores, _, labels = catalogue()
    estimator = CandidateEstimator(scores, labels)
    values = [estimator.at(threshold).completeness.value for threshold in np.linspace(0, 1, 11)]
    assert values == sorted(values, reverse=True)


def test_without_labels_or_candidates_nothing_is_claimed():
    estimate = CandidateEstimator(np.array([0.1, 0.2]), np.array([-1, -1])).at(0.15)
    assert estimate.n_candidates == 1 and estimate.purity is None and estimate.completeness is None
    assert CandidateEstimator(np.array([0.1, 0.2]), np.array([1, -1])).at(0.9).purity is None


def test_scores_and_labels_must_match():
    with pytest.raises(ValueError, match="one number a galaxy"):
        CandidateEstimator(np.zeros(3), np.zeros(2, dtype=int))
