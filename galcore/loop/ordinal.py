"""The learner of answers on a scale: one direction in feature space, and a cut between any two answers.

Interest 0-5 and grades are ordered: a 4 says more about what a 5 looks like than a 0 does. The cumulative
logit (McCullagh 1980, proportional odds) has ``P(answer above the j-th | x) = sigmoid(w x + b_j)``: one set
of weights, whatever the number of answers, so that a handful of labels is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.loop.learner import (
    REGULARISATION_C,
    TrainingSet,
    balanced_weights,
    fit_regression,
    learner_version,
)
from galcore.loop.space import FeatureSpace

# Cuts are regularised with the weights; a large indicator makes that penalty small.
_CUT_SCALE = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalLearner:
    """A fitted model of answers on a scale.

    Attributes:
        weights: (1, k) float32.
        cuts: (L - 1,) float32, descending: of the L answers that occur, from the lowest up.
        levels: (L,) places of these answers.
        n_answers: K.
        version: Short hash of the training labels and the space.
    """

    weights: NDArray[np.float32]
    cuts: NDArray[np.float32]
    levels: NDArray[np.intp]
    n_answers: int
    version: str

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of each answer, (N, K) for features (N, k); 0 for answers that nobody gave."""
        logits = features @ self.weights.T + self.cuts  # (N, L - 1)
        above = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        ends = np.ones((len(features), 1), np.float32)
        told = np.zeros((len(features), self.n_answers), np.float32)
        told[:, self.levels] = -np.diff(np.concatenate([ends, above, 0 * ends], axis=1), axis=1)
        return told


def fit_ordinal(
    space: FeatureSpace,
    training: TrainingSet,
    values: Sequence[float],
    sides: Sequence[int],
    *,
    regularisation_c: float = REGULARISATION_C,
) -> OrdinalLearner | None:
    """Fit the cumulative logit as one binary regression (Li & Lin 2006, NIPS 19, section 3).

    Each label becomes one row a cut, which asks whether the answer lies above it. What is looked for and
    what is not get the same total weight, as the two answers of a binary campaign do.

    Args:
        space: Features of the workspace.
        training: Votes to learn from.
        values: (K,) of the answers on the scale.
        sides: (K,) 0 for answers that are looked for, 1 for the others.
        regularisation_c: As of :func:`galcore.loop.learner.fit_learner`.

    Returns:
        ``None`` until there are two different answers.
    """
    present = np.unique(training.answers)
    if len(present) < 2:
        return None
    levels = present[np.argsort(np.asarray(values)[present], kind="stable")]
    rank = np.empty(len(values), np.intp)
    rank[levels] = np.arange(len(levels))
    height, n_cuts = rank[training.answers], len(levels) - 1
    weights = balanced_weights(training.weights, np.asarray(sides)[training.answers])
    features = space.features[training.rows]
    indicators = _CUT_SCALE * np.eye(n_cuts, dtype=np.float32)
    design = np.concatenate(
        [np.repeat(features, n_cuts, axis=0), np.tile(indicators, (len(features), 1))], axis=1
    )
    above = height[:, None] > np.arange(n_cuts)  # (M, L - 1)
    model = fit_regression(design, above.ravel().astype(int), np.repeat(weights, n_cuts), regularisation_c)
    n_features = features.shape[1]
    cuts = model.intercept_ + _CUT_SCALE * model.coef_[0, n_features:]
    return OrdinalLearner(
        model.coef_[:, :n_features].astype(np.float32),
        np.minimum.accumulate(cuts).astype(np.float32),
        levels,
        len(values),
        learner_version(training, space),
    )


def expected_value(probabilities: NDArray[np.floating], values: Sequence[float]) -> NDArray[np.floating]:
    """Mean of the answers on their scale, (N,) of probabilities (N, K).

    >>> expected_value(np.array([[0.0, 0.5, 0.5]]), (0.0, 1.0, 2.0)).tolist()
    [1.5]
    """
    return probabilities @ np.asarray(values, dtype=probabilities.dtype)
