"""How people prove who they are on this server: by name only, by a shared passphrase, or by OpenID Connect.

The configuration is Streamlit's ``secrets.toml`` and the environment. The dashboard hands the secrets in
(:func:`configure_access`), because routes and jobs need the answer and do not know Streamlit.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from galcore.signatures import fingerprint
from galcore.types import GalcoreError

_LOCAL = ("localhost", "127.0.0.1", "::1")
_SHORTEST_PASSPHRASE = 8


class Mode(StrEnum):
    """How people say who they are."""

    NAME = "name"
    PASSPHRASE = "passphrase"
    OIDC = "oidc"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in, and how.

    Attributes:
        mode: How people prove who they are.
        passphrase: The shared one, in mode ``passphrase``.
        owner: Name of the owner of every workspace, if the configuration names one.
        hosted: Whether others than the people of this machine reach the server.
        trusts_mail: Whether a mail address counts of which the provider does not say that it is verified.
    """

    mode: Mode = Mode.NAME
    passphrase: str = ""
    owner: str = ""
    hosted: bool = False
    trusts_mail: bool = False

    @property
    def is_proven(self) -> bool:
        """Whether a name is more than a word: routes then ask for the cookie, and names cannot be taken."""
        return self.mode is not Mode.NAME

    @property
    def everybody_owns(self) -> bool:
        """Whether all may do everything while no roles have been set: a name is enough, on one machine."""
        return self.mode is Mode.NAME and not self.hosted

    @property
    def stamp(self) -> str:
        """Part of every identity token: a token made under another passphrase or mode is worth nothing."""
        return self.mode.value + (f"-{fingerprint(self.passphrase)}" if self.passphrase else "")


_secrets: Mapping[str, object] = {}
_address = "localhost"


def configure_access(secrets: Mapping[str, object], *, server_address: str = "localhost") -> None:
    """Take on what ``secrets.toml`` says and where the server listens; the environment wins over both."""
    global _secrets, _address
    _secrets, _address = secrets, server_address


def current_access() -> Access:
    """How people come in now.

    ``GALCORE_PASSPHRASE``, ``GALCORE_OWNER``, ``GALCORE_HOSTED`` and ``GALCORE_TRUST_MAIL`` (1 or 0) win over
    ``passphrase``, ``owner``, ``hosted`` and ``trust_mail`` under ``[galcore]``; a section ``[auth]`` turns
    OpenID Connect on.

    Raises:
        GalcoreError: If the passphrase is too short to be one.
    """
    passphrase = _setting("passphrase")
    if passphrase and len(passphrase) < _SHORTEST_PASSPHRASE:
        raise GalcoreError(
            f"the passphrase in secrets.toml or GALCORE_PASSPHRASE has {len(passphrase)} letters; "
            f"take {_SHORTEST_PASSPHRASE} or more"
        )
    mode = Mode.OIDC if "auth" in _secrets else Mode.PASSPHRASE if passphrase else Mode.NAME
    return Access(
        mode,
        passphrase if mode is Mode.PASSPHRASE else "",
        _setting("owner"),
        _is_hosted(mode),
        _is_on(_setting("trust_mail")),
    )


def _is_hosted(mode: Mode) -> bool:
    said = _setting("hosted")
    if said:
        return _is_on(said)
    return mode is not Mode.NAME or _address not in _LOCAL


def _is_on(said: str) -> bool:
    return said.lower() not in ("", "0", "false", "no")


def _setting(name: str) -> str:
    section = _secrets.get("galcore", {})
    kept = section.get(name, "") if isinstance(section, Mapping) else ""
    return os.environ.get(f"GALCORE_{name.upper()}", "") or str(kept)
