"""Stamps as tiles that share the one selection: results, class galleries, what lies under a lasso."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from galcore.ui import state
from galcore.ui.components.gallery import gallery_component


@dataclass(frozen=True, slots=True)
class Tile:
    """One galaxy of a gallery.

    Attributes:
        galaxy_id: Which.
        lines: Plain text under the picture, the first line stronger.
        badge: Plain text on the picture's upper left corner.
    """

    galaxy_id: str
    lines: tuple[str, ...] = ()
    badge: str = ""


@dataclass(frozen=True, slots=True)
class TileAction:
    """A button under every tile: its name for the code, its words, its explanation."""

    name: str
    label: str
    help: str = ""


def show_gallery(
    tiles: Sequence[Tile],
    *,
    key: str,
    tile_px: int = 150,
    stretch: str = "survey",
    selectable: bool = True,
    actions: Sequence[TileAction] = (),
    on_action: Callable[[str, str], None] | None = None,
    label: str = "galaxies",
) -> None:
    """Draw tiles. A click chooses for the shared selection, a double click opens the galaxy's page.

    Keys on a focused tile: arrows move, space chooses, enter opens.

    Args:
        tiles: At most a few hundred.
        key: Of the widget.
        tile_px: Least width of a tile.
        stretch: Display stretch of the pictures.
        selectable: False: a click opens the galaxy's page instead.
        actions: Buttons under every tile.
        on_action: Called before the next run with the action's name and the galaxy.
        label: What the gallery shows, for screen readers.
    """
    shown = [tile.galaxy_id for tile in tiles]
    size_px = 128 if tile_px <= 100 else 256
    chosen = set(state.selected()) & set(shown)
    number_key = f"{key}.number"

    def choose() -> None:
        message = st.session_state.get(key, {}).get("chosen") or {}
        number, ids = message.get("number", 0), message.get("ids", ())
        if number <= st.session_state.get(number_key, 0):
            return
        st.session_state[number_key] = number
        wanted = [each for each in shown if each in set(ids)]
        state.unselect(each for each in shown if each not in set(wanted))
        state.select(wanted, add=True)

    def act() -> None:
        message = st.session_state.get(key, {}).get("action") or {}
        if on_action is not None and message.get("id") in shown:
            on_action(str(message.get("name", "")), str(message["id"]))

    result = gallery_component(
        key=key,
        data={
            "items": [
                {
                    "id": tile.galaxy_id,
                    "picture": state.stamp(tile.galaxy_id, size_px=size_px, stretch=stretch),
                    "lines": list(tile.lines),
                    "badge": tile.badge,
                }
                for tile in tiles
            ],
            "chosen": sorted(chosen),
            "acknowledged": st.session_state.get(number_key, 0),
            "selectable": selectable,
            "actions": [
                {"name": action.name, "label": action.label, "help": action.help} for action in actions
            ],
            "tile_px": tile_px,
            "label": label,
        },
        default={"chosen": {}},
        on_chosen_change=choose,
        on_action_change=act,
        on_open_change=lambda: None,
    )
    if result.open in shown:
        state.open_galaxy(result.open)
