"""Who may do what in a workspace: people, their roles, and the roster that holds them. No files, no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from galcore.types import GalcoreError


class NotAllowedError(GalcoreError):
    """Somebody asked for what their role does not cover; nothing was written."""


class Role(StrEnum):
    """What a person may do in one workspace; each role covers the ones below it."""

    OWNER = "owner"  # campaigns, imports, jobs, people
    ANNOTATOR = "annotator"  # labels, flags, decisions
    VIEWER = "viewer"  # looks

    def covers(self, least: Role) -> bool:
        """Whether this role may do what ``least`` may.

        >>> Role.OWNER.covers(Role.VIEWER), Role.VIEWER.covers(Role.ANNOTATOR)
        (True, False)
        """
        return _RANK[self] >= _RANK[least]


_RANK = {Role.VIEWER: 0, Role.ANNOTATOR: 1, Role.OWNER: 2}
MAX_WEIGHT = 10.0


@dataclass(frozen=True, slots=True)
class Person:
    """One person in one workspace.

    Attributes:
        name: The name that labels are kept under; never changes.
        role: What they may do.
        display_name: What others read, where it differs from the name.
        paused: May look, and write again once an owner says so.
        removed: May not even look; the labels stay.
        weight: How much a label of theirs counts in consensus and learner, 0 … 10.
        joined_at: ISO time, UTC; empty for somebody who is not written down.
    """

    name: str
    role: Role
    display_name: str = ""
    paused: bool = False
    removed: bool = False
    weight: float = 1.0
    joined_at: str = ""

    @property
    def shown(self) -> str:
        """The name that others read."""
        return self.display_name or self.name

    def may(self, least: Role) -> bool:
        """Whether this person may do now what a role may."""
        if self.removed:
            return False
        return (Role.VIEWER if self.paused else self.role).covers(least)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that lets its bearer in.

    Attributes:
        invitation_id: Named by the link; taking it out of the roster ends the link.
        role: What those who follow it may do.
        expires_at: Seconds since 1970.
        made_by: The owner who made it.
        note: For whom, in the owner's words.
    """

    invitation_id: str
    role: Role
    expires_at: float
    made_by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who is written down in a workspace, and who else may come.

    Attributes:
        people: In the order in which they came.
        newcomers: Role of somebody who comes without an invitation; None: invited people only.
        invitations: Links that are out.
    """

    people: tuple[Person, ...] = ()
    newcomers: Role | None = Role.ANNOTATOR
    invitations: tuple[Invitation, ...] = ()

    def find(self, name: str) -> Person | None:
        """The person of exactly this name, if written down."""
        return next((person for person in self.people if person.name == name), None)

    def with_person(self, person: Person) -> Roster:
        """This roster with one person added or changed."""
        if self.find(person.name) is None:
            return replace(self, people=(*self.people, person))
        changed = tuple(person if each.name == person.name else each for each in self.people)
        return replace(self, people=changed)

    @property
    def has_owner(self) -> bool:
        """Whether somebody is left who may change the roster."""
        return any(person.may(Role.OWNER) for person in self.people)


def standing(roster: Roster, name: str, *, named_owner: str = "", everybody_owns: bool = False) -> Person:
    """What a person may do now, written down or not.

    Args:
        roster: Of the workspace.
        name: The person.
        named_owner: Owner by configuration, whatever the roster says.
        everybody_owns: Whether all may do everything until somebody has set roles, that is, made an owner.

    Raises:
        NotAllowedError: If the workspace takes invited people only and this is none of them.

    >>> standing(Roster(), "Vera").role, standing(Roster(), "Vera", everybody_owns=True).role
    (<Role.ANNOTATOR: 'annotator'>, <Role.OWNER: 'owner'>)
    """
    found = roster.find(name)
    if named_owner and name == named_owner:
        return replace(found or Person(name, Role.OWNER), role=Role.OWNER, paused=False, removed=False)
    if everybody_owns and not roster.has_owner:
        return replace(found or Person(name, Role.OWNER), role=Role.OWNER)
    if found is not None:
        return found
    if roster.newcomers is None:
        raise NotAllowedError("this workspace takes invited people only; ask one of its owners for a link")
    return Person(name, roster.newcomers)


def require(person: Person, least: Role) -> Person:
    """The person, if they may do what ``least`` may.

    Raises:
        NotAllowedError: If not; the message says why and who can change it.
    """
    if person.may(least):
        return person
    if person.removed:
        raise NotAllowedError("an owner has taken you off this workspace; what you labelled stays")
    if person.paused and person.role.covers(least):
        raise NotAllowedError("an owner has paused you; you can look, and go on once they let you")
    raise NotAllowedError(
        f"this takes the role {least.value}, and yours is {person.role.value}; ask an owner"
    )
