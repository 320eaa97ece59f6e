"""What is shown while a server that began empty makes its demo."""

from __future__ import annotations

import streamlit as st

from galcore.ui.data.job_list import show_progress
from galcore.web.first_start import first_start

_REFRESH_S = 3


@st.fragment(run_every=_REFRESH_S)
def show_making() -> None:
    """How far the demo is; the page turns to it when it is there."""
    making = first_start()
    if making is None:
        st.rerun()
        return
    st.markdown("#### The demo is being made")
    st.write("Real deep-field galaxies and a simulated survey; this page opens them when they are there.")
    show_progress(making.progress)
