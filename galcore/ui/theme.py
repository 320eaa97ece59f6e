"""Style beyond Streamlit's own theme: ``theme.css``, and ``small_screens.css`` for tablets and phones."""

from __future__ import annotations

import functools
from pathlib import Path

import streamlit as st

_SHEETS = ("theme.css", "small_screens.css")


def apply_theme() -> None:
    """Add our style sheet to the page. Called once per run, by the shell."""
    st.html(f"<style>{_style_sheet()}</style>")


@functools.cache
def _style_sheet() -> str:
    return "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in _SHEETS)
