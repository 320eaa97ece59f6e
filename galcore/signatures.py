"""Signed tokens: values that go out to a browser and come back, and that only this server can have made.

One key signs addresses of pictures, the cookie that says who somebody is, and links of invitation; the first
field of each token names its purpose.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from galcore.settings import Settings

_SIGNATURE_BYTES = 16
_SECRET_FILE = ".address-secret"


def signed_token(fields: list[Any]) -> str:
    """Plain JSON values as one piece of an address that only this server can have made.

    Begin ``fields`` with a word for the purpose, so that a token for one route opens no other.
    """
    payload = _encode(json.dumps(fields).encode())
    return f"{payload}.{_sign(payload)}"


def read_token(token: str) -> list[Any] | None:
    """The values in a token of :func:`signed_token`, or None if the signature is not ours.

    >>> read_token(signed_token(["map", 7]))
    ['map', 7]
    """
    payload, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_sign(payload).encode(), signature.encode(errors="replace")):
        return None
    with suppress(binascii.Error, ValueError):
        return json.loads(_decode(payload))
    return None


def fingerprint(text: str) -> str:
    """Short keyed hash of a text: tells whether it is the same one, and tells nothing else of it.

    >>> fingerprint("open sesame") == fingerprint("open sesame") != fingerprint("open says me")
    True
    """
    return _sign(f"fingerprint {text}")


def server_secret(settings: Settings | None = None) -> bytes:
    """Key that signs addresses: the setting, else one made once and kept in the workspaces folder."""
    settings = settings or Settings.from_environment()
    if settings.secret:
        return settings.secret.encode()
    return _kept_secret(settings.workspaces_dir)


@functools.cache
def _kept_secret(folder: Path) -> bytes:
    path = folder / _SECRET_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # Written whole, then given its name: a second process never reads half a secret.
            fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
            with suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text().strip().encode()
    except OSError:
        # A read-only folder still works; addresses then change at every start, which costs only the cache.
        return secrets.token_hex(32).encode()


def _sign(payload: str) -> str:
    # The environment is the key, so that reading settings does not cost more than signing does.
    key = _secret_now(os.environ.get("GALCORE_SECRET", ""), os.environ.get("GALCORE_WORKSPACES", ""))
    digest = hmac.digest(key, payload.encode(), hashlib.sha256)
    return _encode(digest[:_SIGNATURE_BYTES])


@functools.lru_cache(maxsize=8)
def _secret_now(_secret: str, _workspaces: str) -> bytes:
    return server_secret()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
