"""Statistics from the audit stream are unbiased, also when another stream found the positives first."""

from __future__ import annotations

import numpy as np

from galcore.loop.curve import AuditSample, audit_rows, learning_curve, prevalence, remaining


def test_the_sample_ends_at_the_first_galaxy_nobody_was_shown():
    order = np.array([3, 1, 4, 0, 2])
    answered = np.array([True, True, False, True, False])
    assert audit_rows(order, answered, answered).tolist() == [3, 1]
    waiting = np.array([False, False, False, False, True])
    assert audit_rows(order, answered, answered | waiting).tolist() == [3, 1, 0]


def test_prevalence_covers_the_truth_although_top_took_most_positives_first():
    rng = np.random.default_rng(0)
    n, covered = 2000, 0
    for _ in range(200):
        truth = rng.random(n) < 0.1
        order = rng.permutation(n)
        answered = np.zeros(n, bool)
        answered[rng.permutation(np.flatnonzero(truth))[:120]] = True  # the top stream: positives only
        answered[order[~answered[order]][:80]] = True  # then the audit walks down its order
        rows = audit_rows(order, answered, answered)
        sample = AuditSample(truth[rows], np.zeros(len(rows)), np.arange(len(rows)))
        share = prevalence(sample)
        left = remaining(
            sample, n_galaxies=n, found=int((truth & answered).sum()), n_answered=int(answered.sum())
        )
        covered += share.low <= truth.mean() <= share.high
        assert left.low <= left.value <= left.high
    assert covered / 200 >= 0.9


def test_the_curve_covers_the_auroc_the_scores_really_have():
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(100):
        truth = rng.random(120) < 0.4
        scores = rng.normal(size=120) + np.sqrt(2) * truth  # AUROC Phi(1)
        curve = learning_curve(AuditSample(truth, scores, np.arange(120) * 5))
        covered.append(curve[-1].auroc.low <= 0.8413 <= curve[-1].auroc.high)
        assert [point.labels for point in curve] == sorted(point.labels for point in curve)
    assert np.mean(covered) >= 0.9


def test_too_little_is_said_to_be_too_little():
    few = AuditSample(np.array([True, False] * 8), np.linspace(0, 1, 16), np.arange(16))
    assert learning_curve(few) == ()
    assert prevalence(few) is None
    assert remaining(few, n_galaxies=100, found=8, n_answered=16) is None
    one_sided = AuditSample(np.zeros(60, bool), np.linspace(0, 1, 60), np.arange(60))
    assert learning_curve(one_sided) == ()
    assert prevalence(one_sided).high < 0.1
