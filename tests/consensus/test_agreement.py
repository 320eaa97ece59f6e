import numpy as np
import pytest

from galcore.consensus.agreement import agreement_of, krippendorff_alpha, metric_of


def test_nominal_alpha_of_krippendorffs_textbook_data():
    # Krippendorff (2011), section C: nominal data, four observers, twelve units; alpha = 0.743
    units = ["111", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "555", "11", "3"]
    counts = np.array([[unit.count(value) for value in "12345"] for unit in units])
    assert krippendorff_alpha(counts) == pytest.approx(0.743, abs=5e-4)


# Krippendorff (2011), section C: four observers, twelve units, with missing answers
UNITS = ("111", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", "555", "11", "3")
TEXTBOOK = np.array([[unit.count(value) for value in "12345"] for unit in UNITS])


@pytest.mark.parametrize(("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_krippendorffs_textbook_data(metric, alpha):
    assert krippendorff_alpha(TEXTBOOK, metric=metric) == pytest.approx(alpha, abs=5e-4)


def test_alpha_of_two_observers_and_two_answers_by_hand():
    # Krippendorff (2011), section A: ten units, two observers, four units on which they differ
    counts = np.array([[1, 1], [2, 0], [1, 1], [2, 0], [2, 0], [2, 0], [2, 0], [1, 1], [0, 2], [1, 1]])
    # n_0 = 14, n_1 = 6, n = 20: alpha = 1 - 19 * 4 / (14 * 6) = 0.095
    assert krippendorff_alpha(counts) == pytest.approx(0.095, abs=5e-4)


def test_a_galaxy_counted_twice_is_two_galaxies():
    weights = np.arange(1, len(TEXTBOOK) + 1)
    repeated = np.repeat(TEXTBOOK, weights, axis=0)
    for metric in ("nominal", "ordinal", "interval"):
        assert krippendorff_alpha(TEXTBOOK, metric=metric, weights=weights) == pytest.approx(
            krippendorff_alpha(repeated, metric=metric)
        )


def test_neighbouring_grades_disagree_less_than_distant_ones():
    near = np.array([[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2], [1, 1, 0, 0]])
    far = near.copy()
    far[-1] = [1, 0, 0, 1]
    assert krippendorff_alpha(near, metric="ordinal") > krippendorff_alpha(far, metric="ordinal")
    assert metric_of("grades") == metric_of("interest") == "ordinal"
    assert metric_of("tree") == "nominal"


def test_one_answer_only_has_no_alpha():
    assert np.isnan(krippendorff_alpha(np.array([[2, 0], [3, 0]])))
    assert np.isnan(krippendorff_alpha(np.zeros((0, 3), int)))


def test_the_interval_holds_the_estimate_and_narrows_with_galaxies():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 2000)
    said = np.where(rng.random((2000, 2)) < 0.8, truth[:, None], rng.integers(0, 3, (2000, 2)))
    counts = np.stack([(said == k).sum(axis=1) for k in range(3)], axis=1)
    few, many = agreement_of(counts[:100]), agreement_of(counts)
    for found in (few, many):
        assert found.alpha_low <= found.alpha <= found.alpha_high
    assert many.alpha_high - many.alpha_low < (few.alpha_high - few.alpha_low) / 2


def test_without_overlap_there_is_nothing_to_report():
    assert agreement_of(np.array([[1, 0], [0, 1]])).n_galaxies == 0
