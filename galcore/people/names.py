"""Which browser a name belongs to, so that two people do not label under one name unawares.

Where a name is enough, somebody who types a taken name is asked whether it is theirs. Where people prove
themselves with a shared passphrase, the passphrase proves no name: a taken one stays with its browser, and
its owner lets further browsers in by a link (:func:`galcore.people.tokens.device_token`).
"""

from __future__ import annotations

import json
import threading
import unicodedata
from contextlib import suppress
from pathlib import Path

from galcore.settings import Settings
from galcore.signatures import fingerprint
from galcore.types import GalcoreError
from galcore.whole_files import write_json

_FILE = ".names.json"
_lock = threading.Lock()


def is_taken(name: str, browser: str) -> bool:
    """Whether a name is in use, and not in this browser; writing it in other letters' case does not help."""
    known = _read().get(_folded(name), [])
    return bool(known) and fingerprint(browser) not in known


def take(name: str, browser: str, *, only_if_free: bool = False) -> bool:
    """Note that a name is used in this browser; False if it is taken and should have been free."""
    with _lock:
        names = _read()
        known = names.setdefault(_folded(name), [])
        mark = fingerprint(browser)
        if mark in known:
            return True
        if known and only_if_free:
            return False
        known.append(mark)
        path = _path()
        with suppress(OSError):  # a read-only folder: nobody can be asked, and nothing is lost
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, names)
        return True


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _path() -> Path:
    return Settings.from_environment().workspaces_dir / _FILE


def _read() -> dict[str, list[str]]:
    path = _path()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise GalcoreError(
            f"{path}: not readable ({error}); move it away, names are then free again"
        ) from error
    return content if isinstance(content, dict) else {}
