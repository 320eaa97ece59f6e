"""What Streamlit's routes to the provider leave undone: leading back to the link, ending our cookie too.

Streamlit sends everybody to the front page after signing in; the code in a link (``?join=…``) would be lost.
The page on which somebody signs in is what their browser names as the referrer; it is kept in a signed cookie
for as long as signing in takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from galcore.people.tokens import IDENTITY_COOKIE
from galcore.signatures import read_token, signed_token
from galcore.web.identity_routes import is_https

LOGIN_ROUTE, LOGOUT_ROUTE, CALLBACK_ROUTE = "/auth/login", "/auth/logout", "/oauth2callback"
WAY_COOKIE = "galcore_way"
WAY_S = 15 * 60
_LONGEST = 2000
_PURPOSE = "way"


class ProviderRoutes:
    """Middleware around the routes by which Streamlit signs people in and out.

    Args:
        app: What lies behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the way when somebody leaves for the provider; follow it when they are back."""
        complete = _COMPLETIONS.get(scope["path"]) if scope["type"] == "http" else None
        if complete is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope)

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start" and 300 <= message["status"] < 400:
                complete(request, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_on)


def way_in(referrer: str, host: str) -> str:
    """Path and query of a page of ours; empty for any other.

    >>> way_in("https://sky.example.org/grid?join=x", "sky.example.org")
    '/grid?join=x'
    >>> way_in("https://evil.example/?join=x", "sky.example.org")
    ''
    """
    parts = urlsplit(referrer)
    way = parts.path + (f"?{parts.query}" if parts.query else "")
    return way if parts.netloc == host and _leads_here(way) else ""


def _keep(request: Request, headers: MutableHeaders) -> None:
    way = way_in(request.headers.get("referer", ""), request.headers.get("host", ""))
    if not way:
        return
    token = signed_token([_PURPOSE, way, int(time.time() + WAY_S)])
    cookie = Response()
    cookie.set_cookie(
        WAY_COOKIE, token, max_age=WAY_S, path="/", httponly=True, samesite="lax",
        secure=is_https(request),
    )  # fmt: skip
    headers.append("set-cookie", cookie.headers["set-cookie"])


def _follow(request: Request, headers: MutableHeaders) -> None:
    fields = read_token(request.cookies.get(WAY_COOKIE, ""))
    if not isinstance(fields, list) or len(fields) != 3 or fields[0] != _PURPOSE:
        return
    _forget(headers, WAY_COOKIE, path="/")
    if fields[2] > time.time() and _leads_here(fields[1]):
        headers["location"] = fields[1]


def _leave(_request: Request, headers: MutableHeaders) -> None:
    """Pictures close together with the account."""
    _forget(headers, IDENTITY_COOKIE, path="/")


def _forget(headers: MutableHeaders, cookie: str, *, path: str) -> None:
    gone = Response()
    gone.delete_cookie(cookie, path=path)
    headers.append("set-cookie", gone.headers["set-cookie"])


_COMPLETIONS: dict[str, Callable[[Request, MutableHeaders], None]] = {
    LOGIN_ROUTE: _keep,
    CALLBACK_ROUTE: _follow,
    LOGOUT_ROUTE: _leave,
}


def _leads_here(way: str) -> bool:
    """Whether an address is one of this server whoever reads it; ``//`` and ``\\`` lead elsewhere."""
    return way.startswith("/") and way[1:2] not in ("/", "\\") and len(way) <= _LONGEST and way.isprintable()
