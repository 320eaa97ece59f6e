"""The question every write and every picture asks: may this person do that here?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from galcore.people.access import Access, current_access
from galcore.people.roles import NotAllowedError, Person, Role, Roster, require, standing
from galcore.people.roster import change_roster, read_roster


def person_in(folder: Path, name: str) -> Person:
    """What somebody may do in the workspace in ``folder`` now.

    Raises:
        NotAllowedError: If the workspace takes invited people only and this is none of them.
    """
    return _standing(read_roster(folder), name, current_access())


def require_role(folder: Path, name: str, least: Role) -> Person:
    """The person, if they may do now what ``least`` may. Call it before every write.

    Args:
        folder: Of the workspace.
        name: Who asks, as the session knows them; never as the browser says.
        least: The role it takes.

    Raises:
        NotAllowedError: If not; the message says why.
    """
    return require(person_in(folder, name), least)


def may(folder: Path, name: str, least: Role) -> bool:
    """Whether somebody may do now what ``least`` may; for what to draw, not instead of a check."""
    try:
        return person_in(folder, name).may(least)
    except NotAllowedError:
        return False


def person_name(folder: Path, name: str) -> str:
    """The name that others read for somebody."""
    found = read_roster(folder).find(name)
    return found.shown if found else name


def enter(folder: Path, name: str) -> Person:
    """Let somebody in: a newcomer is written down, the first one in a fresh workspace as its owner.

    Where everybody may do everything (names only, on one machine) nothing is written until roles are set.

    Raises:
        NotAllowedError: If they may not come in.
    """
    access = current_access()
    roster = read_roster(folder)
    unknown = roster.find(name) is None or not (roster.has_owner or access.owner)
    if unknown and not (access.everybody_owns and not roster.has_owner):
        roster = change_roster(folder, lambda now: _with_newcomer(now, name, access))
    return require(_standing(roster, name, access), Role.VIEWER)


def may_read_server_paths(folder: Path | None, name: str) -> bool:
    """Whether somebody may name files of the server: owners, on a server that is not open to others."""
    if current_access().hosted:
        return False
    return folder is None or may(folder, name, Role.OWNER)


def _with_newcomer(roster: Roster, name: str, access: Access) -> Roster:
    found = roster.find(name)
    if not roster.has_owner and not access.owner:
        person = replace(found or Person(name, Role.OWNER), role=Role.OWNER)
    else:
        person = found or _standing(roster, name, access)
    joined = replace(person, joined_at=person.joined_at or datetime.now(UTC).isoformat(timespec="seconds"))
    return roster.with_person(joined)


def _standing(roster: Roster, name: str, access: Access) -> Person:
    return standing(roster, name, named_owner=access.owner, everybody_owns=access.everybody_owns)
