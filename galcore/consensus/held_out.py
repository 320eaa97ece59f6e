"""Probabilities of a model about galaxies whose votes it has not seen: the only ones that may be a voice.

A model that was fitted on a galaxy's votes repeats them, and would be counted as one more person who agrees.
:class:`HeldOut` cannot be made without saying how each galaxy was kept from the model that judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.types import GalcoreError, Progress, ProgressCallback

Predict = Callable[[NDArray[np.floating]], NDArray[np.floating]]  # features (M, D) -> probabilities (M, K)
# features (M, D), beliefs about their answers (M, K) -> a fitted model
Fit = Callable[[NDArray[np.floating], NDArray[np.float64]], Predict]
N_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Out-of-sample probabilities with their provenance.

    Attributes:
        galaxy_ids: (N,) galaxies.
        probabilities: (N, K), rows sum to 1; rows of NaN where no model could be fitted.
        folds: (N,) which part of the galaxies was left out of the fit that judges this one.
    """

    galaxy_ids: NDArray[np.object_]
    probabilities: NDArray[np.float64]
    folds: NDArray[np.intp]

    def __post_init__(self) -> None:
        if not len(self.galaxy_ids) == len(self.probabilities) == len(self.folds):
            raise ValueError("galaxy_ids, probabilities and folds must have one entry a galaxy")
        if len(self.folds) and self.folds.min() < 0:
            raise GalcoreError(
                "some galaxies are judged by a model that was fitted on their own votes (fold -1): "
                "leave each galaxy out of one fit, for example with cross_validate"
            )
        known = ~np.isnan(self.probabilities).all(axis=1)
        rows = self.probabilities[known]
        if not np.isfinite(rows).all() or (rows < 0).any() or not np.allclose(rows.sum(axis=1), 1, atol=1e-3):
            raise GalcoreError("probabilities of the model must be finite, not negative, and sum to 1")

    @classmethod
    def from_other_galaxies(
        cls,
        galaxy_ids: Sequence[str] | NDArray,
        probabilities: NDArray[np.floating],
        *,
        trained_on: Collection[str],
    ) -> HeldOut:
        """Of a model that was fitted elsewhere.

        Raises:
            GalcoreError: If it was fitted on one of the galaxies it judges.
        """
        ids = np.array(galaxy_ids, dtype=object)
        seen = sorted(set(ids.tolist()) & set(trained_on))
        if seen:
            raise GalcoreError(
                f"the model was fitted on {len(seen)} of the galaxies it is to judge, such as {seen[0]}: "
                "use cross_validate, which leaves each galaxy out once"
            )
        return cls(ids, np.asarray(probabilities, float), np.zeros(len(ids), np.intp))

    def aligned(self, galaxy_ids: NDArray[np.object_]) -> NDArray[np.float64]:
        """(N, K) in another order of galaxies; NaN where it knows nothing."""
        row_of = {galaxy_id: row for row, galaxy_id in enumerate(self.galaxy_ids.tolist())}
        rows = np.array([row_of.get(galaxy_id, -1) for galaxy_id in galaxy_ids.tolist()], dtype=np.intp)
        found = np.full((len(galaxy_ids), self.probabilities.shape[1]), np.nan)
        found[rows >= 0] = self.probabilities[rows[rows >= 0]]
        return found


def cross_validate(
    galaxy_ids: NDArray[np.object_],
    features: NDArray[np.floating],
    beliefs: NDArray[np.float64],
    *,
    fit: Fit,
    n_folds: int = N_FOLDS,
    seed: int = 0,
    most_learned: int | None = None,
    progress: ProgressCallback | None = None,
) -> HeldOut:
    """Probabilities for every galaxy from models fitted on the other folds.

    Args:
        galaxy_ids: (N,) galaxies.
        features: (N, D) what the model sees.
        beliefs: (N, K) what it learns: shares of votes or a consensus of people (never one that has the
            model in it); rows of NaN or zeros are judged but not learned from.
        fit: Gets features and beliefs of some galaxies and returns a function of features.
        n_folds: Parts; at least two.
        seed: Of the partition.
        most_learned: Galaxies that each model learns from at most, drawn at random; all if ``None``.
        progress: Called after each part.
    """
    n_galaxies, n_answers = beliefs.shape
    if n_folds < 2:
        raise ValueError("n_folds must be at least 2: with one, every galaxy would judge itself")
    rng = np.random.default_rng(seed)
    folds = rng.permutation(n_galaxies) % n_folds
    learnable = np.nan_to_num(beliefs).sum(axis=1) > 0
    probabilities = np.full((n_galaxies, n_answers), np.nan)
    for fold in range(n_folds):
        training, judged = np.flatnonzero(learnable & (folds != fold)), folds == fold
        if most_learned is not None and len(training) > most_learned:
            training = np.sort(rng.choice(training, most_learned, replace=False))
        if judged.any() and (beliefs[training].sum(axis=0) > 0).sum() >= 2:
            probabilities[judged] = fit(features[training], beliefs[training])(features[judged])
        if progress is not None:
            progress(Progress("what the model says", fold + 1, n_folds))
    return HeldOut(galaxy_ids, probabilities, folds)


def fit_logistic(
    features: NDArray[np.floating], beliefs: NDArray[np.float64], *, regularisation_c: float = 1.0
) -> Predict:
    """Logistic regression on beliefs: each galaxy is a row for every answer believed of it, weighted so.

    Answers that nobody gave get probability 0.
    """
    from sklearn.linear_model import LogisticRegression

    rows, answers = np.nonzero(beliefs > 1e-3)
    model = LogisticRegression(C=regularisation_c, max_iter=500)
    model.fit(features[rows], answers, sample_weight=beliefs[rows, answers])

    def predict(unseen: NDArray[np.floating]) -> NDArray[np.floating]:
        probabilities = np.zeros((len(unseen), beliefs.shape[1]))
        probabilities[:, model.classes_] = model.predict_proba(unseen)
        return probabilities

    return predict
