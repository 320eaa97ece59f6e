"""How good the model is and how much is left, told from a uniform sample only.

The random stream walks down one fixed random order of all galaxies. Everything above the point it has reached
has been labelled (by whichever stream) and is therefore a uniform sample of the whole set: no weighting is
needed, and galaxies that the model found first are not missing from it. Each label is judged with the score
that was stored when the galaxy was shown, by a model that had not seen the label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.evaluate.metrics import Interval, auroc_interval, wilson_interval

WINDOW = 100  # audited labels a point looks back on
LEAST = 20  # audited labels with a score below which nothing is said
_LEAST_OF_EACH = 3


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Quality of the model at one moment.

    Attributes:
        labels: Labels of the campaign at that moment.
        auroc: Area under the ROC curve with its 95 % interval.
        n: Audited labels it rests on.
    """

    labels: int
    auroc: Interval
    n: int


@dataclass(frozen=True, slots=True, eq=False)
class AuditSample:
    """Labels of a uniform sample, in the audit order.

    Attributes:
        positive: (M,) whether the answer is the positive one.
        scores: (M,) score when it was shown; NaN without a model.
        labels: (M,) labels the campaign had when the label arrived.
    """

    positive: NDArray[np.bool_]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]


def audit_rows(
    order: NDArray[np.intp], answered: NDArray[np.bool_], passed: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Rows that form the uniform sample: answered, and above the first that nobody was shown yet.

    Args:
        order: (N,) rows in the audit order.
        answered: (N,) whether there is an answer.
        passed: (N,) whether somebody was shown it, with or without an answer yet.
    """
    open_places = np.flatnonzero(~(answered | passed)[order])
    reached = order[: open_places[0]] if len(open_places) else order
    return reached[answered[reached]]


def learning_curve(sample: AuditSample, *, window: int = WINDOW, points: int = 40) -> tuple[CurvePoint, ...]:
    """AUROC against number of labels, with intervals.

    Args:
        sample: Uniform sample in the audit order.
        window: Audited labels a point looks back on.
        points: At most so many points.

    Returns:
        Oldest first; empty while there are fewer than 20 scored labels or fewer than three of either answer.
    """
    scored = np.isfinite(sample.scores)
    positive, scores, labels = sample.positive[scored], sample.scores[scored], sample.labels[scored]
    if len(scores) < LEAST:
        return ()
    step = max(5, -(-(len(scores) - LEAST) // points))
    curve = []
    for end in range(len(scores), LEAST - 1, -step):
        start = max(0, end - window)
        n_positive = int(positive[start:end].sum())
        if min(n_positive, end - start - n_positive) < _LEAST_OF_EACH:
            continue
        interval = auroc_interval(positive[start:end], scores[start:end])
        if interval is not None:
            curve.append(CurvePoint(int(labels[start:end].max()), interval, end - start))
    return tuple(reversed(curve))


def prevalence(sample: AuditSample) -> Interval | None:
    """Share of positives in the whole set with Wilson's 95 % interval; ``None`` below 20 audited labels."""
    if len(sample.positive) < LEAST:
        return None
    return wilson_interval(int(sample.positive.sum()), len(sample.positive))


def remaining(sample: AuditSample, *, n_galaxies: int, found: int, n_answered: int) -> Interval | None:
    """Positives not found yet: prevalence times galaxies, minus what was found.

    Args:
        sample: Uniform sample.
        n_galaxies: Galaxies in all.
        found: Positives found by all streams.
        n_answered: Galaxies that have an answer; no more can remain than have none.
    """
    share = prevalence(sample)
    if share is None:
        return None
    most = n_galaxies - n_answered

    def left(value: float) -> float:
        return float(np.clip(value * n_galaxies - found, 0, most))

    return Interval(left(share.value), left(share.low), left(share.high))
