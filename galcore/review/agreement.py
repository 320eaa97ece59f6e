"""How far people agree, on the galaxies that several of them answered."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.types import Reason


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of everybody on the overlap.

    Attributes:
        n_galaxies: Galaxies with answers of two people or more.
        percent: Pairs of answers that are equal, in percent; NaN without overlap.
        alpha: Krippendorff's alpha for nominal answers; 1 perfect, 0 chance; NaN where undefined.
        alpha_low: Lower end of the 95 % bootstrap interval over galaxies.
        alpha_high: Upper end.
    """

    n_galaxies: int
    percent: float
    alpha: float
    alpha_low: float
    alpha_high: float


def independent_answers(current: pd.DataFrame) -> pd.DataFrame:
    """Answers given without knowledge of the others': adjudications are decisions, not votes."""
    return current[current["reason"] != Reason.ADJUDICATION]


def answer_counts(current: pd.DataFrame) -> pd.DataFrame:
    """Answers per galaxy: one row a galaxy, one column an answer, numbers of people."""
    if current.empty:
        return pd.DataFrame(index=pd.Index([], name="galaxy_id"))
    return pd.crosstab(current["galaxy_id"], current["answer"])


def agreement(current: pd.DataFrame, *, n_bootstrap: int = 500, seed: int = 0) -> Agreement:
    """Agreement of all people, from one row per galaxy and person.

    Args:
        current: Columns ``galaxy_id``, ``annotator``, ``answer``, ``reason``.
        n_bootstrap: Resamplings of galaxies for the interval.
        seed: Of the resampling.
    """
    counts = answer_counts(independent_answers(current)).to_numpy()
    overlap = counts[counts.sum(axis=1) >= 2] if counts.size else np.zeros((0, 0), dtype=int)
    if len(overlap) == 0:
        return Agreement(0, np.nan, np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(overlap), (n_bootstrap, len(overlap)))
    alphas = np.array([krippendorff_alpha(overlap[draw]) for draw in draws])
    alphas = alphas[np.isfinite(alphas)]
    low, high = np.quantile(alphas, (0.025, 0.975)) if len(alphas) else (np.nan, np.nan)
    alpha = krippendorff_alpha(overlap)
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


def krippendorff_alpha(counts: NDArray[np.integer]) -> float:
    """Krippendorff's alpha for nominal answers, ``1 - D_o / D_e`` (Krippendorff 2011, section C).

    ``D_o = 1/n Σ_u (m_u² - Σ_c n_uc²) / (m_u - 1)`` and ``D_e = (n² - Σ_c n_c²) / (n (n - 1))``.

    Args:
        counts: People per galaxy and answer, ``(N, K)``; galaxies with one answer are passed over.

    Returns:
        At most 1; NaN without overlap, or when everybody always gave the same answer.
    """
    counts = counts[counts.sum(axis=1) >= 2].astype(float)
    people = counts.sum(axis=1)
    n = people.sum()
    per_answer = counts.sum(axis=0)
    expected = (n**2 - (per_answer**2).sum()) / (n * (n - 1)) if n > 1 else 0.0
    if expected == 0:
        return float("nan")
    observed = ((people**2 - (counts**2).sum(axis=1)) / (people - 1)).sum() / n
    return float(1 - observed / expected)


def pair_agreement(current: pd.DataFrame) -> pd.DataFrame:
    """Every two people with galaxies in common.

    Returns:
        Columns ``first``, ``second``, ``n_galaxies`` in common, ``percent`` equal, ``kappa`` (Cohen 1960).
    """
    answers = independent_answers(current)
    rows = []
    if not answers.empty:
        table = answers.pivot_table(index="galaxy_id", columns="annotator", values="answer", aggfunc="last")
        for first, second in itertools.combinations(table.columns, 2):
            both = table[[first, second]].dropna()
            if len(both):
                a, b = both[first].to_numpy(), both[second].to_numpy()
                rows.append((first, second, len(both), 100 * float(np.mean(a == b)), cohen_kappa(a, b)))
    frame = pd.DataFrame(rows, columns=["first", "second", "n_galaxies", "percent", "kappa"])
    return frame.sort_values("n_galaxies", ascending=False, ignore_index=True)


def cohen_kappa(first: NDArray, second: NDArray) -> float:
    """Cohen's kappa ``(p_o - p_e) / (1 - p_e)`` of two people's answers, ``(N,)`` each.

    Returns:
        1 perfect, 0 chance; NaN when both always gave one and the same answer.

    >>> round(cohen_kappa(np.array(list("aabb")), np.array(list("aaba"))), 3)
    0.5
    """
    answers = np.union1d(first, second)
    shares = [np.array([(given == answer).mean() for answer in answers]) for given in (first, second)]
    expected = float(shares[0] @ shares[1])
    if expected >= 1:
        return float("nan")
    return float(((first == second).mean() - expected) / (1 - expected))
