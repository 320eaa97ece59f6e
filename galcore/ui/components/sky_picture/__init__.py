"""One large picture of the sky: the wheel zooms, dragging moves, with scale bar, north and position."""

from __future__ import annotations

from pathlib import Path

from galcore.ui import state
from galcore.ui.components.served import component_of

PICTURE_PX = 768

_mount = component_of(
    Path(__file__).parent,
    ("../common/elements.js", "../common/keyboard.js", "../common/sky_marks.js", "sky_picture.js"),
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
