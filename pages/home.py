"""Home: what this is, and where to go on."""

import streamlit as st

from galcore.ui import state

st.title("Galcore", anchor=False)
if state.current_workspace() is None:
    state.show_no_workspace()
    st.stop()
if st.button("Annotate now", type="primary"):
    state.open_page("grid")
