"""What is to be expected above a threshold: purity and completeness of a list of candidates.

Labels are not a random sample: the loop shows what scores high. At a given score, though, the labelled
galaxies are like the others, because the loop chose them by score. So the share of positives is fitted as a
smooth function of the score on the labelled galaxies (a logistic curve in the logit of the score, with
Platt's targets, so that 0 of n still leaves room for some) and carried over to the galaxies nobody looked
at; labelled galaxies count as what they were labelled. The intervals hold the uncertainty of the curve and
the chance that is left when the curve is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.evaluate.metrics import Interval

N_BINS = 400  # of the score, for the sums over galaxies
LEAST_SCORE = 1e-4  # the logit of 0 is not finite
PRIOR_SD = (10.0, 3.0)  # of offset and slope; the slope of an honest score is 1
NEWTON_STEPS = 50
TAIL_DF = 6  # Student t instead of a normal: with few labels the likelihood has long tails


@dataclass(frozen=True, slots=True)
class ThresholdEstimate:
    """A list of candidates: every galaxy with a probability at or above the threshold.

    Attributes:
        threshold: Probability, 0-1.
        n_candidates: Galaxies above it.
        n_unseen: Of those, how many nobody has labelled.
        purity: Share of positives among the candidates; ``None`` when there is no candidate or no label.
        completeness: Share of all positives of the catalogue that are candidates.
        positives: Positives in the whole catalogue.
    """

    threshold: float
    n_candidates: int
    n_unseen: int
    purity: Interval | None
    completeness: Interval | None
    positives: Interval | None


class CandidateEstimator:
    """Purity and completeness for any threshold, from one set of labels.

    Args:
        scores: Probability of the positive answer for every galaxy, ``(N,)``; for labelled galaxies from a
            model that did not see their label.
        labels: 1 positive, 0 negative, -1 not labelled, ``(N,)``.
        sampled: Labelled galaxies that stand for the others of their score, ``(N,)``; those that somebody
            picked by eye do not. All of them if ``None``.
        n_draws: Draws of the curve behind the intervals.
        seed: Of the draws.
    """

    def __init__(
        self,
        scores: NDArray[np.floating],
        labels: NDArray[np.integer],
        *,
        sampled: NDArray[np.bool_] | None = None,
        n_draws: int = 1000,
        seed: int = 0,
    ) -> None:
        if scores.shape != labels.shape or scores.ndim != 1:
            raise ValueError(f"scores {scores.shape} and labels {labels.shape} must be one number a galaxy")
        self._scores = scores
        self._labels = labels
        self._labelled = labels >= 0
        self._bins = np.clip((scores * N_BINS).astype(int), 0, N_BINS - 1)
        speaks = self._labelled if sampled is None else self._labelled & sampled
        rng = np.random.default_rng(seed)
        self._curves = draw_curves(scores[speaks], labels[speaks] == 1, n_draws=n_draws, rng=rng)
        self._noise = rng.standard_normal((2, n_draws))  # of the galaxies above and below, the same always

    def at(self, threshold: float) -> ThresholdEstimate:
        """What to expect of the galaxies with a probability of at least ``threshold``."""
        above = self._scores >= threshold
        n_candidates = int(above.sum())
        n_unseen = int((above & ~self._labelled).sum())
        if not self._labelled.any():
            return ThresholdEstimate(threshold, n_candidates, n_unseen, None, None, None)
        positives_above = self._positives(above, self._noise[0])
        positives = positives_above + self._positives(~above, self._noise[1])
        found = np.divide(positives_above, positives, out=np.ones_like(positives), where=positives > 0)
        return ThresholdEstimate(
            threshold=threshold,
            n_candidates=n_candidates,
            n_unseen=n_unseen,
            purity=_interval(positives_above / n_candidates) if n_candidates else None,
            completeness=_interval(found),
            positives=_interval(positives),
        )

    def _positives(self, chosen: NDArray[np.bool_], noise: NDArray[np.floating]) -> NDArray[np.floating]:
        """Draws of the number of positives among the chosen galaxies: known ones plus expected ones."""
        known = float((chosen & (self._labels == 1)).sum())
        unseen = np.bincount(self._bins[chosen & ~self._labelled], minlength=N_BINS)
        mean = self._curves @ unseen
        spread = np.sqrt((self._curves * (1 - self._curves)) @ unseen)
        return known + np.clip(mean + spread * noise, 0, unseen.sum())


def draw_curves(
    scores: NDArray[np.floating], positive: NDArray[np.bool_], *, n_draws: int, rng: np.random.Generator
) -> NDArray[np.floating]:
    """Draws of the share of positives in each bin of the score, ``(n_draws, N_BINS)``.

    ``share = sigmoid(a + b logit(score))`` with a normal prior around ``a = 0, b = 1``, fitted to Platt's
    targets ``(n+ + 1) / (n+ + 2)`` and ``1 / (n- + 2)`` (Platt 1999); draws from the Laplace approximation
    with Student tails. A falling curve (``b < 0``) is taken as flat.

    Args:
        scores: Of labelled galaxies, ``(M,)``; none leaves the prior.
        positive: Their labels, ``(M,)``.
        n_draws: Curves wanted.
        rng: Randomness.
    """
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    targets = np.where(positive, (n_positive + 1) / (n_positive + 2), 1 / (n_negative + 2))
    design = np.stack([np.ones(len(scores)), _logit(scores)], axis=1)
    precision = np.diag(1 / np.square(PRIOR_SD))
    centre = np.array([0.0, 1.0])
    weights, hessian = centre.copy(), precision
    for _ in range(NEWTON_STEPS):
        told = _sigmoid(design @ weights)
        gradient = design.T @ (told - targets) + precision @ (weights - centre)
        hessian = design.T @ (design * (told * (1 - told))[:, None]) + precision
        step = np.linalg.solve(hessian, gradient)
        weights = weights - step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    root = np.linalg.cholesky(np.linalg.inv(hessian))
    tails = np.sqrt(rng.chisquare(TAIL_DF, (n_draws, 1)) / TAIL_DF)
    drawn = weights + (rng.standard_normal((n_draws, 2)) / tails) @ root.T
    slopes = np.maximum(drawn[:, 1], 0)
    bins = _logit((np.arange(N_BINS) + 0.5) / N_BINS)
    return _sigmoid(drawn[:, :1] + slopes[:, None] * bins)


def _logit(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    safe = np.clip(scores, LEAST_SCORE, 1 - LEAST_SCORE)
    return np.log(safe / (1 - safe))


def _sigmoid(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return 1 / (1 + np.exp(-np.clip(values, -40, 40)))


def _interval(draws: NDArray[np.floating]) -> Interval:
    low, value, high = np.quantile(draws, (0.025, 0.5, 0.975))
    return Interval(float(value), float(low), float(high))
