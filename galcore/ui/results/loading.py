"""The reviewed campaign, made once per state of labels and model and shared by all sessions."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

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

_BRINGING = "Bringing labels and model together …"
COSTLY_S, KEPT_TIMES = 2.0, 10  # scores that took longer are kept so many times as long while labels come in


@dataclass(slots=True)
class _Kept:
    """Scores of a campaign as last computed."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    last_seq: int = -1
    weights: dict[str, float] = field(default_factory=dict)
    scored: Scored | None = None
    seconds: float = 0.0
    made_at: float = 0.0


def load_review(workspace: Workspace, campaign: Campaign, question: str | None = None) -> CampaignReview:
    """One question of the campaign as its labels stand now; by default the one in focus."""
    loop = workspace.loop(campaign.campaign_id)
    features = loop.space.digest if loop.space is not None else ""
    whole = f"{workspace.folder} {campaign!r} {workspace.catalog_hash} {features}"
    kept = _kept(whole)
    _renew_scores(kept, workspace, campaign)
    weights = person_weights(workspace.folder)
    version = (
        f"{whole} {workspace.labels.last_seq(campaign.campaign_id)} {kept.last_seq} {kept.weights} {weights}"
    )
    return _review(version, question, workspace, campaign, kept, weights)


@st.cache_resource(max_entries=8, show_spinner=_BRINGING)
def _review(
    version: str,
    question: str | None,
    _workspace: Workspace,
    _campaign: Campaign,
    _kept: _Kept,
    _weights: dict[str, float],
) -> CampaignReview:
    labels, campaign_id = _workspace.labels, _campaign.campaign_id
    return review_campaign(
        _campaign,
        _workspace.catalog,
        labels.current(campaign_id),
        labels.history(campaign_id),
        scored=_kept.scored,
        question=question,
        weights=_weights,
    )


def _renew_scores(kept: _Kept, workspace: Workspace, campaign: Campaign) -> None:
    """Fit again if labels came in, or people count otherwise; where that costs seconds, a little behind them.

    Labels given since were not learned from, so for them a held-out score stays one.
    """
    with kept.lock:
        last_seq = workspace.labels.last_seq(campaign.campaign_id)
        rests = kept.seconds >= COSTLY_S and time.monotonic() < kept.made_at + KEPT_TIMES * kept.seconds
        weights = person_weights(workspace.folder)
        if weights == kept.weights and (last_seq == kept.last_seq or rests):
            return
        with st.spinner(_BRINGING):
            loop, started = workspace.loop(campaign.campaign_id), time.monotonic()
            history = workspace.labels.history(campaign.campaign_id)
            kept.scored = score_campaign(campaign, loop.galaxy_ids, loop.space, history, weights=weights)
        kept.made_at, kept.last_seq, kept.weights = time.monotonic(), last_seq, weights
        kept.seconds = kept.made_at - started


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept(version: str) -> _Kept:
    return _Kept()


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
