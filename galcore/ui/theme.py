"""Style beyond Streamlit's own theme, from ``theme.css``; light and dark."""

from __future__ import annotations

import functools
from pathlib import Path

import streamlit as st


def apply_theme() -> None:
    """Add our style sheet to the page. Called once per run, by the shell."""
    st.html(f"<style>{_style_sheet()}</style>")


@functools.cache
def _style_sheet() -> str:
    return (Path(__file__).parent / "theme.css").read_text(encoding="utf-8")
