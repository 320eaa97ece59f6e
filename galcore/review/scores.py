"""What the model of a campaign says, fitted from the labels exactly as the running loop does.

Two kinds of probabilities: of the model fitted on every label (what the loop uses, what is exported), which
for a labelled galaxy is in-sample; and cross-fitted ones, where each labelled galaxy is judged by a model
that did not see its label. Only the second may be compared with labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.learner import TrainingSet, fit_learner
from galcore.loop.policy import fit_model
from galcore.loop.space import FeatureSpace
from galcore.loop.state import LoopState, rows_by_id
from galcore.loop.target import learned_answers
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


def fitted_scores(
    campaign: Campaign, galaxy_ids: NDArray[np.str_], space: FeatureSpace, history: pd.DataFrame
) -> ModelScores | None:
    """Probabilities of the model fitted on every label; ``None`` until two answers were given.

    Also ``None`` where the model learns something coarser than the answers (interest, grades, several at
    once; see :mod:`galcore.loop.target`): there is no probability of each answer then.

    Args:
        campaign: Its answers and its seeds are learned from.
        galaxy_ids: Galaxies in the order of the space.
        space: Their features.
        history: Every event; see :meth:`galcore.labels.LabelStore.history`.
    """
    if learned_answers(campaign) != campaign.answers:
        return None
    row_of = rows_by_id(galaxy_ids)
    state = LoopState.from_history(history, row_of, campaign)
    seeds = [row_of[galaxy_id] for galaxy_id in campaign.seeds if galaxy_id in row_of]
    model = fit_model(space, state.explicit, state.implied, seeds=seeds)
    if model.probabilities is None:
        return None
    return ModelScores(galaxy_ids, model.probabilities, model.version)


def cross_fitted(
    scores: ModelScores, campaign: Campaign, space: FeatureSpace, history: pd.DataFrame, *, seed: int = 0
) -> ModelScores:
    """The scores with every labelled galaxy judged by a model that did not see its label (5 folds).

    Folds whose remaining labels have one answer only are left with NaN.
    """
    state = LoopState.from_history(history, rows_by_id(scores.galaxy_ids), campaign)
    labelled = np.flatnonzero(state.answered)
    fold_of = np.full(len(scores.galaxy_ids), -1)
    fold_of[labelled] = np.random.default_rng(seed).permutation(len(labelled)) % FOLDS
    probabilities = np.array(scores.probabilities, dtype=float)
    for fold in range(min(FOLDS, len(labelled))):
        held = fold_of == fold
        seen = ~held[:, None]
        training = TrainingSet.from_votes(state.explicit * seen, state.implied * seen)
        learner = fit_learner(space, training, n_answers=len(campaign.answers))
        probabilities[held] = np.nan if learner is None else learner.probabilities(space.features[held])
    return ModelScores(scores.galaxy_ids, probabilities, f"{scores.model_version} cross-fitted")
