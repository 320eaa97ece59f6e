"""How far people agree, on the galaxies that several of them answered."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus.agreement import Agreement, agreement_of
from galcore.consensus.votes import NOT_VOTES


def independent_answers(current: pd.DataFrame) -> pd.DataFrame:
    """Votes: gold and re-asks measure a person, and adjudications decide with knowledge of the others."""
    return current[~current["reason"].isin([str(reason) for reason in NOT_VOTES])]


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
    return agreement_of(counts, n_bootstrap=n_bootstrap, seed=seed)


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
