"""Settings: people and roles, invitations, appearance, keys."""

import streamlit as st

from galcore.ui import state
from galcore.ui.people.identity import require_user
from galcore.ui.settings.appearance import show_keys, show_theme_choice
from galcore.ui.settings.invitations import show_invitations
from galcore.ui.settings.people_table import show_people

user = require_user()
workspace = state.current_workspace()
st.subheader("Settings", anchor=False)
people, invitations, appearance, keys = st.tabs(["People", "Invitations", "Appearance", "Keys"])
with appearance:
    show_theme_choice()
with keys:
    show_keys()
if workspace is None:
    with people:
        st.caption("People belong to a workspace; there is none yet.")
    st.stop()
with people:
    show_people(workspace, state.current_campaign(), user)
with invitations:
    show_invitations(workspace, user)
