"""Model probabilities of a campaign for an export, from embeddings and labels on disk."""

from __future__ import annotations

import numpy as np
import pandas as pd

from galcore.export.sources import LabelSource
from galcore.review.scores import ModelScores, cross_fitted, fitted_scores
from galcore.review.statistics import calibration
from galcore.types import Campaign
from galcore.workspace import Workspace

LEAST_FOR_CALIBRATION = 20


def campaign_scores(workspace: Workspace, campaign: Campaign, labels: LabelSource) -> ModelScores | None:
    """What the model fitted on the labels says; ``None`` without embeddings or before two answers were given.

    Fitting is deterministic and done by the loop's own learner, so that a command gives the same numbers
    as the running dashboard.
    """
    from galcore.loop.space import FeatureSpace

    embeddings = workspace.campaign_embeddings(campaign.model)
    history = labels.history(campaign.campaign_id)
    if embeddings is None or (history.empty and not campaign.seeds):
        return None
    space = FeatureSpace.from_vectors(embeddings.vectors())
    return fitted_scores(campaign, embeddings.galaxy_ids, space, history)


def calibration_note(
    workspace: Workspace, campaign: Campaign, history: pd.DataFrame, scores: ModelScores | None
) -> str:
    """How far the probabilities can be taken at their word, in one sentence; empty without a model.

    The expected calibration error of the likeliest answer on labelled galaxies, each judged by a model that
    did not see its label, over bins of equal size (Naeini et al. 2015).
    """
    from galcore.loop.space import FeatureSpace

    embeddings = workspace.campaign_embeddings(campaign.model)
    if scores is None or embeddings is None:
        return ""
    space = FeatureSpace.from_vectors(embeddings.vectors())
    held_out = cross_fitted(scores, campaign, space, history)
    answers = _standing_answers(history)
    told = pd.DataFrame(held_out.probabilities, index=scores.galaxy_ids.astype(str)).reindex(answers.index)
    known = told.notna().all(axis=1).to_numpy()
    if known.sum() < LEAST_FOR_CALIBRATION:
        return f"not measured: fewer than {LEAST_FOR_CALIBRATION} labelled galaxies"
    best = told.to_numpy()[known].argmax(axis=1)
    right = np.array(campaign.answers, dtype=object)[best] == answers.to_numpy(dtype=object)[known]
    bins = calibration(told.to_numpy()[known].max(axis=1), right)
    error = float(((bins["told"] - bins["came_true"]).abs() * bins["n"]).sum() / bins["n"].sum())
    return (
        f"expected calibration error {error:.3f} of the likeliest answer on {int(bins['n'].sum())} labelled "
        "galaxies, cross-fitted; labels chosen by the loop are no random sample"
    )


def _standing_answers(history: pd.DataFrame) -> pd.Series:
    """Last standing answer to the only question about each galaxy."""
    from galcore.export.votes import counted, vote_rows

    votes = counted(vote_rows(history))
    return (
        votes[votes["question"] == ""]
        .drop_duplicates("galaxy_id", keep="last")
        .set_index("galaxy_id")["answer"]
    )
