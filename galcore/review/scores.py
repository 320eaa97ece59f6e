"""What the model of a campaign says, fitted from the labels by the same learner as the running loop.

Two kinds of probabilities: of the model fitted on every label (what the loop uses, what is exported), which
for a labelled galaxy is in-sample; and cross-fitted ones, where each labelled galaxy is judged by a model
that did not see its label. Only the second may be compared with labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.learner import FeatureSpace, TrainingSet, fit_learner
from galcore.types import Campaign

FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class ModelScores:
    """What the model of a campaign says about every galaxy it has an embedding of.

    Attributes:
        galaxy_ids: Galaxies, ``(N,)``.
        probabilities: One column an answer of the campaign, ``(N, K)``, 0-1.
        model_version: Version of the learner that gave them.
    """

    galaxy_ids: NDArray[np.str_]
    probabilities: NDArray[np.floating]
    model_version: str


def vote_counts(
    current: pd.DataFrame, galaxy_ids: Sequence[str] | NDArray[np.str_], answers: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Explicit and implied votes per galaxy and answer, ``(N, K)`` each.

    Args:
        current: One row per galaxy and person; see :meth:`galcore.labels.LabelStore.current`.
        galaxy_ids: Galaxies in the order wanted; answers about others are passed over.
        answers: Answers of the campaign in their order.
    """
    explicit = np.zeros((len(galaxy_ids), len(answers)), dtype=np.int64)
    implied = np.zeros_like(explicit)
    rows = pd.Index(galaxy_ids).get_indexer(pd.Index(current["galaxy_id"].astype(str)))
    columns = pd.Index(answers).get_indexer(pd.Index(current["answer"].astype(str)))
    known = (rows >= 0) & (columns >= 0)
    clicked = current["explicit"].to_numpy(dtype=bool)
    np.add.at(explicit, (rows[known & clicked], columns[known & clicked]), 1)
    np.add.at(implied, (rows[known & ~clicked], columns[known & ~clicked]), 1)
    return explicit, implied


def fitted_scores(
    campaign: Campaign,
    galaxy_ids: NDArray[np.str_],
    space: FeatureSpace,
    current: pd.DataFrame,
) -> ModelScores | None:
    """Probabilities of the model fitted on every label; ``None`` until two answers were given."""
    training = TrainingSet.from_votes(*vote_counts(current, galaxy_ids, campaign.answers))
    learner = fit_learner(space, training, n_answers=len(campaign.answers))
    if learner is None:
        return None
    return ModelScores(galaxy_ids, learner.probabilities(space.features), learner.version)


def cross_fitted(
    scores: ModelScores, campaign: Campaign, space: FeatureSpace, current: pd.DataFrame, *, seed: int = 0
) -> ModelScores:
    """The scores with every labelled galaxy judged by a model that did not see its label (5 folds).

    A fold that has one answer only is left with NaN.
    """
    explicit, implied = vote_counts(current, scores.galaxy_ids, campaign.answers)
    labelled = np.flatnonzero((explicit + implied).sum(axis=1))
    fold_of = np.full(len(scores.galaxy_ids), -1)
    fold_of[labelled] = np.random.default_rng(seed).permutation(len(labelled)) % FOLDS
    probabilities = np.array(scores.probabilities, dtype=float)
    for fold in range(FOLDS):
        held = fold_of == fold
        if not held.any():
            continue
        others = (~held)[:, None]
        training = TrainingSet.from_votes(explicit * others, implied * others)
        learner = fit_learner(space, training, n_answers=len(campaign.answers))
        probabilities[held] = np.nan if learner is None else learner.probabilities(space.features[held])
    return ModelScores(scores.galaxy_ids, probabilities, f"{scores.model_version} cross-fitted")
