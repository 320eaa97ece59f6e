"""Who is at the keyboard: what every page asks first.

On localhost a name is enough: it is asked once and the browser remembers it in a cookie, so that a reload in
mid-work asks nothing. With a passphrase or OpenID Connect in the secrets the name is proven, and the cookie
cannot be made by hand. Everything else in the dashboard only calls :func:`require_user`.
"""

from __future__ import annotations

import streamlit as st

from galcore.ui.people.sign_in import ask_who, take_name
from galcore.ui.people.who import (
    MAX_NAME_LETTERS,
    current_user,
    is_leaving,
    read_access,
    remember_user,
    sign_out,
)

__all__ = [
    "MAX_NAME_LETTERS",
    "change_user",
    "current_user",
    "is_leaving",
    "read_access",
    "remember_user",
    "require_user",
    "sign_out",
]


def require_user() -> str:
    """Name of the person; shows the way in and stops the page while there is none."""
    user = current_user()
    if user is None:
        ask_who()
        st.stop()
    return user


def change_user(name: str) -> bool:
    """Take on another name, where a name is enough; False when nothing readable is in it.

    A name that is in use in another browser is asked about before it is taken on.
    """
    return not read_access().is_proven and take_name(name)
