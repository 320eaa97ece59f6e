"""The reviewed campaign, made once per state of labels and model and shared by all sessions."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from galcore.export.questions import AskedQuestion, asked_questions
from galcore.review.agreement import QuestionAgreement, question_agreement
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


def labels_version(workspace: Workspace, review: CampaignReview) -> str:
    """Names the labels that a review was made from: what is told from them alone holds until one is added."""
    last = int(review.history["seq"].iloc[-1]) if len(review.history) else 0
    return f"{workspace.folder} {review.campaign!r} {last}"


def load_questions(workspace: Workspace, review: CampaignReview) -> tuple[AskedQuestion, ...]:
    """Questions of the campaign, the main one first, with every answer that was given."""
    return _questions(labels_version(workspace, review), review)


@st.cache_resource(max_entries=8, show_spinner=False)
def _questions(version: str, _review: CampaignReview) -> tuple[AskedQuestion, ...]:
    return asked_questions(_review.campaign, _review.current)


def load_people(workspace: Workspace, review: CampaignReview) -> pd.DataFrame:
    """Counts and pace of each person, see :meth:`galcore.labels.LabelStore.people`."""
    return _people(labels_version(workspace, review), workspace, review.campaign.campaign_id)


@st.cache_data(max_entries=8, show_spinner=False)
def _people(version: str, _workspace: Workspace, campaign_id: str) -> pd.DataFrame:
    return _workspace.labels.people(campaign_id)


def load_agreement(
    workspace: Workspace, review: CampaignReview, question: AskedQuestion
) -> QuestionAgreement:
    """How far people agree about a question, on the random overlap."""
    return _agreement(labels_version(workspace, review), question, review)


@st.cache_resource(max_entries=16, show_spinner="Comparing people …")
def _agreement(version: str, question: AskedQuestion, _review: CampaignReview) -> QuestionAgreement:
    return question_agreement(_review.campaign, _review.history, question)
