"""The ways in: a name; a name and the shared passphrase; the provider's own page; a link from somebody."""

from __future__ import annotations

import math

import streamlit as st

from galcore.people import Access, Mode, NotAllowedError
from galcore.people.changes import read_invitation
from galcore.people.names import is_taken, take
from galcore.people.passphrase import attempts
from galcore.people.tokens import read_device_token
from galcore.ui import state
from galcore.ui.people.who import MAX_NAME_LETTERS, read_access, sign_in, this_browser, tidy_name
from galcore.ui.text import plain

INVITATION, DEVICE = "invitation", "device"
_ASKED = "galcore.asked_name"
_BELONGS = (
    "This name belongs to another browser. Choose another one; or, if it is yours, make a link there "
    "(your name on top, *another browser*). An owner can make one too."
)


def ask_who() -> None:
    """Draw the way in that the configuration asks for."""
    access = read_access()
    if _follow_device_link(access):
        st.rerun()
    with st.container(key="galcore_name_prompt", width=460):
        if access.mode is Mode.OIDC:
            _ask_provider()
        elif access.mode is Mode.PASSPHRASE:
            _ask_passphrase(access)
        else:
            _ask_name()


def take_name(name: str) -> bool:
    """Go on under a name where names are not proven; a taken one is asked about first (:func:`ask_taken`)."""
    tidy = tidy_name(name)
    if not tidy:
        return False
    if is_taken(tidy, this_browser()):
        st.session_state[_ASKED] = tidy
    else:
        _begin_as(tidy)
    return True


def ask_taken() -> bool:
    """The choice about a name in use elsewhere, if one waits; whether one is drawn."""
    asked = st.session_state.get(_ASKED, "")
    if not asked:
        return False
    st.warning(
        f"Somebody uses the name {plain(asked, limit=60)} in another browser. Labels of one name count as "
        "one person's.",
        icon=":material/group:",
    )
    with st.container(horizontal=True, gap="small"):
        if st.button("It is me", type="primary", key="galcore_is_me"):
            _begin_as(asked)
            st.rerun()
        if st.button("Choose another name", key="galcore_not_me"):
            st.session_state.pop(_ASKED)
            st.rerun()
    return True


def _begin_as(name: str) -> None:
    st.session_state.pop(_ASKED, None)
    take(name, this_browser())
    sign_in(name)


def _ask_name() -> None:
    st.subheader("Who is looking?", anchor=False)
    if ask_taken():
        return
    st.caption("Your labels are kept under this name. Everybody who works here sees it.")
    with st.form("galcore_name_form", border=False):
        name = st.text_input("Your name", max_chars=MAX_NAME_LETTERS, placeholder="Vera", autocomplete="name")
        if st.form_submit_button("Begin", type="primary"):
            if take_name(name):
                st.rerun()
            st.error("Type a name first; any name that your group recognises.")


def _ask_passphrase(access: Access) -> None:
    invited = _is_invited()
    st.subheader("You are invited" if invited else "Who is looking?", anchor=False)
    st.caption("Your labels are kept under this name; it stays with this browser.")
    with st.form("galcore_passphrase_form", border=False):
        name = st.text_input("Your name", max_chars=MAX_NAME_LETTERS, autocomplete="name")
        said = "" if invited else st.text_input("Passphrase of the group", type="password", max_chars=500)
        if st.form_submit_button("Begin", type="primary"):
            problem = _try_passphrase(tidy_name(name), said, access, invited)
            if not problem:
                st.rerun()
            st.error(problem)


def _try_passphrase(name: str, said: str, access: Access, invited: bool) -> str:
    """Sign in, or say why not."""
    if not name:
        return "Type a name first; any name that your group recognises."
    if not invited:
        place = st.context.ip_address
        right, wait_s = attempts.try_phrase(
            said, access.passphrase, place=place if isinstance(place, str) else "this machine"
        )
        if not right:
            later = f" Wait {math.ceil(wait_s)} s before the next attempt." if wait_s else ""
            return f"That is not the passphrase.{later}"
    if not take(name, this_browser(), only_if_free=True):
        return _BELONGS
    sign_in(name)
    return ""


def _ask_provider() -> None:
    st.subheader("Who is looking?", anchor=False)
    st.caption("Your labels are kept under the address your provider gives.")
    st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login, key="galcore_login")


def _is_invited() -> bool:
    token, workspace = st.query_params.get(INVITATION, ""), state.current_workspace()
    if not token or workspace is None:
        return False
    try:
        read_invitation(workspace.folder, token)
    except NotAllowedError as error:
        st.warning(str(error), icon=":material/link_off:")
        return False
    return True


def _follow_device_link(access: Access) -> bool:
    token = st.query_params.pop(DEVICE, "")
    if not token:
        return False
    name = read_device_token(token, access)
    if name is None:
        st.warning("This link is over; make a new one in the other browser.", icon=":material/link_off:")
        return False
    take(name, this_browser())
    sign_in(name)
    return True
