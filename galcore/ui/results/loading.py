"""The reviewed campaign, made once per state of labels and model and shared by all sessions."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from galcore.export.questions import asked_questions
from galcore.loop.session import CampaignLoop
from galcore.people.changes import person_weights
from galcore.review.agreement import QuestionAgreement, question_agreement
from galcore.review.campaign import CampaignReview, review_campaign
from galcore.review.queue import AdjudicationQueue, make_queue
from galcore.review.scores import Scored, score_campaign
from galcore.review.value import typicality
from galcore.types import Campaign
from galcore.workspace import Workspace


def load_review(workspace: Workspace, campaign: Campaign, question: str | None = None) -> CampaignReview:
    """One question of the campaign as its labels stand now; by default the one in focus."""
    loop = workspace.loop(campaign.campaign_id)
    features = loop.space.digest if loop.space is not None else ""
    version = (
        f"{workspace.folder} {campaign!r} {workspace.labels.last_seq(campaign.campaign_id)} "
        f"{workspace.catalog_hash} {features}"
    )
    return _review(version, question, workspace, campaign)


@st.cache_resource(max_entries=8, show_spinner="Bringing labels and model together …")
def _review(version: str, question: str | None, _workspace: Workspace, _campaign: Campaign) -> CampaignReview:
    labels, campaign_id = _workspace.labels, _campaign.campaign_id
    return review_campaign(
        _campaign,
        _workspace.catalog,
        labels.current(campaign_id),
        labels.history(campaign_id),
        scored=_scores(version, _workspace, _campaign),
        question=question,
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _scores(version: str, _workspace: Workspace, _campaign: Campaign) -> Scored | None:
    loop = _workspace.loop(_campaign.campaign_id)
    history = _workspace.labels.history(_campaign.campaign_id)
    return score_campaign(_campaign, loop.galaxy_ids, loop.space, history)


def labels_version(workspace: Workspace, review: CampaignReview) -> str:
    """Names the labels that a review was made from: what is told from them alone holds until one is added."""
    last = int(review.history["seq"].iloc[-1]) if len(review.history) else 0
    return f"{workspace.folder} {review.campaign!r} {last}"


def load_queue(workspace: Workspace, review: CampaignReview) -> AdjudicationQueue:
    """What is to be decided about the question, with what a decision is worth to the model."""
    weights = person_weights(workspace.folder)
    version = f"{labels_version(workspace, review)} {review.model_version} {weights}"
    return _queue(version, review.question.name, workspace, review, weights)


@st.cache_resource(max_entries=8, show_spinner="Putting galaxies in order …")
def _queue(
    version: str,
    question: str,
    _workspace: Workspace,
    _review: CampaignReview,
    _weights: dict[str, float],
) -> AdjudicationQueue:
    loop = _workspace.loop(_review.campaign.campaign_id)
    typical = None if loop.space is None else _typical(f"{_workspace.folder} {loop.space.digest}", loop)
    return make_queue(
        _review.campaign, _review.history, question=_review.question, told=_review.told, typical=typical,
        weights=_weights,
    )  # fmt: skip


@st.cache_resource(max_entries=4, show_spinner="Measuring how typical each galaxy is …")
def _typical(version: str, _loop: CampaignLoop) -> pd.Series:
    assert _loop.space is not None
    return pd.Series(typicality(_loop.space.features), index=_loop.galaxy_ids.astype(object))


def load_people(workspace: Workspace, review: CampaignReview) -> pd.DataFrame:
    """Counts and pace of each person, see :meth:`galcore.labels.LabelStore.people`."""
    return _people(labels_version(workspace, review), workspace, review.campaign.campaign_id)


@st.cache_data(max_entries=8, show_spinner=False)
def _people(version: str, _workspace: Workspace, campaign_id: str) -> pd.DataFrame:
    return _workspace.labels.people(campaign_id)


def load_agreement(workspace: Workspace, review: CampaignReview) -> QuestionAgreement:
    """How far people agree about the question, on the random overlap."""
    return _agreement(labels_version(workspace, review), review.question.name, review)


@st.cache_resource(max_entries=16, show_spinner="Comparing people …")
def _agreement(version: str, question: str, _review: CampaignReview) -> QuestionAgreement:
    asked = asked_questions(_review.campaign, _review.current)
    chosen = next(each for each in asked if each.name == question)
    return question_agreement(_review.campaign, _review.history, chosen)
