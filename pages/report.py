"""Report: the numbers a method section needs, and one file to keep."""

import streamlit as st

from galcore.ui import state
from galcore.ui.people.identity import require_user
from galcore.ui.results.report_view import show_report

user = require_user()
workspace = state.require_workspace()
campaign = state.current_campaign()
if campaign is None:
    st.info("A report belongs to a campaign, and there is none yet.", icon=":material/summarize:")
    st.stop()
show_report(workspace, campaign, user)
