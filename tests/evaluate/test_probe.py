from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from galcore.evaluate.baselines import hog_features, raw_pixels
from galcore.evaluate.probe import draw_labels, probe, read_answers, split_halves
from galcore.simulate.sample import simulate
from galcore.types import GalcoreError


def made_up(n: int = 300, signal: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.random(n) < 0.3
    vectors = rng.normal(size=(n, 10))
    vectors[:, 0] += signal * truth
    return vectors, truth


def test_a_readable_class_is_read_and_noise_is_not() -> None:
    vectors, truth = made_up(signal=3.0)
    readable = probe(vectors, truth, features="f", task="t")
    noise = probe(np.random.default_rng(1).normal(size=vectors.shape), truth, features="f", task="t")

    assert [row.labels for row in readable] == [20, 100, 0]
    assert readable[-1].auroc > 0.95
    assert 0.35 < noise[-1].auroc < 0.65
    assert readable[0].auroc_low <= readable[0].auroc <= readable[0].auroc_high


def test_the_same_seeds_give_the_same_table() -> None:
    vectors, truth = made_up()

    assert probe(vectors, truth, features="f", task="t") == probe(vectors, truth, features="f", task="t")


def test_halves_do_not_overlap_and_share_both_classes() -> None:
    _, truth = made_up()
    train, test = split_halves(truth, seed=3)

    assert sorted([*train, *test]) == list(range(len(truth)))
    assert abs(int(truth[train].sum()) - int(truth[test].sum())) <= 1


@pytest.mark.parametrize("n_labels", [4, 20, 100])
def test_labels_come_from_the_pool_with_two_of_each_class(n_labels: int) -> None:
    truth = np.zeros(300, dtype=bool)
    truth[:9] = True
    pool, _ = split_halves(truth)

    chosen = draw_labels(truth, pool, n_labels, seed=1)

    assert len(chosen) == len(set(chosen)) == n_labels
    assert set(chosen) <= set(pool)
    assert 2 <= truth[chosen].sum() <= n_labels - 2


def test_a_class_that_is_too_small_is_refused() -> None:
    with pytest.raises(GalcoreError, match="four of each"):
        probe(np.zeros((20, 2)), np.arange(20) < 3, features="f", task="t")


def test_answers_may_be_words_or_numbers() -> None:
    rows, yes = read_answers(pd.Series(["spiral", "elliptical", None, "merger"]), "spiral", "elliptical")
    assert rows.tolist() == [0, 1]
    assert yes.tolist() == [True, False]

    rows, yes = read_answers(pd.Series([1.0, 0.0, np.nan, 1.0]), "1")
    assert rows.tolist() == [0, 1, 3]
    assert yes.tolist() == [True, False, True]


def test_an_answer_nobody_gave_is_reported_with_those_given() -> None:
    with pytest.raises(GalcoreError, match=r"'ring'.*bar, disc"):
        read_answers(pd.Series(["bar", "disc"], name="shape"), "ring")


def test_baseline_features_are_made_for_pictures_of_any_size() -> None:
    pictures = [*simulate(4, seed=1, size_px=50).rgb, *simulate(4, seed=2, size_px=70).rgb]

    assert raw_pixels(pictures).shape == (8, 32 * 32 * 3)
    assert hog_features(pictures).shape == (8, 7 * 7 * 4 * 8)
