"""Grid: the loop. Look, mark, submit; the model chooses the next grid."""

import streamlit as st

from galcore.ui import state
from galcore.ui.components.annotation_grid.mount import annotation_grid
from galcore.ui.identity import require_user

user = require_user()
workspace = state.require_workspace()
campaign = state.current_campaign()
if campaign is None:
    st.subheader("No campaign yet", anchor=False)
    st.stop()
annotation_grid(workspace, campaign, user)
