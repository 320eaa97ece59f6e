"""Replays on simulated features: honest on noise, good where there is something to learn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from galcore.loop.replay import first_loop_at, known_truth, replay_loop, replay_result
from galcore.loop.space import FeatureSpace
from galcore.types import GalcoreError


def simulated(separation: float, n: int = 500, seed: int = 0) -> tuple[FeatureSpace, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    vectors = rng.normal(size=(n, 24))
    vectors[truth, :4] += separation
    return FeatureSpace.from_vectors(vectors), truth


@pytest.mark.parametrize("strategy", ["default", "margin", "random", "top"])
def test_every_strategy_learns_what_can_be_learned(strategy):
    space, truth = simulated(2.5)
    run = replay_loop(space, truth, loops=15, strategy=strategy, seed=1)
    assert run.loops[-1].auc > 0.95
    assert run.loops[-1].shown == 135


def test_on_noise_the_auc_stays_near_a_half():
    space, truth = simulated(0.0)
    final = [replay_loop(space, truth, loops=10, seed=seed).loops[-1].auc for seed in range(5)]
    assert 0.4 < np.mean(final) < 0.6


def test_the_default_finds_more_than_random_grids():
    space, truth = simulated(2.0)
    found = {
        strategy: np.median(
            [
                replay_loop(space, truth, loops=12, strategy=strategy, seed=seed).loops[-1].clicks
                for seed in range(3)
            ]
        )
        for strategy in ("default", "random")
    }
    assert found["default"] > 1.4 * found["random"]


def test_a_replay_of_the_same_seed_is_the_same_and_lag_changes_it():
    space, truth = simulated(1.0)
    assert replay_loop(space, truth, loops=5, seed=3) == replay_loop(space, truth, loops=5, seed=3)
    assert replay_loop(space, truth, loops=5, seed=3) != replay_loop(space, truth, loops=5, seed=3, lag=0)


def test_a_replay_stops_when_the_galaxies_run_out_and_never_shows_the_held_out():
    space, truth = simulated(1.0, n=60)
    run = replay_loop(space, truth, loops=30)
    assert run.loops[-1].shown == run.n_pool == 60 - run.n_test
    assert run.n_test == pytest.approx(20, abs=1)


def test_the_result_has_a_row_a_loop_with_median_and_range():
    space, truth = simulated(2.5)
    runs = [replay_loop(space, truth, loops=8, seed=seed) for seed in range(3)]
    result = replay_result(runs, name="loop", command="…", targets={3: 0.5, 20: 0.9})
    assert [row["loop"] for row in result.rows] == list(range(1, 9))
    last = result.rows[-1]
    assert last["auc_low"] <= last["auc"] <= last["auc_high"]
    assert result.results[0].value == first_loop_at(runs, 0.9)
    assert sum(measure.met is not None for measure in result.results) == 1


def test_values_are_compared_as_text_and_as_numbers_and_unknown_ones_are_left_out():
    known, positive = known_truth(pd.Series([1.0, 0.0, np.nan, 1.0]), "1", "0")
    assert known.tolist() == [True, True, False, True]
    assert positive.tolist() == [True, False, False, True]
    column = pd.Series(["spiral", "elliptical", "", None, "merger"])
    known, positive = known_truth(column, "spiral", None)
    assert known.tolist() == [True, True, False, False, True]
    assert positive.tolist() == [True, False, False, False, False]
    assert known_truth(column, "spiral", "elliptical")[0].tolist() == [True, True, False, False, False]
    assert known_truth(pd.Series([True, False]), "true", None)[1].tolist() == [True, False]


def test_a_column_without_the_wanted_answer_is_refused_with_its_count():
    space, _ = simulated(1.0, n=50)
    with pytest.raises(GalcoreError, match="two positive galaxies, the column has 0"):
        replay_loop(space, np.zeros(50, bool))
