"""One by one: a single galaxy, large, with the questions of the campaign beside it."""

import streamlit as st

from galcore.ui import state
from galcore.ui.people.identity import require_user
from galcore.ui.single import show_no_campaign, show_single

user = require_user()
workspace = state.require_workspace()
campaign = state.current_campaign()
if campaign is None:
    show_no_campaign(workspace, user)
    st.stop()
show_single(workspace, campaign, user)
