"""Figures side by side, with what they are."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def figure_row() -> DeltaGenerator:
    """A row for figures: each as wide as its words, so that none is cut, and on as many lines as it takes."""
    return st.container(horizontal=True, gap="medium")
