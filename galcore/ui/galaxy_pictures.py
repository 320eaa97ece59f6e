"""Pictures of galaxies outside the annotation pages, and a few to begin with where none was chosen."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from galcore.ui import state
from galcore.ui.text import plain, shorten_inside

_OFFERED = 6
_OFFERED_PX = 152  # six beside each other on a window of 1280 px
_LETTERS = 16  # of an id, on a button of that width


def picture_html(address: str, name: str) -> str:
    """A square picture of a galaxy, as wide as its place."""
    return (
        f'<img src="{escape(address)}" alt="galaxy {escape(name)}" style="display:block;width:100%;'
        'aspect-ratio:1;object-fit:contain;background:#000;border-radius:6px">'
    )


def offer_galaxies(galaxy_ids: pd.Series, *, key: str) -> str | None:
    """Draw some galaxies to choose from, the same each time; the chosen one, if one was."""
    chosen = None
    with st.container(horizontal=True):
        for each in galaxy_ids.sample(min(_OFFERED, len(galaxy_ids)), random_state=0):
            with st.container(width=_OFFERED_PX):
                st.html(picture_html(state.stamp(each, size_px=256), each))
                label = plain(shorten_inside(each, _LETTERS))
                if st.button(label, key=f"{key}_{each}", width="stretch", help=plain(each, limit=80)):
                    chosen = each
    return chosen
