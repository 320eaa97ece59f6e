"""Review: what the campaign found, how sure that is, who disagrees, and all of it to take away."""

import streamlit as st

from galcore.review.visibility import seen_review
from galcore.ui import state
from galcore.ui.naming import galaxies_open_to
from galcore.ui.people.identity import require_user
from galcore.ui.results.candidates import show_candidates
from galcore.ui.results.consensus import show_consensus
from galcore.ui.results.consensus_lists import keep_to_deciding
from galcore.ui.results.disagreements import show_disagreements
from galcore.ui.results.export_menu import show_export
from galcore.ui.results.galleries import show_galleries
from galcore.ui.results.history import show_history
from galcore.ui.results.loading import load_review
from galcore.ui.results.paging import choose_question
from galcore.ui.results.statistics import show_statistics
from galcore.ui.text import plain

TABS = ("candidates", "galleries", "consensus", "disagreements", "statistics", "history")

user = require_user()
workspace = state.require_workspace()
campaign = state.current_campaign()
if campaign is None:
    with st.container(border=True):
        st.markdown("#### Nothing to review yet")
        st.write(
            "Results belong to a campaign: a question such as “Which of these are barred?”. Make one first."
        )
        if state.has_page("grid") and st.button("Make a campaign", type="primary", icon=":material/add:"):
            state.open_page("grid", new="1")
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    st.subheader(plain(campaign.question, limit=120), anchor=False, width="content")
    review = load_review(workspace, campaign, choose_question(campaign))
    st.space("stretch")
    show_export(workspace, review, user)
with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    st.session_state.setdefault("review_tab", TABS[0])
    tab = st.segmented_control(
        "Part", TABS, required=True, key="review_tab", label_visibility="collapsed",
        format_func=str.capitalize,
    )  # fmt: skip
    chosen = state.selected()
    keep = bool(chosen) and st.toggle(
        f"Only the selection ({len(chosen):,})",
        key="review_only",
        help="Keeps every part to the selected galaxies",
    )
only = frozenset(chosen) if keep else None
blind = seen_review(review, galaxies_open_to(workspace, campaign, review.history, user))
if blind is not review and tab in TABS[:2]:
    st.caption("Others' answers are hidden while you may still give your own: they count as not given here.")

if tab == "candidates":
    show_candidates(workspace, blind, only)
elif tab == "galleries":
    show_galleries(workspace, blind, user, only)
elif tab == "consensus":
    show_consensus(workspace, review, user, only)
elif tab == "disagreements":
    show_disagreements(workspace, review, user, keep_to_deciding(only))
elif tab == "statistics":
    show_statistics(workspace, review, user)
else:
    show_history(workspace, review, user, only)
