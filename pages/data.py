"""Data: bring images in, prepare them, watch the jobs, see what was left out and why."""

import streamlit as st

from galcore.ui import state
from galcore.ui.data.import_form import show_import, show_prepare
from galcore.ui.data.job_list import show_jobs
from galcore.ui.data.summary import show_summary
from galcore.ui.people.identity import require_user
from galcore.ui.text import plain

user = require_user()
workspace = state.current_workspace()
if workspace is None:
    st.subheader("Begin with your own images", anchor=False)
    st.caption(
        "A workspace is one set of images with its labels. Name one, say where the images are, import."
    )
    show_import(None, user)
    st.stop()

st.subheader(plain(workspace.title, limit=80), anchor=False)
if workspace.description:
    st.caption(plain(workspace.description, limit=300))
show_summary(workspace, user)
with st.container(key="galcore_split_data"):
    left, right = st.columns([1, 1.15], gap="medium")
with left:
    show_import(workspace, user)
    show_prepare(workspace, user)
with right:
    st.markdown("##### Jobs")
    show_jobs(workspace, user)
