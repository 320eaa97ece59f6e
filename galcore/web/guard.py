"""Who asks a route: the identity cookie, and whether its person may look into the workspace.

Where names are not proven (one machine, a name is enough) a signed address is permission enough; else the
address alone opens nothing, so that one that was copied or leaked is of no use to strangers.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from galcore.people import Role, current_access, may
from galcore.people.tokens import IDENTITY_COOKIE, Identity, read_identity
from galcore.types import GalcoreError
from galcore.web.registry import served

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def identity_of(request: Request) -> Identity | None:
    """Who the request's cookie says somebody is."""
    return read_identity(request.cookies.get(IDENTITY_COOKIE, ""), current_access())


def refuse_stranger(request: Request, workspace: str | None = None) -> Response | None:
    """Why this request gets no picture, or None if it may.

    Args:
        request: The request.
        workspace: Name of the workspace the picture is of; None where it is of no workspace.
    """
    if not current_access().is_proven:
        return None
    identity = identity_of(request)
    if identity is None:
        return Response("sign in first", 401, _HEADERS, "text/plain")
    if workspace is None:
        return None
    try:
        allowed = may(served().get(workspace).folder, identity.name, Role.VIEWER)
    except GalcoreError as error:
        return Response(str(error), 404, _HEADERS, "text/plain")
    return None if allowed else Response("not a workspace of yours", 403, _HEADERS, "text/plain")
