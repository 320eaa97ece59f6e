"""The link by which people join a campaign, with a button that copies it."""

from __future__ import annotations

from pathlib import Path

from galcore.ui.components.served import component_of

copy_link = component_of(
    Path(__file__).parent,
    ("copy_link.js",),
    html='<div class="copy-link"><input readonly aria-label="Link to join"><button type="button">Copy link'
    "</button></div>",
)
