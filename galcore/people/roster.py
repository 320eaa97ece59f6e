"""The roster on disk: ``people.json`` in the workspace, written whole, read again only when it has changed.

A file rather than a table: it is small and seldom written, people can read it, and every process may read
it while the dashboard has the label store open. Changes go through :func:`change_roster`, one at a time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from galcore.people.roles import Invitation, Person, Role, Roster
from galcore.types import GalcoreError
from galcore.whole_files import write_json

ROSTER_FILE = "people.json"
FORMAT_VERSION = 1
_lock = threading.RLock()
_read: dict[Path, tuple[tuple[int, int, int], Roster]] = {}


def read_roster(folder: Path) -> Roster:
    """Roster of the workspace in ``folder``; an empty one where nobody has set anything.

    Raises:
        GalcoreError: If the file cannot be read: nobody is let in on a guess.
    """
    path = folder / ROSTER_FILE
    try:
        told = path.stat()
    except FileNotFoundError:
        return Roster()
    version = (told.st_mtime_ns, told.st_size, told.st_ino)
    kept = _read.get(path)
    if kept is None or kept[0] != version:
        kept = (version, _parse(path))
        _read[path] = kept
    return kept[1]


def change_roster(folder: Path, change: Callable[[Roster], Roster]) -> Roster:
    """Apply a change to the newest roster and write it; returns it as written.

    Raises:
        GalcoreError: If ``change`` refuses, or the file cannot be read or written.
    """
    path = folder / ROSTER_FILE
    with _lock:
        before = read_roster(folder)
        after = change(before)
        if after != before:
            try:
                write_json(path, _content(after))
            except OSError as error:
                raise GalcoreError(f"{path}: cannot be written ({error})") from error
            _read.pop(path, None)
        return after


def _content(roster: Roster) -> dict[str, Any]:
    return {
        "format": FORMAT_VERSION,
        "newcomers": roster.newcomers or "",
        "people": [asdict(person) for person in roster.people],
        "invitations": [asdict(invitation) for invitation in roster.invitations],
    }


def _parse(path: Path) -> Roster:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] > FORMAT_VERSION:
            raise GalcoreError(f"{path}: written by a newer Galcore; update Galcore")
        return Roster(
            people=tuple(Person(**{**each, "role": Role(each["role"])}) for each in content["people"]),
            newcomers=Role(content["newcomers"]) if content["newcomers"] else None,
            invitations=tuple(
                Invitation(**{**each, "role": Role(each["role"])}) for each in content["invitations"]
            ),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GalcoreError(
            f"{path}: not readable as a roster ({error}); mend it, or move it away to start without roles"
        ) from error
