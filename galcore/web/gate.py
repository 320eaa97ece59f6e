"""The gate before every route, Streamlit's own too: what is refused whoever asks, what each answer carries.

Routes check who asks for what (:mod:`galcore.web.guard`); this looks at where a request comes from. A page on
another site must not drive the dashboard in somebody's browser, a name that was made to point at this machine
must not reach a server meant for its own people, and what was uploaded or is ready for download is for those
who have signed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from galcore.people import current_access
from galcore.settings import Settings
from galcore.web.guard import refuse_stranger
from galcore.web.provider_routes import LOGOUT_ROUTE

FILE_ROUTES = ("/media/", "/_stcore/upload_file/")  # Streamlit's: downloads made, files uploaded
METRICS_ROUTES = ("/galcore/metrics", "/_stcore/metrics")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
_POLICY_VIOLATION = 1008
_HOST = re.compile(r"[\w.\-\[\]:]+")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # links carry invitations; where they lead need not know
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Gate:
    """Middleware around the whole server.

    Args:
        app: What lies behind.
        scripts: Hashes of the scripts inside the front page (``sha256-…``): no other inline script runs.
        listens_on: Tells the address that the server listens on; empty: on all.
    """

    def __init__(
        self, app: ASGIApp, *, scripts: Sequence[str] = (), listens_on: Callable[[], str | None] = str
    ) -> None:
        self._app = app
        self._scripts = tuple(scripts)
        self._listens_on = listens_on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let through and complete the headers."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        refused = _refuse(asked, alone=_is_local(self._listens_on() or ""))
        if refused is not None and scope["type"] == "websocket":
            await WebSocketClose(_POLICY_VIOLATION)(scope, receive, send)
            return

        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(asked, MutableHeaders(scope=message))
            await send(message)

        await (refused or self._app)(scope, receive, send_complete)

    def _complete(self, asked: HTTPConnection, headers: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if headers.get("content-type", "").startswith("text/html"):
            host = asked.headers.get("host", "")
            policy = page_policy(host, self._scripts, frames=Settings.from_environment().frames)
            headers.setdefault("Content-Security-Policy", policy)
        if asked.url.path.startswith(FILE_ROUTES):
            headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def page_policy(host: str, scripts: Sequence[str] = (), *, frames: str = "") -> str:
    """What a page may load and who may show it in a frame, as a Content-Security-Policy.

    Args:
        host: The server as the browser names it; older browsers do not take ``'self'`` for websockets.
        scripts: Hashes of scripts inside the page.
        frames: Further sites that may show the dashboard in a frame, with spaces between.

    >>> "script-src 'self' blob:" in page_policy("sky.example.org")
    True
    """
    allowed = " ".join(f"'{each}'" for each in scripts)
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: {allowed}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            f"connect-src 'self' data: blob:{sockets}",
            "worker-src 'self' blob:",
            "frame-src 'self' blob: data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors 'self' {frames}".rstrip(),
        )
    )


def _refuse(asked: HTTPConnection, *, alone: bool) -> Response | None:
    """Why this request goes no further, or None; ``alone``: the server listens to its own machine only."""
    path = asked.url.path
    # Whoever made it listen to others knows of them; else a name of another site points here by a trick.
    if alone and not current_access().hosted and not _is_local(asked.url.hostname or ""):
        return _no(
            403,
            "This server is meant for the people of its own machine. Whoever lets others in sets "
            "GALCORE_HOSTED=1 or a passphrase first: docs/hosting.md",
        )
    if _is_foreign(asked):
        return _no(403, "asked for by a page of another site")
    if path in METRICS_ROUTES and not _is_near(asked):
        return _no(404, "Not Found")
    if path.startswith(FILE_ROUTES) and asked.scope["type"] == "http":
        return refuse_stranger(Request(asked.scope))
    return None


def _is_foreign(asked: HTTPConnection) -> bool:
    """Whether a page of another site asks for more than to be followed to here (browsers say so)."""
    if asked.scope["type"] == "websocket" and _is_of_a_neighbour(asked):
        return True
    if asked.headers.get("sec-fetch-site") != "cross-site":
        return False
    followed = asked.headers.get("sec-fetch-mode") == "navigate" and asked.scope.get("method") == "GET"
    return not followed or asked.url.path == LOGOUT_ROUTE


def _is_of_a_neighbour(asked: HTTPConnection) -> bool:
    """Whether a page of another server on the browser's machine asks; Streamlit takes those for its own."""
    origin = urlsplit(asked.headers.get("origin", ""))
    return _is_local(origin.hostname or "") and origin.netloc != asked.headers.get("host", "")


def _is_local(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_near(asked: HTTPConnection) -> bool:
    """Whether this was asked directly from this machine or its private network, not through a proxy."""
    if asked.client is None or any(name in asked.headers for name in _FORWARDED):
        return False
    try:
        address = ip_address(asked.client.host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def _no(status: int, message: str) -> Response:
    return Response(message, status, {"Cache-Control": "no-store"}, "text/plain")
