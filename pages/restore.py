"""Restore: fill in what is masked, take out what is blurred, and see how far to trust it."""

import streamlit as st

from galcore.ui import state
from galcore.ui.people.identity import require_user
from galcore.ui.restore.bench import show_mask_bench, show_psf_bench
from galcore.ui.restore.request import TASKS, attempts_at
from galcore.ui.restore.result import PICTURE_NOTE, choose_view, show_result, show_under_way
from galcore.ui.restore.source import choose_source, show_chosen

require_user()
workspace = state.current_workspace()
source = choose_source(workspace)
show_chosen(workspace, source)

with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="restore_choices"):
    task = st.segmented_control(
        "Task", list(TASKS), default="reconstruct", required=True, format_func=TASKS.__getitem__,
        key="restore_task", label_visibility="collapsed",
    )  # fmt: skip
    st.space("stretch")
    stretch, band = choose_view(source)

if source.image.kind == "picture":
    st.caption(f":material/visibility: {PICTURE_NOTE}")
if task == "reconstruct":
    show_mask_bench(source, stretch=stretch, band=band)
else:
    show_psf_bench(source, stretch=stretch, band=band)

attempts = attempts_at(source, task)
show_under_way(attempts)
show_result(attempts, stretch=stretch, band=band)
