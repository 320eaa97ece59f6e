"""People: how they prove who they are, what they may do in a workspace, and how they are invited."""

from galcore.people.access import Access, Mode, configure_access, current_access
from galcore.people.permission import enter, may, may_read_server_paths, person_in, require_role
from galcore.people.roles import Invitation, NotAllowedError, Person, Role, Roster

__all__ = [
    "Access",
    "Invitation",
    "Mode",
    "NotAllowedError",
    "Person",
    "Role",
    "Roster",
    "configure_access",
    "current_access",
    "enter",
    "may",
    "may_read_server_paths",
    "person_in",
    "require_role",
]
