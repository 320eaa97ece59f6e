"""Linear probe: how much of a class can be read off frozen vectors with few labels.

A fixed half of the galaxies gives the labels, the other half is only scored. Each draw takes labels class
by class in proportion, with at least two of each class.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from galcore.types import GalcoreError

_INVERSE_PENALTY = 0.01  # standardised features, hundreds of them, tens of labels: a strong penalty


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One cell of a probe table.

    Attributes:
        features: What the vectors are.
        task: What was asked.
        labels: Labels used; 0 means the whole training half.
        n_positive: Positives in the tested half.
        n_negative: Negatives in the tested half.
        auroc: Mean over draws.
        auroc_low: Smallest of the draws.
        auroc_high: Largest of the draws.
        seeds: Number of draws.
    """

    features: str
    task: str
    labels: int
    n_positive: int
    n_negative: int
    auroc: float
    auroc_low: float
    auroc_high: float
    seeds: int


def split_halves(truth: NDArray[np.bool_], *, seed: int = 0) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A class-stratified training half and testing half, the same for the same truth and seed."""
    rng = np.random.default_rng(seed)
    train: list[int] = []
    for answer in (False, True):
        members = rng.permutation(np.flatnonzero(truth == answer))
        train += list(members[: (len(members) + 1) // 2])
    chosen = np.zeros(len(truth), dtype=bool)
    chosen[train] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


def draw_labels(
    truth: NDArray[np.bool_], pool: NDArray[np.intp], n_labels: int, *, seed: int
) -> NDArray[np.intp]:
    """Galaxies to label: at random, classes in their own proportion, at least two of each.

    Args:
        truth: (N,) answers.
        pool: Galaxies that may be drawn.
        n_labels: How many; 0 or more than the pool holds means all.
        seed: Of the draw.
    """
    if n_labels == 0 or n_labels >= len(pool):
        return pool
    rng = np.random.default_rng(seed)
    positive, negative = pool[truth[pool]], pool[~truth[pool]]
    n_positive = round(n_labels * len(positive) / len(pool))
    n_positive = min(max(n_positive, 2, n_labels - len(negative)), n_labels - 2, len(positive))
    return np.concatenate(
        [
            rng.choice(positive, n_positive, replace=False),
            rng.choice(negative, min(n_labels - n_positive, len(negative)), replace=False),
        ]
    )


def read_answers(
    column: pd.Series, positive: str, negative: str = ""
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Rows of a catalogue column that answer a yes/no question.

    Args:
        column: Answers, of any type; numbers may be given as ``1`` or ``1.0``.
        positive: What means yes.
        negative: What means no; empty: any other answer. Missing answers are left out.

    Returns:
        Positions of the rows that answer, and whether each says yes.

    Raises:
        GalcoreError: If no row says yes, or none says no.

    Example:
        >>> rows, yes = read_answers(pd.Series([1.0, None, 0.0]), "1")
        >>> rows.tolist(), yes.tolist()
        ([0, 2], [True, False])
    """
    known = column.notna().to_numpy()
    yes = _says(column, positive)
    no = _says(column, negative) if negative else known & ~yes
    if not yes.any() or not no.any():
        found = ", ".join(sorted({str(value) for value in column.dropna().unique()})[:12])
        missing = positive if not yes.any() else (negative or "anything else")
        raise GalcoreError(f"column '{column.name}': no row says '{missing}'; it holds {found or 'nothing'}")
    rows = np.flatnonzero(yes | no)
    return rows, yes[rows]


def _says(column: pd.Series, value: str) -> NDArray[np.bool_]:
    same = (column.astype(str) == value).to_numpy()
    try:
        number = float(value)
    except ValueError:
        return same
    return same | (pd.to_numeric(column, errors="coerce") == number).to_numpy()


def probe(
    vectors: NDArray[np.floating],
    truth: NDArray[np.bool_],
    *,
    features: str,
    task: str,
    labels: Sequence[int] = (20, 100, 0),
    seeds: int = 5,
    components: int | None = None,
) -> tuple[ProbeRow, ...]:
    """AUROC of a balanced, standardised L2 logistic regression for several numbers of labels.

    Args:
        vectors: (N, D) frozen features.
        truth: (N,) answers.
        features: Name of the features, for the rows.
        task: Name of the task, for the rows.
        labels: Numbers of labels; 0 is the whole training half.
        seeds: Draws per number of labels; the split of the halves changes with the draw.
        components: Reduce by a PCA fitted on the training half first (for pixels).

    Returns:
        One row per number of labels.

    Raises:
        GalcoreError: If a class has fewer than four members.
    """
    truth = np.asarray(truth, dtype=bool)
    if min(truth.sum(), (~truth).sum()) < 4:
        raise GalcoreError(
            f"task '{task}': {truth.sum()} yes and {(~truth).sum()} no; a probe needs four of each"
        )
    scores = np.array([score_draw(vectors, truth, labels, seed, components) for seed in range(seeds)])
    _, test = split_halves(truth)
    return tuple(
        ProbeRow(
            features=features,
            task=task,
            labels=n_labels,
            n_positive=int(truth[test].sum()),
            n_negative=int((~truth[test]).sum()),
            auroc=float(column.mean()),
            auroc_low=float(column.min()),
            auroc_high=float(column.max()),
            seeds=seeds,
        )
        for n_labels, column in zip(labels, scores.T, strict=True)
    )


def score_draw(
    vectors: NDArray[np.floating],
    truth: NDArray[np.bool_],
    labels: Sequence[int],
    seed: int,
    components: int | None,
) -> list[float]:
    """AUROC on the tested half for every number of labels; everything is fitted on the other half."""
    train, test = split_halves(truth, seed=seed)
    if components is not None:
        reduction = PCA(min(components, len(train) - 1), svd_solver="randomized", random_state=seed)
        vectors = reduction.fit(vectors[train]).transform(vectors)
    scaled = StandardScaler().fit(vectors[train]).transform(vectors)
    scores = []
    for n_labels in labels:
        chosen = draw_labels(truth, train, n_labels, seed=seed)
        model = LogisticRegression(C=_INVERSE_PENALTY, class_weight="balanced", max_iter=300)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(scaled[chosen], truth[chosen])
        scores.append(float(roc_auc_score(truth[test], model.decision_function(scaled[test]))))
    return scores
