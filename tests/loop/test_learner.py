"""The learner on simulated clouds."""

from __future__ import annotations

import time

import numpy as np
import pytest

from galcore.evaluate.metrics import auroc
from galcore.loop.ballots import Ballots
from galcore.loop.learner import IMPLIED_WEIGHT, TrainingSet, fit_learner
from galcore.loop.space import FeatureSpace


def cloud(n: int = 400, dimension: int = 32, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    vectors = rng.normal(size=(n, dimension)) * 3 + 5
    vectors[truth, :3] += 8
    return vectors.astype(np.float16), truth


def votes(truth: np.ndarray, rows: np.ndarray, n_answers: int = 2) -> np.ndarray:
    counts = np.zeros((len(truth), n_answers), np.int32)
    counts[rows, np.where(truth[rows], 0, 1)] = 1
    return counts


def learned_from(clicked: np.ndarray) -> TrainingSet:
    return TrainingSet.from_ballots(Ballots.from_counts(clicked, np.zeros_like(clicked)))


def test_forty_labels_separate_two_clouds():
    vectors, truth = cloud()
    space = FeatureSpace.from_vectors(vectors)
    clicked = votes(truth, np.arange(40))
    learner = fit_learner(space, learned_from(clicked))
    probabilities = learner.probabilities(space.features)
    assert probabilities.shape == (400, 2)
    assert probabilities.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert auroc(truth[40:], probabilities[40:, 0]) > 0.95


def test_one_answer_alone_makes_no_learner():
    vectors, truth = cloud()
    space = FeatureSpace.from_vectors(vectors)
    clicked = votes(truth, np.flatnonzero(truth)[:10])
    assert fit_learner(space, learned_from(clicked)) is None
    assert fit_learner(space, learned_from(clicked * 0)) is None


def test_the_same_labels_give_the_same_version_and_others_another():
    vectors, truth = cloud()
    space = FeatureSpace.from_vectors(vectors)

    def fit(rows: np.ndarray):
        clicked = votes(truth, rows)
        return fit_learner(space, learned_from(clicked))

    first, again, other = fit(np.arange(40)), fit(np.arange(40)), fit(np.arange(41))
    assert first.version == again.version != other.version
    assert (first.weights == again.weights).all()


def test_many_votes_against_one_decide_and_implied_answers_weigh_less():
    explicit = np.zeros((3, 2), np.int32)
    implied = np.zeros((3, 2), np.int32)
    explicit[0] = (3, 1)
    explicit[1] = (0, 1)
    implied[2] = (0, 1)
    training = TrainingSet.from_ballots(Ballots.from_counts(explicit, implied))
    weight = {
        (row, answer): w
        for row, answer, w in zip(training.rows, training.answers, training.weights, strict=True)
    }
    assert weight[0, 0] == 3 * weight[0, 1]
    assert weight[0, 0] + weight[0, 1] == pytest.approx(2.0)
    assert weight[2, 1] == pytest.approx(IMPLIED_WEIGHT * weight[1, 1])


def test_weights_move_the_boundary():
    features = np.array([[1.0], [0.0], [0.0], [-1.0]], np.float32)
    space = FeatureSpace(features, "test")
    rows, answers = np.arange(4), np.array([0, 0, 1, 1])
    towards_first = fit_learner(space, TrainingSet(rows, answers, np.array([1.0, 5.0, 1.0, 5.0])))
    towards_second = fit_learner(space, TrainingSet(rows, answers, np.array([5.0, 1.0, 5.0, 1.0])))
    assert towards_first.probabilities(features)[1, 0] > 0.5 > towards_second.probabilities(features)[1, 0]


def test_an_answer_that_nobody_gave_has_no_probability():
    vectors, truth = cloud()
    space = FeatureSpace.from_vectors(vectors)
    clicked = votes(truth, np.arange(40), n_answers=3)
    learner = fit_learner(space, learned_from(clicked), n_answers=3)
    probabilities = learner.probabilities(space.features)
    assert probabilities[:, 2].max() == 0
    assert auroc(truth[40:], probabilities[40:, 0]) > 0.95


def test_three_kinds_are_told_apart():
    rng = np.random.default_rng(0)
    kind = rng.integers(3, size=300)
    space = FeatureSpace.from_vectors(rng.normal(size=(300, 16)) + 4 * np.eye(3, 16)[kind])
    clicked = np.zeros((300, 3), np.int32)
    clicked[np.arange(45), kind[:45]] = 1
    learner = fit_learner(space, learned_from(clicked), n_answers=3)
    assert (learner.probabilities(space.features).argmax(axis=1) == kind)[45:].mean() > 0.9


def test_vectors_that_are_not_numbers_and_constant_columns_do_no_harm():
    vectors, _ = cloud()
    broken = vectors.astype(np.float32)
    broken[:, 7] = 1.0
    broken[5] = np.nan
    space = FeatureSpace.from_vectors(broken)
    assert np.isfinite(space.features).all()
    assert (space.features[5] == 0).all()
    assert np.mean(np.sum(space.features**2, axis=1)) == pytest.approx(1.0, rel=1e-3)


def test_a_fit_of_five_hundred_labels_takes_a_fraction_of_a_second():
    vectors, truth = cloud(2000, 512)
    space = FeatureSpace.from_vectors(vectors)
    clicked = votes(truth, np.arange(500))
    training = learned_from(clicked)
    fit_learner(space, training)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        fit_learner(space, training)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.15  # about 0.01 s on a quiet machine; the bound is for a crowded one
