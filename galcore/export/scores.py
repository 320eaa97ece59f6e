"""Model probabilities of a campaign for an export, from embeddings and labels on disk."""

from __future__ import annotations

from galcore.export.sources import LabelSource
from galcore.review.scores import ModelScores, fitted_scores
from galcore.types import Campaign
from galcore.workspace import Workspace


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
