"""The link by which people join a campaign, with a button that copies it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

copy_link = st.components.v2.component(
    "galcore_copy_link",
    html='<div class="copy-link"><input readonly aria-label="Link to join"><button type="button">Copy link'
    "</button></div>",
    css=(_HERE / "copy_link.css").read_text(encoding="utf-8"),
    js=(_HERE / "copy_link.js").read_text(encoding="utf-8"),
)
