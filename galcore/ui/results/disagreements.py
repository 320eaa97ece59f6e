"""Disagreements: what is to be decided, one galaxy at a time, by a key or a click."""

from __future__ import annotations

import streamlit as st

from galcore.people import Role, may
from galcore.review.campaign import CampaignReview
from galcore.review.card import make_card
from galcore.review.queue import AdjudicationQueue, Case, Order, Why
from galcore.ui.discussion import may_follow
from galcore.ui.gallery import Tile, show_gallery
from galcore.ui.naming import names_for
from galcore.ui.notices import show_told
from galcore.ui.results import case_card
from galcore.ui.results.consensus_lists import DECIDING
from galcore.ui.results.deciding import (
    Tour,
    end_tour,
    kept_tour,
    show_decision,
    show_own_answer,
    show_steps,
    show_undo,
    tour_through,
)
from galcore.ui.results.downloads import show_downloads
from galcore.ui.results.loading import load_queue
from galcore.ui.text import count
from galcore.workspace import Workspace

QUEUE_SHOWN = 24
_ORDER_WORDS = {
    Order.BOTH: "order: both",
    Order.DISAGREEMENT: "strongest disagreement",
    Order.VALUE: "most useful to the model",
}
_HELP = """**Order.** *strongest disagreement*: entropy of the votes. *most useful to the model*: entropy of
people and model taken together, more for galaxies like many others. *both*: the mean of the two.

**Because.** *people differ*: at least two different answers. *model and people differ*: a model that did not
see the answers is at least 60 % sure of one, people of another. *too few votes*: fewer than the campaign asks
for.

**decided too**: also galaxies with a decision, to look at them again or reopen them."""


def show_disagreements(
    workspace: Workspace, review: CampaignReview, user: str, only: frozenset[str] | None
) -> None:
    """Draw the tab; ``only``: galaxies to keep to, ``None`` for all.

    Galaxies that somebody sent here from another part wait whatever the reason.
    """
    queue = load_queue(workspace, review)
    if not len(queue):
        _explain_none(review)
        return
    _show_queue(workspace, review, queue, user, only)


@st.fragment
def _show_queue(
    workspace: Workspace,
    review: CampaignReview,
    queue: AdjudicationQueue,
    user: str,
    only: frozenset[str] | None,
) -> None:
    """The tab draws itself anew after each key without loading the campaign again."""
    show_told()
    campaign = review.campaign
    order, why, with_decided = _choose(queue)
    sent = only if st.session_state.get(DECIDING) else None
    chosen = (campaign.campaign_id, review.question.name, order, why, with_decided)
    choices = (str(workspace.folder), *chosen, only, sent)
    tour = kept_tour(choices)
    if tour is None:
        rows = queue.select(order, why=None if sent else why, with_decided=with_decided, only=only)
        tour = tour_through(queue, rows.tolist(), choices)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{count(tour.walk.n_open, 'galaxy', 'galaxies')}** to decide", width="content")
        show_steps(tour)
        show_undo(workspace, campaign, user)
        st.space("stretch")
        if st.button(
            f"Queue of {tour.began_at:%H:%M} UTC", key="review_refresh", icon=":material/refresh:",
            type="tertiary", help="Its order stays while you work on it. Click to make it anew.",
        ):  # fmt: skip
            end_tour()
            st.rerun()
        show_downloads(workspace, review, tour.table, name="disagreements")
    if tour.case is None:
        _explain_end(review, tour)
        return
    _show_case(workspace, review, user, tour, tour.case)
    _show_coming(tour)


def _choose(queue: AdjudicationQueue) -> tuple[Order, tuple[Why, ...], bool]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        order = st.selectbox(
            "Order", list(Order), key="review_order", width=260, format_func=_ORDER_WORDS.__getitem__,
            label_visibility="collapsed",
        )  # fmt: skip
        why = st.pills(
            "Because", list(Why), default=[Why.PEOPLE, Why.MODEL], selection_mode="multi",
            key="review_because", format_func=lambda each: f"{each} {queue.count(each):,}",
            label_visibility="collapsed",
        )  # fmt: skip
        with_decided = st.toggle("decided too", key="review_decided", help=_HELP)
    return order or Order.BOTH, tuple(Why(each) for each in why), with_decided


def _show_case(workspace: Workspace, review: CampaignReview, user: str, tour: Tour, case: Case) -> None:
    campaign, labels = review.campaign, workspace.labels
    history = labels.history(campaign.campaign_id, case.galaxy_id)
    thread = labels.thread(campaign.campaign_id, case.galaxy_id)
    names = names_for(workspace, campaign, user)
    card = make_card(case, review.question, tour.queue, history, thread, naming=names)
    open_to_me = may_follow(workspace, campaign, history, case.galaxy_id, user)
    picture, facts = st.columns([1, 1.15], gap="medium")
    with picture:
        case_card.show_picture(card, tour.card_key)
    with facts:
        case_card.show_question(card)
        if open_to_me:
            case_card.show_tally(card, names)
            show_decision(workspace, campaign, user, tour, card)
        elif campaign.visibility == "never" or not may(workspace.folder, user, Role.ANNOTATOR):
            st.caption("This campaign shows answers to its owners only; they decide.")
        else:
            show_own_answer(workspace, campaign, user, tour, card)
        case_card.show_rest(workspace, campaign, user, card, history, open_to_me=open_to_me, names=names)


def _show_coming(tour: Tour) -> None:
    coming = tour.walk.coming(QUEUE_SHOWN)
    if not coming:
        return
    st.caption("Next in the queue")
    tiles: dict[str, Tile] = {}
    for row, votes in zip(coming, tour.queue.votes_texts(coming), strict=True):
        case = tour.queue.case(row)
        tiles.setdefault(case.galaxy_id, Tile(case.galaxy_id, (votes, case.question or case.galaxy_id)))
    show_gallery(
        list(tiles.values()), key="review_disputes", tile_px=96, label="galaxies that wait for a decision"
    )


def _explain_end(review: CampaignReview, tour: Tour) -> None:
    if tour.walk.cases:
        st.success(
            "That was the last one: everything is decided. *Queue of …* above looks for more.",
            icon=":material/handshake:",
        )
    else:
        _explain_none(review)


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
