"""Tokens that say who somebody is: the cookie, the ticket that sets it, and the link to a further device.

All are signed (:mod:`galcore.signatures`) and carry the stamp of the way people come in, so that a cookie
made when a name was enough, or under an old passphrase, opens nothing.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from galcore.people.access import Access
from galcore.signatures import read_token, signed_token

IDENTITY_COOKIE = "galcore_identity"
PLAIN_COOKIE = "galcore_name"  # an unsigned name, enough where names are not proven
COOKIE_S = 30 * 86400
TICKET_S = 120
DEVICE_LINK_S = 15 * 60
_PERSON, _TICKET, _DEVICE = "person", "ticket", "device"


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at a browser.

    Attributes:
        name: The name that labels are kept under.
        browser: Which browser it is; random, made at the first sign-in.
    """

    name: str
    browser: str


def new_browser() -> str:
    """An id for a browser that has none."""
    return secrets.token_hex(8)


def identity_token(identity: Identity, access: Access) -> str:
    """What the cookie holds."""
    return _token(_PERSON, access, identity.name, identity.browser, seconds=COOKIE_S)


def read_identity(token: str, access: Access) -> Identity | None:
    """Who a cookie says somebody is; None if this server did not make it so, or it is over.

    >>> from galcore.people.access import Access
    >>> read_identity(identity_token(Identity("Vera", "b"), Access()), Access()).name
    'Vera'
    """
    fields = _read(_PERSON, token, access)
    return None if fields is None else Identity(*fields)


def ticket(identity: Identity, access: Access) -> str:
    """A short-lived token that a browser turns into its cookie."""
    return _token(_TICKET, access, identity.name, identity.browser, seconds=TICKET_S)


def read_ticket(token: str, access: Access) -> Identity | None:
    """Whose cookie a ticket is for, or None."""
    fields = _read(_TICKET, token, access)
    return None if fields is None else Identity(*fields)


def device_token(name: str, access: Access) -> str:
    """The signed part of a link by which somebody goes on under their name in another browser."""
    return _token(_DEVICE, access, name, "", seconds=DEVICE_LINK_S)


def read_device_token(token: str, access: Access) -> str | None:
    """The name behind such a link, or None."""
    fields = _read(_DEVICE, token, access)
    return None if fields is None else fields[0]


def _token(purpose: str, access: Access, name: str, browser: str, *, seconds: float) -> str:
    return signed_token([purpose, access.stamp, name, browser, int(time.time() + seconds)])


def _read(purpose: str, token: str, access: Access) -> tuple[str, str] | None:
    fields = read_token(token)
    if not isinstance(fields, list) or len(fields) != 5 or fields[:2] != [purpose, access.stamp]:
        return None
    name, browser, expires = fields[2:]
    return (name, browser) if expires > time.time() else None
