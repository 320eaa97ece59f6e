"""One large picture of the sky: the wheel zooms, dragging moves, with scale bar, north and position."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from galcore.ui import state

_HERE = Path(__file__).parent
_COMMON = _HERE.parent / "common"
PICTURE_PX = 768

_mount = st.components.v2.component(
    "galcore_sky_picture",
    html=(_HERE / "sky_picture.html").read_text(encoding="utf-8"),
    css=(_HERE / "sky_picture.css").read_text(encoding="utf-8"),
    js="\n".join(
        path.read_text(encoding="utf-8")
        for path in (
            _COMMON / "elements.js",
            _COMMON / "keyboard.js",
            _COMMON / "sky_marks.js",
            _HERE / "sky_picture.js",
        )
    ),
)


def show_sky_picture(galaxy_id: str, *, key: str, stretch: str = "survey", card: str = "") -> None:
    """Draw the stamp of a galaxy of the workspace in use.

    Args:
        galaxy_id: Which.
        key: Of the widget; the zoom goes back when the galaxy changes, not when the stretch does.
        stretch: How flux becomes brightness.
        card: Names what the picture belongs to; with another one it takes the focus, so that keys mean it.
    """
    address = state.stamp(galaxy_id, size_px=PICTURE_PX, stretch=stretch)
    _mount(key=key, data={"address": address, "name": galaxy_id, "card": card})
