"""Home: what this is over real galaxies, and where to go on."""

import streamlit as st

from galcore.ui import state
from galcore.ui.campaigns import (
    all_campaigns,
    ask_new_campaign,
    follow_join_link,
    go_to_campaign,
    may_manage,
    measure_progress,
    show_campaigns,
)
from galcore.ui.hero import show_hero
from galcore.ui.people.identity import require_user
from galcore.ui.text import count, plain
from galcore.ui.tour import show_tour
from galcore.ui.warm_up import warm_up

follow_join_link()
show_hero(
    "Look at galaxies, together",
    "Mark what you see; a vision model learns from every grid you submit and chooses the next one.",
)
workspace = state.current_workspace()
if workspace is None:
    state.show_no_workspace()
    st.stop()

with st.container(horizontal=True, key="galcore_first_steps"):
    if st.button("Annotate now", type="primary", icon=":material/grid_view:"):
        state.open_page("grid")
    if state.has_page("map") and st.button("Explore", icon=":material/scatter_plot:"):
        state.open_page("map")
    if st.button("Two-minute tour", type="tertiary", icon=":material/school:"):
        show_tour()

warm_up()
user = require_user()

campaigns = all_campaigns(user)
mine = [
    (each, campaign, progress)
    for each, campaign in campaigns
    if campaign.state == "open" and (progress := measure_progress(each, campaign, user)).n_mine
]
if mine:
    where, campaign, progress = max(mine, key=lambda entry: entry[2].n_mine)
    with st.container(border=True, key="galcore_continue", horizontal=True, vertical_alignment="center"):
        labels = count(progress.n_mine, "label")
        st.markdown(f"**Continue where you were** · {plain(campaign.name, limit=60)} · {labels} by you")
        st.space("stretch")
        if st.button("Continue", type="primary", key="galcore_continue_button"):
            go_to_campaign(where, campaign)

with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader("Campaigns", anchor=False, width="stretch")
    if may_manage(workspace, user) and st.button("New campaign", icon=":material/add:"):
        ask_new_campaign(workspace, user)
if not campaigns:
    st.write("No campaign yet. A campaign is one question, such as *which of these are barred?*")
show_campaigns(campaigns, user)
