"""Grid: the loop. Look, mark, submit; the model chooses the next grid."""

import streamlit as st

from galcore.ui import state
from galcore.ui.campaigns import ask_new_campaign, offer_first_campaign
from galcore.ui.components.annotation_grid.mount import annotation_grid
from galcore.ui.labelling import queue_chosen
from galcore.ui.people.identity import require_user
from galcore.ui.single import turn_from_grid
from galcore.ui.text import count

user = require_user()
workspace = state.require_workspace()
campaign = state.current_campaign()

if st.query_params.pop("new", ""):
    ask_new_campaign(workspace, user)

if campaign is None:
    offer_first_campaign(
        workspace,
        user,
        "A campaign is one question asked of every galaxy, such as *which of these are barred?* "
        "Make one, and the first grid is there.",
    )
    st.stop()

queue = st.query_params.pop("queue", "")
if queue:
    queued = queue_chosen(workspace, campaign, user, state.selected())
    passed = len(state.selected()) - queued
    note = (
        f"; {count(passed, 'galaxy', 'galaxies')} passed over (answered, waiting or not ready)"
        if passed
        else ""
    )
    st.toast(f"{count(queued, 'selected galaxy', 'selected galaxies')} come next{note}")

turn_from_grid(campaign, at_once=bool(queue))
with st.container(key="galcore_grid"):
    annotation_grid(workspace, campaign, user)
