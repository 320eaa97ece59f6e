"""Component behind :mod:`galcore.ui.gallery`: stamps as tiles, chosen by click or key."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

gallery_component = st.components.v2.component(
    "galcore_gallery",
    html='<div class="gallery" role="listbox" aria-multiselectable="true"></div>',
    css=(_HERE / "gallery.css").read_text(encoding="utf-8"),
    js=(_HERE / "gallery.js").read_text(encoding="utf-8"),
)
