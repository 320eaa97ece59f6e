"""What an owner does with people: roles, pauses, weights, names, invitations. Each checks who asks."""

from __future__ import annotations

import math
import secrets
import time
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from galcore.people.access import current_access
from galcore.people.permission import require_role
from galcore.people.roles import MAX_WEIGHT, Invitation, NotAllowedError, Person, Role, Roster
from galcore.people.roster import change_roster, read_roster
from galcore.signatures import read_token, signed_token
from galcore.types import GalcoreError

LONGEST_NAME = 200
_PURPOSE = "invitation"
_MOST_INVITATIONS = 200


def change_person(
    folder: Path,
    name: str,
    *,
    by: str,
    role: Role | None = None,
    paused: bool | None = None,
    removed: bool | None = None,
    weight: float | None = None,
    display_name: str | None = None,
) -> Person:
    """Change what a person may do, how much they count, or the name others read; None leaves as it is.

    Everybody may change their own display name; all else takes an owner.

    Raises:
        NotAllowedError: If ``by`` may not.
        GalcoreError: If nobody would be left who owns the workspace, or a value is out of range.
    """
    told = {
        "role": role,
        "paused": paused,
        "removed": removed,
        "weight": None if weight is None else _checked_weight(weight),
        "display_name": None if display_name is None else _checked_name(display_name),
    }
    changes: dict[str, Any] = {field: value for field, value in told.items() if value is not None}
    own_name = name == by and set(changes) <= {"display_name"}

    def change(roster: Roster) -> Roster:
        require_role(folder, by, Role.VIEWER if own_name else Role.OWNER)
        roster = roster if own_name else _with_owner(roster, by)
        newcomer = Person(name, roster.newcomers or Role.VIEWER, joined_at=_now())
        changed = replace(roster.find(name) or newcomer, **changes)
        after = roster.with_person(changed)
        if not own_name and not after.has_owner and current_access().owner in ("", name):
            raise GalcoreError("a workspace needs an owner: make somebody else owner first")
        return after

    found = change_roster(folder, change).find(name)
    assert found is not None
    return found


def change_newcomers(folder: Path, role: Role | None, *, by: str) -> None:
    """Choose the role of people who come without an invitation; None: only invited people come in.

    Raises:
        NotAllowedError: If ``by`` is no owner.
    """

    def change(roster: Roster) -> Roster:
        require_role(folder, by, Role.OWNER)
        return replace(_with_owner(roster, by), newcomers=role)

    change_roster(folder, change)


def invite(folder: Path, *, by: str, role: Role, days: float, note: str = "") -> str:
    """Make an invitation; its token goes into a link (``?invitation=…``).

    Raises:
        NotAllowedError: If ``by`` is no owner.
        GalcoreError: If it would hold for no time or for more than a year.
    """
    if not 0 < days <= 366:
        raise GalcoreError(f"an invitation holds for up to 366 days, not {days:g}")
    made = Invitation(
        secrets.token_hex(8), role, time.time() + days * 86400, made_by=by, note=_checked_name(note)
    )

    def change(roster: Roster) -> Roster:
        require_role(folder, by, Role.OWNER)
        kept = [each for each in roster.invitations if each.expires_at > time.time()]
        return replace(_with_owner(roster, by), invitations=(*kept, made)[-_MOST_INVITATIONS:])

    change_roster(folder, change)
    return invitation_token(folder, made)


def invitation_token(folder: Path, invitation: Invitation) -> str:
    """The signed part of an invitation's link."""
    return signed_token(
        [_PURPOSE, folder.name, invitation.invitation_id, invitation.role.value, invitation.expires_at]
    )


def withdraw_invitation(folder: Path, invitation_id: str, *, by: str) -> None:
    """End an invitation before its time; who has come in by it stays.

    Raises:
        NotAllowedError: If ``by`` is no owner.
    """

    def change(roster: Roster) -> Roster:
        require_role(folder, by, Role.OWNER)
        left = tuple(each for each in roster.invitations if each.invitation_id != invitation_id)
        return replace(roster, invitations=left)

    change_roster(folder, change)


def read_invitation(folder: Path, token: str) -> Invitation:
    """The invitation behind a token.

    Raises:
        NotAllowedError: If this server did not make it, it is for another workspace, over or withdrawn.
    """
    fields = read_token(token)
    if not isinstance(fields, list) or fields[:2] != [_PURPOSE, folder.name] or len(fields) != 5:
        raise NotAllowedError("this invitation was not made for this workspace; ask for a new link")
    kept = next((each for each in read_roster(folder).invitations if each.invitation_id == fields[2]), None)
    if kept is None:
        raise NotAllowedError("this invitation was withdrawn; ask for a new link")
    if kept.expires_at <= time.time():
        raise NotAllowedError("this invitation is over; ask for a new link")
    return kept


def accept_invitation(folder: Path, token: str, name: str) -> Person:
    """Write somebody down with the role of an invitation; nobody loses a higher role by it.

    Raises:
        NotAllowedError: If the invitation does not hold, or the person was removed.
    """
    invitation = read_invitation(folder, token)

    def change(roster: Roster) -> Roster:
        found = roster.find(name) or Person(name, invitation.role, joined_at=_now())
        if found.removed:
            raise NotAllowedError(
                "an owner has taken you off this workspace; an invitation does not change that"
            )
        role = found.role if found.role.covers(invitation.role) else invitation.role
        return roster.with_person(replace(found, role=role))

    person = change_roster(folder, change).find(name)
    assert person is not None
    return person


def person_weights(folder: Path) -> dict[str, float]:
    """Weight of each person whose labels count more or less than others'; who is not in it counts 1."""
    return {person.name: person.weight for person in read_roster(folder).people if person.weight != 1.0}


def _with_owner(roster: Roster, name: str) -> Roster:
    """Whoever sets the first role becomes owner: from then on roles are what is written."""
    if roster.has_owner or current_access().owner:
        return roster
    found = roster.find(name) or Person(name, Role.OWNER, joined_at=_now())
    return roster.with_person(replace(found, role=Role.OWNER))


def _checked_weight(weight: float) -> float:
    if not (math.isfinite(weight) and 0 <= weight <= MAX_WEIGHT):
        raise GalcoreError(f"a weight is a number from 0 to {MAX_WEIGHT:g}, not {weight}")
    return float(weight)


def _checked_name(text: str) -> str:
    kept = "".join(" " if unicodedata.category(letter).startswith("C") else letter for letter in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())[:LONGEST_NAME]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
