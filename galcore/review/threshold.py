"""What is to be expected above a threshold: purity and completeness of a list of candidates.

Labels are not a random sample: the loop shows what scores high. Within a narrow band of the score, though,
the labelled galaxies are like the others, because the loop chose them by score. So the share of positives
is estimated per band from the labels in it and carried over to the galaxies nobody looked at
(post-stratification); labelled galaxies count as what they were labelled. Bands with few labels give wide
intervals, and 0 of n in a band still leaves up to about 3/n (Jeffreys prior).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.evaluate.metrics import Interval

LABELS_PER_BAND = 8
MOST_BANDS = 12


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
        n_draws: Draws of the bands' shares behind the intervals.
        seed: Of the draws.
    """

    def __init__(
        self,
        scores: NDArray[np.floating],
        labels: NDArray[np.integer],
        *,
        sampled: NDArray[np.bool_] | None = None,
        n_draws: int = 2000,
        seed: int = 0,
    ) -> None:
        if scores.shape != labels.shape or scores.ndim != 1:
            raise ValueError(f"scores {scores.shape} and labels {labels.shape} must be one number a galaxy")
        self._scores = scores
        self._labels = labels
        self._labelled = labels >= 0
        speaks = self._labelled if sampled is None else self._labelled & sampled
        self._edges = band_edges(scores[speaks])
        bands = np.digitize(scores, self._edges)
        n_bands = len(self._edges) + 1
        positive = np.bincount(bands[speaks & (labels == 1)], minlength=n_bands)
        negative = np.bincount(bands[speaks & (labels == 0)], minlength=n_bands)
        rng = np.random.default_rng(seed)
        self._shares = rng.beta(positive + 0.5, negative + 0.5, (n_draws, n_bands))  # (draws, bands)
        self._bands = bands
        self._n_bands = n_bands

    def at(self, threshold: float) -> ThresholdEstimate:
        """What to expect of the galaxies with a probability of at least ``threshold``."""
        above = self._scores >= threshold
        n_candidates = int(above.sum())
        n_unseen = int((above & ~self._labelled).sum())
        if not self._labelled.any():
            return ThresholdEstimate(threshold, n_candidates, n_unseen, None, None, None)
        positives_above = self._positives(above)
        positives = self._positives(np.ones_like(above))
        completeness = np.divide(
            positives_above, positives, out=np.zeros_like(positives), where=positives > 0
        )
        return ThresholdEstimate(
            threshold=threshold,
            n_candidates=n_candidates,
            n_unseen=n_unseen,
            purity=_estimate(positives_above / n_candidates) if n_candidates else None,
            completeness=_estimate(completeness),
            positives=_estimate(positives),
        )

    def _positives(self, chosen: NDArray[np.bool_]) -> NDArray[np.floating]:
        """Draws of the number of positives among the chosen galaxies: known ones plus expected ones."""
        known = float((chosen & (self._labels == 1)).sum())
        unseen = np.bincount(self._bands[chosen & ~self._labelled], minlength=self._n_bands)
        return known + self._shares @ unseen


def band_edges(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Inner edges of bands of the score with about equally many labels in each, ``(bands - 1,)``."""
    n_bands = min(MOST_BANDS, max(1, len(scores) // LABELS_PER_BAND))
    if n_bands == 1:
        return np.zeros(0)
    return np.unique(np.quantile(scores, np.arange(1, n_bands) / n_bands))


def _estimate(draws: NDArray[np.floating]) -> Interval:
    low, value, high = np.quantile(draws, (0.025, 0.5, 0.975))
    return Interval(float(value), float(low), float(high))
