"""Routes that set and take away the identity cookie.

Streamlit scripts cannot set cookies. A page hands the browser a ticket that holds for two minutes; the
browser posts it here and gets a cookie that scripts cannot read. Both routes ask for a header that a form
on somebody else's site cannot send.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from galcore.people import current_access
from galcore.people.tokens import COOKIE_S, IDENTITY_COOKIE, PLAIN_COOKIE, identity_token, read_ticket

ENTER_ROUTE = "/galcore/enter"
LEAVE_ROUTE = "/galcore/leave"
HEADER = "x-galcore"
_HEADERS = {"Cache-Control": "no-store"}


def identity_routes() -> list[BaseRoute]:
    """Routes to hand to ``st.App``."""
    return [
        Route(ENTER_ROUTE, enter, methods=["POST"]),
        Route(LEAVE_ROUTE, leave, methods=["POST"]),
    ]


async def enter(request: Request) -> Response:
    """Turn the ticket in the header into the cookie; 403 if it is none of ours or too old."""
    access = current_access()
    identity = read_ticket(request.headers.get(HEADER, ""), access)
    if identity is None:
        return Response("this ticket is over; sign in again", 403, _HEADERS, "text/plain")
    response = Response(status_code=204, headers=_HEADERS)
    response.set_cookie(
        IDENTITY_COOKIE,
        identity_token(identity, access),
        max_age=COOKIE_S,
        httponly=True,
        samesite="lax",
        secure=is_https(request),
    )
    response.delete_cookie(PLAIN_COOKIE)
    return response


async def leave(request: Request) -> Response:
    """Forget who is at this browser."""
    if HEADER not in request.headers:
        return Response("sign out from the page", 403, _HEADERS, "text/plain")
    response = Response(status_code=204, headers=_HEADERS)
    response.delete_cookie(IDENTITY_COOKIE)
    response.delete_cookie(PLAIN_COOKIE)
    return response


def is_https(request: Request) -> bool:
    """Whether the browser came by https, to here or to the first of the proxies before us."""
    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip()
    return "https" in (request.url.scheme, forwarded)
