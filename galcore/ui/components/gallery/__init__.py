"""Component behind :mod:`galcore.ui.gallery`: stamps as tiles, chosen by click or key."""

from __future__ import annotations

from pathlib import Path

from galcore.ui.components.served import component_of

gallery_component = component_of(
    Path(__file__).parent,
    ("gallery.js",),
    html='<div class="gallery" role="listbox" aria-multiselectable="true"></div>',
)
