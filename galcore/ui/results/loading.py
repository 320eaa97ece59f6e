"""The reviewed campaign, made once per state of labels and model and shared by all sessions."""

from __future__ import annotations

import streamlit as st

from galcore.review.campaign import CampaignReview, review_campaign
from galcore.types import Campaign
from galcore.workspace import Workspace


def load_review(workspace: Workspace, campaign: Campaign) -> CampaignReview:
    """The campaign as its labels stand now."""
    loop = workspace.loop(campaign.campaign_id)
    features = loop.space.digest if loop.space is not None else ""
    version = (
        f"{workspace.folder} {campaign!r} {workspace.labels.version} {workspace.catalog_hash} {features}"
    )
    return _review(version, workspace, campaign)


@st.cache_resource(max_entries=8, show_spinner="Bringing labels and model together …")
def _review(version: str, _workspace: Workspace, _campaign: Campaign) -> CampaignReview:
    loop, labels = _workspace.loop(_campaign.campaign_id), _workspace.labels
    campaign_id = _campaign.campaign_id
    return review_campaign(
        _campaign,
        _workspace.catalog,
        labels.votes(campaign_id),
        labels.current(campaign_id),
        labels.history(campaign_id),
        galaxy_ids=loop.galaxy_ids,
        space=loop.space,
    )
