"""The learner of the loop: logistic regression on frozen embeddings, fitted again at every submitted grid.

It works in the space of :mod:`galcore.loop.space`, where one strength of regularisation suits every encoder.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from galcore.loop.ballots import Ballots
from galcore.loop.space import FeatureSpace

# Chosen by replay on real sets; the numbers are in docs/adr/0003-learner.md.
REGULARISATION_C = 10.0
IMPLIED_WEIGHT = 0.7  # an answer implied by "submit the rest" against one that was clicked


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """A fitted model.

    Attributes:
        weights: (K, k) float32; one row, of the first answer, where there are two answers.
        offsets: (K,) float32.
        n_answers: K.
        version: Short hash of the training labels and the space.
    """

    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]
    n_answers: int
    version: str

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probability of each answer, (N, K) for features (N, k)."""
        logits = features @ self.weights.T + self.offsets
        if len(self.weights) == 1:
            first = 1 / (1 + np.exp(-np.clip(logits[:, 0], -30, 30)))
            return np.stack([first, 1 - first], axis=1)
        logits -= logits.max(axis=1, keepdims=True)
        np.exp(logits, out=logits)
        return logits / logits.sum(axis=1, keepdims=True)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """Votes as rows to learn from: a galaxy with votes for two answers has two rows.

    Attributes:
        rows: (M,) row of the galaxy in the feature space.
        answers: (M,) index of the answer.
        weights: (M,) weight; the rows of one galaxy sum to the root of its number of votes.
    """

    rows: NDArray[np.intp]
    answers: NDArray[np.intp]
    weights: NDArray[np.float64]

    @classmethod
    def from_ballots(cls, ballots: Ballots) -> TrainingSet:
        """From votes per galaxy and answer; one that is worth nothing is not learned from."""
        votes = (ballots.explicit + IMPLIED_WEIGHT * ballots.implied) * ballots.worth
        counts = np.bincount(ballots.rows, weights=ballots.explicit + ballots.implied)[ballots.rows]
        kept = votes > 0
        return cls(ballots.rows[kept], ballots.answers[kept], (votes / np.sqrt(counts))[kept])

    @property
    def digest(self) -> str:
        """Short hash of the labels."""
        digest = hashlib.blake2b(digest_size=8)
        for array in (self.rows, self.answers, np.round(self.weights, 6)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def fit_learner(
    space: FeatureSpace,
    training: TrainingSet,
    *,
    n_answers: int = 2,
    regularisation_c: float = REGULARISATION_C,
) -> Learner | None:
    """L2-regularised logistic regression, each answer given the same total weight.

    Minimises ``|w|^2 / 2 + C sum_i a_i log(1 + exp(-y_i (w x_i + b)))`` (multinomial for K > 2), where the
    ``a_i`` are the weights of the votes, scaled so that every answer that occurs has the same sum and all sum
    to the number of rows. Deterministic.

    Args:
        space: Features of the workspace.
        training: Votes to learn from.
        n_answers: Answers K of the campaign.
        regularisation_c: ``C``; the features have a mean squared length of 1.

    Returns:
        ``None`` until there are two different answers. An answer nobody gave has probability 0.
    """
    present = np.unique(training.answers)
    if len(present) < 2:
        return None
    balanced = balanced_weights(training.weights, training.answers)
    model = fit_regression(space.features[training.rows], training.answers, balanced, regularisation_c)
    version = learner_version(training, space)
    if n_answers == 2:
        # scikit-learn gives the weights of the second class; ours are those of the first answer
        return Learner(
            -model.coef_.astype(np.float32), -model.intercept_.astype(np.float32), n_answers, version
        )
    return _spread_over_answers(model.coef_, model.intercept_, present, n_answers, version)


def balanced_weights(weights: NDArray[np.float64], classes: NDArray[np.integer]) -> NDArray[np.float64]:
    """(M,) weights with the same sum for every class that occurs, and the number of rows in all."""
    totals = np.bincount(classes, weights=weights)
    return weights / totals[classes] * (len(weights) / np.count_nonzero(totals))


def fit_regression(
    features: NDArray[np.float32],
    classes: NDArray[np.integer],
    weights: NDArray[np.float64],
    regularisation_c: float,
) -> LogisticRegression:
    """L2 logistic regression as this package fits it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unfinished descent is still the best answer in the time there is
        model = LogisticRegression(C=regularisation_c, max_iter=100, tol=1e-3)
        return model.fit(features, classes, sample_weight=weights)


def learner_version(training: TrainingSet, space: FeatureSpace) -> str:
    """Short hash of what was learned from."""
    return hashlib.blake2b(f"{training.digest} {space.digest}".encode(), digest_size=5).hexdigest()


def _spread_over_answers(
    coefficients: NDArray, intercepts: NDArray, present: NDArray[np.intp], n_answers: int, version: str
) -> Learner:
    """A multinomial learner with a row for every answer, also those that nobody gave yet."""
    if len(present) == 2:  # the binary form: logit of the second class against the first
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercepts = np.append(0.0, intercepts)
    weights = np.zeros((n_answers, coefficients.shape[1]), np.float32)
    offsets = np.full(n_answers, -1e4, np.float32)
    weights[present], offsets[present] = coefficients, intercepts
    return Learner(weights, offsets, n_answers, version)
