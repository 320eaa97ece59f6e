"""The rooms of the dashboard in the order of the navigation."""

from __future__ import annotations

import streamlit as st

from galcore.ui.state import PAGES

# Page file, title, icon; a room that is not built yet is absent, not empty.
_ROOMS: dict[str, list[tuple[str, str, str]]] = {
    "": [("home", "Home", ":material/home:")],
    "ANNOTATE": [
        ("grid", "Grid", ":material/grid_view:"),
        ("single", "One by one", ":material/center_focus_strong:"),
    ],
    "EXPLORE": [
        ("map", "Map", ":material/scatter_plot:"),
        ("similar", "Similar", ":material/join_inner:"),
        ("galaxy", "Galaxy", ":material/lens_blur:"),
    ],
    "RESULTS": [
        ("review", "Review", ":material/fact_check:"),
        ("report", "Report", ":material/summarize:"),
    ],
    "WORKSHOP": [
        ("data", "Data", ":material/database:"),
        ("restore", "Restore", ":material/healing:"),
        ("settings", "Settings", ":material/settings:"),
    ],
}


def navigation() -> dict[str, list[st.Page]]:
    """The pages that are there, by group."""
    rooms = {}
    for group, entries in _ROOMS.items():
        pages = [
            st.Page(PAGES / f"{name}.py", title=title, icon=icon, default=name == "home", url_path=name)
            for name, title, icon in entries
            if (PAGES / f"{name}.py").is_file()
        ]
        if pages:
            rooms[group] = pages
    return rooms


def page_names() -> list[str]:
    """Names of the pages that are there, as they stand in an address."""
    return [name for entries in _ROOMS.values() for name, _, _ in entries if (PAGES / f"{name}.py").is_file()]
