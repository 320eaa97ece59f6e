"""What a grid is made of: shares, order, no repeats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from galcore.loop.choice import Candidates
from galcore.loop.cold_start import cluster_centres, cold_start
from galcore.loop.composer import audit_order, compose, stream_counts
from galcore.loop.policy import EXPLORATION_LABELS, shares_at
from galcore.loop.ranking import Ranking
from galcore.types import Reason, Shares

share = st.floats(0, 1, allow_nan=False)


def candidates(
    n: int, *, available: np.ndarray | None = None, avoided: np.ndarray | None = None
) -> Candidates:
    return Candidates(
        np.ones(n, bool) if available is None else available,
        np.zeros(n, bool) if avoided is None else avoided,
        np.random.default_rng(0).permutation(n),
    )


def binary(n: int, seed: int = 0) -> Ranking:
    first = np.random.default_rng(seed).random(n)
    return Ranking.of(np.stack([first, 1 - first], axis=1))


@settings(max_examples=80, deadline=None)
@given(share, share, share, st.integers(1, 30))
def test_shares_are_honoured_over_many_grids_however_small_a_grid_is(top, margin, random, size):
    shares, carried = Shares(top, margin, random), (0.0, 0.0, 0.0)
    totals = np.zeros(3)
    for _ in range(40):
        counts, carried = stream_counts(shares, size, carried)
        assert sum(counts) == size
        assert min(counts) >= 0
        totals += counts
    whole = top + margin + random
    wanted = np.array([top, margin, random]) / whole if whole > 0 else np.array([0.0, 0.0, 1.0])
    assert np.abs(totals - wanted * size * 40).max() < 2


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 100), st.floats(0, 1), st.integers(2, 4))
def test_a_grid_never_repeats_a_galaxy_nor_shows_one_that_is_not_available(
    n, size, seed, share_seen, n_answers
):
    rng = np.random.default_rng(seed)
    available = rng.random(n) >= share_seen
    ranking = Ranking.of(rng.dirichlet(np.ones(n_answers), size=n))
    picks = compose(
        candidates(n, available=available, avoided=rng.random(n) < 0.3),
        ranking,
        stream_counts(Shares(), size)[0],
        labels_per_answer=np.ones(ranking.wanted.shape[1], int),
        rng=rng,
    )
    rows = [pick.row for pick in picks]
    assert len(rows) == len(set(rows)) == min(size, available.sum())
    assert available[rows].all()


def test_top_takes_the_highest_scores_and_margin_those_in_doubt():
    ranking = binary(500)
    picks = compose(
        candidates(500),
        ranking,
        (5, 4, 3),
        labels_per_answer=np.ones(1, int),
        rng=np.random.default_rng(0),
    )
    by_reason = {
        reason: [pick.row for pick in picks if pick.reason is reason]
        for reason in (Reason.TOP, Reason.MARGIN, Reason.RANDOM)
    }
    assert [len(rows) for rows in by_reason.values()] == [5, 4, 3]
    first = ranking.scores
    assert set(by_reason[Reason.TOP]) <= set(np.argsort(-first)[:8])
    assert np.abs(first[by_reason[Reason.MARGIN]] - 0.5).max() < 0.02
    assert all(pick.score == pytest.approx(first[pick.row]) for pick in picks)


def test_the_random_stream_does_not_depend_on_the_scores():
    streams = []
    for seed in (1, 2):
        picks = compose(
            candidates(200),
            binary(200, seed),
            (6, 2, 4),
            labels_per_answer=np.ones(1, int),
            rng=np.random.default_rng(0),
        )
        streams.append({pick.row for pick in picks if pick.reason is Reason.RANDOM})
    assert streams[0] == streams[1] == set(candidates(200).order[:4].tolist())


def test_galaxies_in_other_peoples_hands_are_taken_only_when_nothing_else_is_left():
    avoided = np.zeros(20, bool)
    avoided[np.argsort(-binary(20).scores)[:10]] = True
    arguments = {"labels_per_answer": np.ones(1, int), "rng": np.random.default_rng(0)}
    picks = compose(candidates(20, avoided=avoided), binary(20), (6, 2, 2), **arguments)
    assert not avoided[[pick.row for pick in picks]].any()
    picks = compose(candidates(20, avoided=avoided), binary(20), (9, 3, 3), **arguments)
    assert len(picks) == 15
    assert avoided[[pick.row for pick in picks]].sum() == 5


def test_with_several_answers_top_looks_for_those_with_fewest_labels():
    probabilities = np.full((90, 3), 0.05)
    probabilities[np.arange(90), np.repeat([0, 1, 2], 30)] = 0.9
    picks = compose(
        candidates(90),
        Ranking.of(probabilities),
        (6, 0, 0),
        labels_per_answer=np.array([10, 4, 4]),
        rng=np.random.default_rng(0),
    )
    assert sorted(pick.row // 30 for pick in picks) == [1, 1, 1, 2, 2, 2]


def test_the_audit_order_is_fixed_by_ids_and_seed_and_survives_new_galaxies():
    ids = np.array([f"galaxy {k}" for k in range(300)])
    order = audit_order(ids, 7)
    assert (order == audit_order(ids, 7)).all()
    assert (order != audit_order(ids, 8)).any()
    grown = audit_order(np.append(ids, [f"new {k}" for k in range(40)]), 7)
    assert grown[grown < 300].tolist() == order.tolist()


def test_a_cold_start_is_spread_over_the_kinds_of_galaxies_there_are():
    rng = np.random.default_rng(0)
    kind = np.repeat(np.arange(6), 40)
    features = (rng.normal(size=(240, 8)) * 0.1 + np.eye(6, 8)[kind] * 3).astype(np.float32)
    centres = cluster_centres(features, 6, seed=0)
    assert set(kind[centres]) == set(range(6))
    picks = cold_start(candidates(240), features, 9, centres=centres, rng=rng)
    assert len(picks) == 9
    assert sum(pick.reason is Reason.CLUSTER for pick in picks) == 6
    assert all(pick.score is None for pick in picks)


def test_a_cold_start_from_an_example_shows_galaxies_like_it():
    rng = np.random.default_rng(0)
    kind = np.repeat(np.arange(4), 50)
    features = (rng.normal(size=(200, 8)) * 0.1 + np.eye(4, 8)[kind] * 3).astype(np.float32)
    available = np.ones(200, bool)
    available[120] = False
    picks = cold_start(candidates(200, available=available), features, 10, seeds=[120], rng=rng)
    similar = [pick.row for pick in picks if pick.reason is Reason.SIMILAR]
    assert len(similar) == 4
    assert set(kind[similar]) == {2}


def test_while_nothing_wanted_was_found_the_next_galaxies_are_unlike_all_that_were_shown():
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], [180, 15, 5])
    features = (rng.normal(size=(200, 8)) * 0.1 + np.eye(3, 8)[kind] * 3).astype(np.float32)
    picks = cold_start(candidates(200), features, 5, known=np.arange(20), rng=rng)
    unlike = [pick.row for pick in picks if pick.reason is Reason.ANOMALY]
    assert len(unlike) == 4
    assert {1, 2} <= set(kind[unlike])


def test_clusters_of_fewer_galaxies_than_wanted_are_as_many_as_there_are():
    assert len(cluster_centres(np.ones((1, 4), np.float32), 9)) == 1
    assert len(cluster_centres(np.eye(3, 4, dtype=np.float32), 9)) == 3


def test_the_first_labels_explore_and_later_ones_follow_the_campaigns_shares():
    wanted = Shares(0.6, 0.2, 0.2)
    early = shares_at(wanted, 9)
    assert early.top < wanted.top
    assert early.margin > wanted.margin
    assert early.random > wanted.random
    assert early.top + early.margin + early.random == pytest.approx(1.0)
    assert shares_at(wanted, EXPLORATION_LABELS) == wanted
    assert shares_at(Shares(0, 0, 1), 0) == Shares(0, 0, 1)
