"""Addresses of stamps: signed, immutable, with everything that decides the picture inside.

A page's login gate does not cover routes, so an address carries its own permission: an HMAC of the
workspace, the galaxy, how it is rendered and the version of the catalogue. The same picture has the same
address for ever, which is why browsers may keep it for a year.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from galcore.signatures import read_token, server_secret, signed_token
from galcore.types import GalcoreError

__all__ = [
    "MAX_SIZE_PX",
    "STAMP_ROUTE",
    "StampRequest",
    "from_page",
    "read_stamp_address",
    "read_token",
    "server_secret",
    "short_version",
    "signed_token",
    "stamp_address",
]

STAMP_ROUTE = "/stamps"
MAX_SIZE_PX = 2048
_PURPOSE = "stamp"


@dataclass(frozen=True, slots=True)
class StampRequest:
    """What a stamp address asks for.

    Attributes:
        size_px: Side of the square picture in pixels.
        version: Beginning of the hash of the catalogue the address was made from.
    """

    workspace: str
    galaxy_id: str
    size_px: int
    stretch: str
    version: str


def from_page(route: str) -> str:
    """Address by which the pages of the dashboard ask for a route of its server.

    Relative, since the server does not know under which path a proxy shows it; every page lies one step below
    the root, so that the same address holds on all of them.

    >>> from_page("/stamps/abc")
    'stamps/abc'
    """
    return route.removeprefix("/")


def stamp_address(
    workspace: str, galaxy_id: str, *, size_px: int = 256, stretch: str = "survey", version: str
) -> str:
    """Address of a stamp for a page; see :func:`from_page`.

    Raises:
        GalcoreError: If ``size_px`` is outside 1 … 2048.

    >>> address = stamp_address("demo", "a/b", size_px=64, version="1")
    >>> read_stamp_address(address.removeprefix("stamps/")).galaxy_id
    'a/b'
    """
    if not 1 <= size_px <= MAX_SIZE_PX:
        raise GalcoreError(f"stamp size {size_px} px is outside 1 … {MAX_SIZE_PX}")
    fields = [_PURPOSE, workspace, galaxy_id, size_px, stretch, short_version(version)]
    return from_page(f"{STAMP_ROUTE}/{signed_token(fields)}")


def short_version(version: str) -> str:
    """As much of a catalogue's hash as an address carries."""
    return version[:12]


def read_stamp_address(token: str) -> StampRequest | None:
    """The request inside an address (the part after ``stamps/``), or None if the signature is not ours.

    >>> read_stamp_address("nonsense.abc") is None
    True
    """
    fields = read_token(token)
    if not isinstance(fields, list) or fields[:1] != [_PURPOSE]:
        return None
    with suppress(TypeError):
        return StampRequest(*fields[1:])
    return None
