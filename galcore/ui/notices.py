"""Short words about what a press did, from where nothing can be drawn: the callbacks of a fragment.

What a callback draws lands on top of the page there; so it is kept, and drawn when the fragment runs.
"""

from __future__ import annotations

import streamlit as st

_TOLD = "galcore.told"


def tell(words: str, *, icon: str) -> None:
    """Say this when the part of the page that was pressed draws itself next; ``words`` are markdown."""
    st.session_state.setdefault(_TOLD, []).append((words, icon))


def show_told() -> None:
    """Show what was told since the last time."""
    for words, icon in st.session_state.pop(_TOLD, ()):
        st.toast(words, icon=icon)
