"""Disagreements: one galaxy at a time, decided by a key or a click."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from galcore.people import Role, may, require_role
from galcore.review.campaign import CampaignReview
from galcore.review.disagreement import Dispute, adjudication, disputes
from galcore.types import GalcoreError
from galcore.ui import state
from galcore.ui.gallery import Tile, show_gallery
from galcore.ui.results.downloads import show_downloads
from galcore.ui.text import count, plain
from galcore.workspace import Workspace

QUEUE_SHOWN = 24
_SKIPPED = "review_skipped_disputes"


def show_disagreements(
    workspace: Workspace, review: CampaignReview, user: str, only: frozenset[str] | None
) -> None:
    """Draw the tab; ``only``: galaxies to keep to, ``None`` for all."""
    decided = st.toggle("Also those already decided", key="review_decided")
    found = [
        dispute
        for dispute in disputes(
            review.current, review.history, question=review.question.name, with_decided=decided
        )
        if only is None or dispute.galaxy_id in only
    ]
    if not found:
        _explain_none(review)
        return
    skipped = st.session_state.setdefault(_SKIPPED, {})
    found.sort(key=lambda dispute: skipped.get(dispute.galaxy_id, 0))  # stable: skipped ones go last
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count(len(found), 'galaxy', 'galaxies')}** with differing answers", width="content")
        show_downloads(workspace, review, _table(found), name="disagreements")
    _show_dispute(workspace, review, user, found[0])
    if len(found) > 1:
        st.caption("Next in the queue, strongest disagreement first")
        tiles = [
            Tile(each.galaxy_id, (_votes_text(each), each.galaxy_id)) for each in found[1 : QUEUE_SHOWN + 1]
        ]
        show_gallery(tiles, key="review_disputes", tile_px=96, label="disagreements that wait")


def _show_dispute(workspace: Workspace, review: CampaignReview, user: str, dispute: Dispute) -> None:
    picture, facts = st.columns([1, 1.3], gap="medium")
    with picture:
        address = state.stamp(dispute.galaxy_id, size_px=512)  # signed base64: nothing to escape
        st.html(f'<img alt="the galaxy" src="{address}" style="width: 100%; border-radius: 6px">')
        st.caption(plain(dispute.galaxy_id, limit=80))
    with facts:
        st.markdown(f"##### {plain(review.question.text, limit=200)}")
        n_people = sum(n for _, n in dispute.votes)
        for answer, n in dispute.votes:
            st.progress(n / n_people, text=f"{plain(answer, limit=60)} · {n} of {n_people}")
        _show_model(review, dispute)
        for comment in dispute.comments:
            st.markdown(f":material/chat: {plain(comment, limit=500)}")
        if dispute.decided:
            st.markdown(f":material/gavel: decided: **{plain(dispute.decided, limit=60)}**")
        _show_decision(workspace, review, user, dispute)


def _show_model(review: CampaignReview, dispute: Dispute) -> None:
    """The model as one more voice, told without its own memory of this galaxy's labels."""
    if not review.model_version or dispute.galaxy_id not in review.galaxies.index:
        return
    row = review.galaxies.loc[dispute.galaxy_id]
    told = [(answer, row[f"held out: {answer}"]) for answer in review.answers]
    known = [f"{plain(answer, limit=40)} {100 * share:.0f} %" for answer, share in told if share == share]
    if known:
        st.caption(
            "model: " + " · ".join(known), help="From a model that did not see the answers about this galaxy."
        )


def _show_decision(workspace: Workspace, review: CampaignReview, user: str, dispute: Dispute) -> None:
    campaign = review.campaign
    if not may(workspace.folder, user, Role.ANNOTATOR):
        st.caption("You look on here: deciding takes the role annotator.")
        return
    if campaign.state == "closed":
        st.caption("The campaign is closed; reopen it to decide.")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for number, answer in enumerate(review.answers[:9], start=1):
            st.button(
                plain(answer, limit=40), key=f"review_decide_{number}", shortcut=str(number),
                on_click=_decide, args=(workspace, review, user, dispute.galaxy_id, answer),
            )  # fmt: skip
        st.button(
            "Later", key="review_decide_later", shortcut="l", type="tertiary",
            on_click=_skip, args=(dispute.galaxy_id,),
        )  # fmt: skip
    st.caption(
        "Keys: the digits decide, `l` puts it at the end. A decision is stored under your name as an "
        "adjudication; the votes stay as they are."
    )


def _decide(workspace: Workspace, review: CampaignReview, user: str, galaxy_id: str, answer: str) -> None:
    try:
        require_role(workspace.folder, user, Role.ANNOTATOR)
        decision = adjudication(
            review.campaign.campaign_id, galaxy_id, user, answer=answer, question=review.question.name
        )
        workspace.labels.append([decision])
    except GalcoreError as error:
        st.toast(str(error), icon=":material/error:")
        return
    st.toast(f"Decided: {plain(answer, limit=40)}", icon=":material/gavel:")


def _skip(galaxy_id: str) -> None:
    skipped = st.session_state.setdefault(_SKIPPED, {})
    skipped[galaxy_id] = max(skipped.values(), default=0) + 1


def _table(found: list[Dispute]) -> pd.DataFrame:

    return pd.DataFrame(
        {
            "galaxy_id": [each.galaxy_id for each in found],
            "votes": [_votes_text(each) for each in found],
            "entropy_bits": [each.entropy for each in found],
            "decided": [each.decided for each in found],
            "comments": [" | ".join(each.comments) for each in found],
        }
    )


def _votes_text(dispute: Dispute) -> str:
    return " · ".join(f"{answer} {n}" for answer, n in dispute.votes)


def _explain_none(review: CampaignReview) -> None:
    n_people = review.current["annotator"].nunique() if len(review.current) else 0
    if n_people < 2:
        st.info(
            "Disagreements appear when two people have answered the same galaxy differently. "
            f"So far {count(n_people, 'person has', 'people have')} answered: invite a colleague with the "
            "link of this page.",
            icon=":material/group_add:",
        )
    else:
        st.success("Nobody disagrees, or everything is decided.", icon=":material/handshake:")
