"""Metrics of classifiers and proportions, with their uncertainty: pure functions on arrays."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from galcore.types import Interval


def auroc(truth: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve, ``P(s+ > s-) + P(s+ = s-) / 2``, from mid-ranks.

    Args:
        truth: (N,) true where positive.
        scores: (N,) higher means more likely positive.

    Returns:
        Between 0 and 1; NaN when one of the classes is missing.

    >>> auroc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    positive, values = _checked(truth, scores)
    n_positive = int(positive.sum())
    n_negative = len(positive) - n_positive
    if n_positive == 0 or n_negative == 0:
        return math.nan
    rank_sum = float(_mid_ranks(values)[positive].sum())
    return (rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)


def average_precision(truth: ArrayLike, scores: ArrayLike) -> float:
    """Average precision, ``sum_k (R_k - R_{k-1}) P_k`` over distinct thresholds, ties taken together.

    Args:
        truth: (N,) true where positive.
        scores: (N,) higher means more likely positive.

    Returns:
        Between 0 and 1; NaN without a positive.

    >>> average_precision([1, 0, 1], [0.9, 0.8, 0.7])
    0.8333333333333333
    """
    positive, values = _checked(truth, scores)
    if not positive.any():
        return math.nan
    order = np.argsort(-values, kind="stable")
    found = np.cumsum(positive[order])
    last_of_tie = np.append(np.nonzero(np.diff(values[order]))[0], len(order) - 1)
    precision = found[last_of_tie] / (last_of_tie + 1)
    recall_steps = np.diff(found[last_of_tie], prepend=0) / found[-1]
    return float(np.sum(recall_steps * precision))


def auroc_interval(truth: ArrayLike, scores: ArrayLike, *, confidence: float = 0.95) -> Interval | None:
    """AUROC with an interval: DeLong's variance on the logit scale.

    The variance is that of DeLong et al. (1988) from the placements of each class; never smaller than that
    of one discordant pair in the smaller class (a perfect ranking of few labels has no variance, but is not
    certain). The interval is symmetric in ``log(A / (1 - A))``, so that it stays inside 0 and 1.

    Args:
        truth: (N,) true where positive.
        scores: (N,) higher means more likely positive.
        confidence: Coverage wanted.

    Returns:
        ``None`` with fewer than two of either class: not enough to say anything.
    """
    positive, values = _checked(truth, scores)
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if min(n_positive, n_negative) < 2:
        return None
    ranks = _mid_ranks(values)
    above_negatives = (ranks[positive] - _mid_ranks(values[positive])) / n_negative
    below_positives = 1 - (ranks[~positive] - _mid_ranks(values[~positive])) / n_positive
    area = float(above_negatives.mean())
    variance = float(above_negatives.var(ddof=1) / n_positive + below_positives.var(ddof=1) / n_negative)
    # Agresti-like shrinkage keeps a perfect or near-perfect ranking of few labels from looking certain.
    centre = (area * n_positive * n_negative + 0.5) / (n_positive * n_negative + 1)
    least = centre * (1 - centre) / min(n_positive, n_negative)
    spread = math.sqrt(max(variance, least * 0.5)) / (centre * (1 - centre))
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    logit = math.log(centre / (1 - centre))
    return Interval(area, min(area, _logistic(logit - z * spread)), max(area, _logistic(logit + z * spread)))


def wilson_interval(successes: float, total: float, *, confidence: float = 0.95) -> Interval | None:
    """A proportion with Wilson's score interval (Wilson 1927).

    Returns:
        ``None`` when nothing was counted.

    >>> interval = wilson_interval(0, 10)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.0, 0.278)
    """
    if total <= 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, classes: ArrayLike) -> NDArray[np.int64]:
    """Counts of true against predicted class.

    Args:
        truth: (N,) true classes.
        predicted: (N,) predicted classes.
        classes: (K,) classes in the order wanted; rows with a class outside are not counted.

    Returns:
        (K, K): row true, column predicted.

    >>> confusion_matrix(["a", "b", "b"], ["a", "a", "b"], ["a", "b"]).tolist()
    [[1, 0], [1, 1]]
    """
    names = {str(name): place for place, name in enumerate(np.asarray(classes).tolist())}
    rows = np.array([names.get(str(name), -1) for name in np.asarray(truth).tolist()], dtype=int)
    columns = np.array([names.get(str(name), -1) for name in np.asarray(predicted).tolist()], dtype=int)
    known = (rows >= 0) & (columns >= 0)
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(counts, (rows[known], columns[known]), 1)
    return counts


def _checked(truth: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    positive = np.asarray(truth).astype(bool)
    values = np.asarray(scores, dtype=np.float64)
    if positive.shape != values.shape or positive.ndim != 1:
        raise ValueError(f"truth {positive.shape} and scores {values.shape} must be vectors of one length")
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite")
    return positive, values


def _mid_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
