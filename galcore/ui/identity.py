"""Who is at the keyboard.

On localhost a name is enough: it is asked once and the browser remembers it in a cookie, so that a reload in
mid-work asks nothing. Everything else in the dashboard only calls :func:`require_user`, which is where a
passphrase or OpenID Connect takes over when a server is opened to others.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import streamlit as st

from galcore.ui.text import clean

MAX_NAME_LETTERS = 200
_COOKIE = "galcore_name"
_KEY = "galcore.user"

_remember = st.components.v2.component(
    "galcore_remember_name",
    js=(Path(__file__).parent / "components" / "remember_name.js").read_text(encoding="utf-8"),
)


def current_user() -> str | None:
    """Name of the person of this session, or None when nobody has said it yet."""
    if _KEY not in st.session_state:
        remembered = _tidy(unquote(st.context.cookies.get(_COOKIE, "")))
        if remembered:
            st.session_state[_KEY] = remembered
    return st.session_state.get(_KEY)


def require_user() -> str:
    """Name of the person; shows the name prompt and stops the page while there is none."""
    user = current_user()
    if user is None:
        _ask_name()
        st.stop()
    return user


def remember_user() -> None:
    """Let the browser keep the name (or forget it, when it was given up). Call once per run, in the shell."""
    name = current_user() or ""
    with st.container(key="galcore_unseen"):
        _remember(key="galcore_remember_name", data={"cookie": _COOKIE, "name": name}, height=1)


def change_user(name: str) -> bool:
    """Take on another name; False when nothing readable is in it."""
    tidy = _tidy(name)
    if tidy:
        st.session_state[_KEY] = tidy
    return bool(tidy)


def _tidy(name: str) -> str:
    return clean(name)[:MAX_NAME_LETTERS].strip()


def _ask_name() -> None:
    with st.container(key="galcore_name_prompt", width=460):
        st.subheader("Who is looking?", anchor=False)
        st.caption("Your labels are kept under this name. Everybody who works here sees it.")
        with st.form("galcore_name_form", border=False):
            name = st.text_input(
                "Your name", max_chars=MAX_NAME_LETTERS, placeholder="Vera", autocomplete="name"
            )
            if st.form_submit_button("Begin", type="primary"):
                if change_user(name):
                    st.rerun()
                st.error("Type a name first; any name that your group recognises.")
