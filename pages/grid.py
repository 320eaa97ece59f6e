"""Grid: the loop. Look, mark, submit; the model chooses the next grid."""

import streamlit as st

from galcore.ui import state
from galcore.ui.identity import require_user

user = require_user()
workspace = state.require_workspace()
campaign = state.current_campaign()
st.subheader(campaign.question if campaign else "No campaign yet", anchor=False)
