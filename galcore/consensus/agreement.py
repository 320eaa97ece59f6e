"""How far people agree beyond chance: Krippendorff's alpha with an interval, from counts of answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from galcore.types import CampaignMode

Metric = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of everybody on the overlap.

    Attributes:
        n_galaxies: Galaxies with answers of two people or more.
        percent: Pairs of answers that are equal, in percent; NaN without overlap.
        alpha: Krippendorff's alpha; 1 perfect, 0 chance; NaN where undefined.
        alpha_low: Lower end of the 95 % bootstrap interval over galaxies.
        alpha_high: Upper end.
    """

    n_galaxies: int
    percent: float
    alpha: float
    alpha_low: float
    alpha_high: float


def metric_of(mode: CampaignMode) -> Metric:
    """How far two answers of a campaign are apart: scales are ordered, classes are not."""
    return "ordinal" if mode in ("interest", "grades") else "nominal"


def agreement_of(
    counts: NDArray[np.integer], *, metric: Metric = "nominal", n_bootstrap: int = 500, seed: int = 0
) -> Agreement:
    """Agreement with a percentile bootstrap over galaxies.

    Galaxies with equal counts are drawn together (a multinomial over the patterns that occur), so that a
    hundred thousand cost no more than a hundred.

    Args:
        counts: (N, K) people per galaxy and answer; columns in the order of the scale where it has one.
        metric: Distance between answers.
        n_bootstrap: Resamplings.
        seed: Of the resampling.
    """
    overlap = counts[counts.sum(axis=1) >= 2] if counts.size else np.zeros((0, 0), dtype=int)
    if len(overlap) == 0:
        return Agreement(0, np.nan, np.nan, np.nan, np.nan)
    patterns, times = np.unique(overlap, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(overlap), times / times.sum(), size=n_bootstrap)
    alphas = np.array([krippendorff_alpha(patterns, metric=metric, weights=draw) for draw in draws])
    alphas = alphas[np.isfinite(alphas)]
    low, high = np.quantile(alphas, (0.025, 0.975)) if len(alphas) else (np.nan, np.nan)
    alpha = krippendorff_alpha(patterns, metric=metric, weights=times)
    return Agreement(len(overlap), percent_agreement(overlap), alpha, float(low), float(high))


def percent_agreement(counts: NDArray[np.integer]) -> float:
    """Share of pairs of answers to the same galaxy that are equal, in percent.

    >>> float(percent_agreement(np.array([[2, 0], [1, 1]])))
    50.0
    """
    people = counts.sum(axis=1)
    pairs = (people * (people - 1)).sum()
    equal = (counts * (counts - 1)).sum()
    return float(100 * equal / pairs) if pairs else float("nan")


def krippendorff_alpha(
    counts: NDArray[np.integer], *, metric: Metric = "nominal", weights: NDArray[np.integer] | None = None
) -> float:
    """Krippendorff's alpha, ``1 - D_o / D_e``, with missing votes (Krippendorff 2011, section D).

    ``D_o = 1/n Σ_u Σ_ck n_uc n_uk δ²_ck / (m_u - 1)`` and ``D_e = Σ_ck n_c n_k δ²_ck / (n (n - 1))``, where
    ``n_uc`` people gave answer c to galaxy u, ``m_u`` is their sum, and ``n_c`` sums over galaxies with two
    answers or more. ``δ²`` is 1 between different answers (nominal), ``(c - k)²`` (interval), or
    ``(n_c / 2 + Σ_between n_g + n_k / 2)²`` (ordinal).

    Args:
        counts: People per galaxy and answer, ``(N, K)``; galaxies with one answer are passed over.
        metric: Distance between answers.
        weights: How often each row counts, ``(N,)``; once by default.

    Returns:
        At most 1; NaN without overlap, or when everybody always gave the same answer.
    """
    kept = counts.sum(axis=1) >= 2
    units = counts[kept].astype(float)
    times = np.ones(len(units)) if weights is None else weights[kept].astype(float)
    people = units.sum(axis=1)
    per_answer = times @ units
    n = per_answer.sum()
    if n <= 1:
        return float("nan")
    distance = _squared_distances(per_answer, metric)
    expected = float(per_answer @ distance @ per_answer) / (n * (n - 1))
    if expected == 0:
        return float("nan")
    observed = float((times * np.einsum("uc,ck,uk->u", units, distance, units) / (people - 1)).sum()) / n
    return 1 - observed / expected


def _squared_distances(per_answer: NDArray[np.float64], metric: Metric) -> NDArray[np.float64]:
    """(K, K) squared distance between answers."""
    if metric == "nominal":
        return 1 - np.eye(len(per_answer))
    places = np.arange(len(per_answer), dtype=float)
    if metric == "ordinal":
        places = np.cumsum(per_answer) - per_answer / 2  # mid-ranks: their differences are the formula above
    return (places[:, None] - places[None, :]) ** 2
