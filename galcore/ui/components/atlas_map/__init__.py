"""The map as a component: canvas in the browser, geometry fetched once, only polygons come back.

Points are drawn by plain JavaScript (no WebGL, which a remote desktop or an old machine may lack). Gestures
travel through an outbox: the browser keeps each until its number has been acknowledged here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
import streamlit as st

from galcore.atlas.colours import NUMBER_COLOURS, PointColours
from galcore.atlas.gestures import Gesture, read_gesture
from galcore.atlas.layout import Atlas
from galcore.types import GalcoreError
from galcore.ui.components.served import component_of
from galcore.web.atlas_routes import AtlasAddresses

_component = component_of(Path(__file__).parent, ("points.js", "thumbnails.js", "atlas_map.js", "pointer.js"))


def show_map(
    atlas: Atlas,
    addresses: AtlasAddresses,
    colours: PointColours,
    *,
    key: str,
    selected: Iterable[str] = (),
    highlight: str = "",
    mini: bool = False,
    on_gesture: Callable[[Gesture], None] | None = None,
) -> None:
    """Draw a map.

    Args:
        atlas: The map.
        addresses: Where the browser fetches geometry, pictures and cards.
        colours: One code a galaxy of the map.
        key: Of the widget; the number of the last gesture seen is kept under it.
        selected: Ids drawn as selected, the others dimmed.
        highlight: Id that gets a ring.
        mini: Small, without tools, legend and selection.
        on_gesture: Called before the next run for each gesture, oldest first, each once. What it closes over
            is what the person saw when the gesture was made.
    """

    def pass_on() -> None:
        for gesture in _new_gestures(key):
            if on_gesture is not None:
                on_gesture(gesture)

    wanted = set(selected)
    ids = atlas.galaxy_ids.tolist()
    chosen = np.fromiter((each in wanted for each in ids), dtype=bool, count=len(ids))
    _component(
        key=key,
        data={
            "n": len(ids),
            "geometry": addresses.geometry,
            "stamps": addresses.stamps,
            "cards": addresses.cards,
            "codes": base64.b64encode(colours.codes.tobytes()).decode(),
            "legend": _legend(colours),
            "selected": base64.b64encode(np.packbits(chosen, bitorder="little").tobytes()).decode(),
            "n_selected": int(chosen.sum()),
            "highlight": ids.index(highlight) if highlight in ids else -1,
            "acknowledged": st.session_state.get(_seen_key(key), 0),
            "mini": mini,
        },
        default={"gestures": []},
        on_gestures_change=pass_on,
    )


def _new_gestures(key: str) -> list[Gesture]:
    """Gestures in the outbox that were not seen before; what cannot be read is left out."""
    pending = []
    for message in st.session_state.get(key, {}).get("gestures") or ():
        with suppress(GalcoreError):
            pending.append(read_gesture(message))
    seen = st.session_state.get(_seen_key(key), 0)
    fresh = sorted((each for each in pending if each.number > seen), key=lambda each: each.number)
    if fresh:
        st.session_state[_seen_key(key)] = fresh[-1].number
    return fresh


def _seen_key(key: str) -> str:
    return f"{key}.seen"


def _legend(colours: PointColours) -> dict[str, object]:
    return {
        "title": f"{colours.title} (log)" if colours.is_log else colours.title,
        "kind": colours.kind,
        "scale": list(NUMBER_COLOURS),
        "low": colours.low,
        "high": colours.high,
        "entries": [
            {"code": each.code, "label": each.label, "count": each.count, "colour": each.colour}
            for each in colours.entries
        ],
    }
