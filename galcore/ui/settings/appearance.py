"""Dark or light, and the list of keys."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import streamlit as st

from galcore.ui.components.served import served_component

_COMPONENTS = Path(__file__).resolve().parents[1] / "components"
_KEYS = re.compile(r'^  \["([^"]+)", "([^"]+)"\],$', re.MULTILINE)

_theme_choice = served_component(
    "theme_choice",
    html='<div class="choice" role="group" aria-label="theme">'
    '<button type="button" data-theme="Dark">Dark: for pictures</button>'
    '<button type="button" data-theme="Light">Light: for print and talks</button></div>',
    css=(_COMPONENTS / "theme_choice.css").read_text(encoding="utf-8"),
    js=(_COMPONENTS / "theme_choice.js").read_text(encoding="utf-8"),
)


def show_theme_choice() -> None:
    """Two buttons; the choice stays in the browser and holds on every page."""
    st.caption("Kept in this browser, for every page.")
    _theme_choice(key="galcore_theme_choice")


def show_keys() -> None:
    """The keys of the two annotation pages, as they list them themselves."""
    with st.container(horizontal=True, gap="large"):
        for component, title in (("annotation_grid", "Grid"), ("single_view", "One by one")):
            rows = "".join(
                f"<dt><kbd>{escape(key)}</kbd></dt><dd>{escape(meaning)}</dd>"
                for key, meaning in key_list(component)
            )
            st.html(f'<h5>{title}</h5><dl class="galcore-keys">{rows}</dl>', width=420)
    st.caption("`c` and `r` belong to Streamlit. No key acts while you type in a field.")


def key_list(component: str = "annotation_grid") -> list[tuple[str, str]]:
    """Keys and what they do, read from the lists of the component's own and of the answers."""
    lists = (_COMPONENTS / "common" / "answer_keys.js", _COMPONENTS / component / "keys.js")
    return [row for path in lists for row in _KEYS.findall(path.read_text(encoding="utf-8"))]
