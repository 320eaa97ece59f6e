"""Who this session belongs to: from its own memory, the signed cookie, or the OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import streamlit as st
from streamlit import config

from galcore.people import Access, Mode, configure_access, current_access
from galcore.people.tokens import (
    IDENTITY_COOKIE,
    PLAIN_COOKIE,
    Identity,
    new_browser,
    read_identity,
    ticket,
)
from galcore.settings import ROOT
from galcore.types import GalcoreError
from galcore.ui.text import clean
from galcore.web.addresses import from_page
from galcore.web.identity_routes import ENTER_ROUTE, LEAVE_ROUTE

MAX_NAME_LETTERS = 200
_KEY, _BROWSER, _TICKET, _LEAVE = "galcore.user", "galcore.browser", "galcore.ticket", "galcore.leave"
_SECRETS = (ROOT / ".streamlit" / "secrets.toml", Path.home() / ".streamlit" / "secrets.toml")

_remember = st.components.v2.component(
    "galcore_remember_name",
    js=(Path(__file__).parents[1] / "components" / "remember_name.js").read_text(encoding="utf-8"),
)


def read_access() -> Access:
    """How people come in, by the secrets and the address the server listens on. Call at start and per run.

    Raises:
        GalcoreError: If there are secrets that cannot be read: nobody comes in on a guess.
    """
    configure_access(_secrets(), server_address=str(config.get_option("server.address") or "0.0.0.0"))
    return current_access()


def current_user() -> str | None:
    """Name of the person of this session, or None when nobody has said, or proven, it yet."""
    if _KEY in st.session_state:
        return st.session_state[_KEY]
    access = read_access()
    identity = read_identity(_cookie(IDENTITY_COOKIE), access)
    if access.mode is Mode.OIDC:
        _know_provider_user(identity)
    elif identity is not None:
        _know(identity)
    elif access.mode is Mode.NAME:
        remembered = tidy_name(unquote(_cookie(PLAIN_COOKIE)))
        if remembered:
            st.session_state[_KEY] = remembered
    return st.session_state.get(_KEY)


def this_browser() -> str:
    """Id of this browser: from its cookie, else a fresh one that the next ticket carries to it."""
    if _BROWSER not in st.session_state:
        identity = read_identity(_cookie(IDENTITY_COOKIE), read_access())
        st.session_state[_BROWSER] = identity.browser if identity else new_browser()
    return st.session_state[_BROWSER]


def sign_in(name: str) -> None:
    """Take this session as belonging to ``name``; whoever calls this has checked that it may."""
    identity = Identity(name, this_browser())
    st.session_state[_KEY] = name
    st.session_state[_TICKET] = ticket(identity, read_access())


def sign_out() -> None:
    """Forget who is here, in this session and in the browser."""
    st.session_state.pop(_KEY, None)
    st.session_state.pop(_TICKET, None)
    st.session_state[_LEAVE] = new_browser()


def is_leaving() -> bool:
    """Whether this session was signed out and waits for the browser to forget who was here."""
    return _LEAVE in st.session_state


def remember_user() -> bool:
    """Let the browser keep or forget who is here. Call once per run, in the shell.

    Returns:
        Whether the page has to wait: where names are proven, pictures come only once the cookie is there,
        and the browser loads the page again with it.
    """
    access = read_access()
    proven = access.is_proven
    if is_leaving() and access.mode is Mode.OIDC:
        st.logout()  # the route it leads to takes our cookie away too, and tells the provider
        return True
    waiting, leaving = st.session_state.get(_TICKET, ""), st.session_state.get(_LEAVE, "")
    data = {
        "ticket": waiting,
        "leave": leaving,
        "enter_route": from_page(ENTER_ROUTE),
        "leave_route": from_page(LEAVE_ROUTE),
        "reload": proven or bool(leaving),
    }
    with st.container(key="galcore_unseen"):
        _remember(key="galcore_remember_name", data=data, height=1)
    return bool(leaving) or (proven and bool(waiting))


def tidy_name(name: str) -> str:
    """A name on one line, without what cannot be read, of a length that can be shown."""
    return clean(name)[:MAX_NAME_LETTERS].strip()


def _cookie(name: str) -> str:
    value = st.context.cookies.get(name, "")
    return value if isinstance(value, str) else ""  # outside a browser there are none


def _know(identity: Identity) -> None:
    st.session_state[_KEY], st.session_state[_BROWSER] = identity.name, identity.browser


def _know_provider_user(identity: Identity | None) -> None:
    """The provider says who is here; our cookie only carries that to the routes."""
    if not st.user.get("is_logged_in"):
        return
    name = tidy_name(provider_name(st.user.to_dict(), trusts_mail=read_access().trusts_mail))
    if identity is not None and identity.name == name:
        _know(identity)
    elif name:
        sign_in(name)


def provider_name(claims: Mapping[str, object], *, trusts_mail: bool = False) -> str:
    """Name to keep labels under: the verified address, else the provider's own id of the person.

    Some providers let people write any address into their account and say nothing of whether it was verified;
    such an address is a name only where the configuration says that it can be trusted.

    >>> provider_name({"email": "vera@obs.example", "email_verified": True, "sub": "7", "iss": "x"})
    'vera@obs.example'
    >>> provider_name({"email": "vera@obs.example", "email_verified": False, "sub": "7", "iss": "https://x"})
    '7 at https://x'
    """
    email = claims.get("email")
    if email and claims.get("email_verified", trusts_mail) in (True, "true"):
        return str(email)
    subject = claims.get("sub")
    return f"{subject} at {claims.get('iss', 'the provider')}" if subject else ""


def _secrets() -> Mapping[str, object]:
    if st.secrets.load_if_toml_exists():
        return st.secrets.to_dict()
    if any(path.is_file() for path in _SECRETS):
        raise GalcoreError(
            ".streamlit/secrets.toml cannot be read; mend it (it says who may come in), then start again"
        )
    return {}
