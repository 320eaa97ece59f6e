"""The route by which a page that is left gives back what lay in the hands of its person.

The token names the page and is signed; it goes in a header that a form on somebody else's site cannot send.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from galcore.people import current_access
from galcore.web.guard import identity_of, refuse_stranger
from galcore.web.identity_routes import HEADER
from galcore.web.open_pages import CLOSED_S, TURNED_S, open_pages, read_page_token
from galcore.web.registry import served
from galcore.web.routes import refuse

HANDS_ROUTE = "/galcore/hands"


def hands_routes() -> list[BaseRoute]:
    """Routes to hand to ``st.App``."""
    return [Route(HANDS_ROUTE, give_back, methods=["POST"])]


async def give_back(request: Request) -> Response:
    """Let the leases of a page's person end soon, unless they have another page open or return.

    ``?turned``: they are still in the dashboard; else the page was closed, or is being loaded again. 403
    without a token of this server, or with that of somebody else where people prove who they are.
    """
    page = read_page_token(request.headers.get(HEADER, ""))
    if page is None:
        return refuse(403, "this page was not opened here; reload it")
    refusal = refuse_stranger(request, page.workspace)
    if refusal is not None:
        return refusal
    identity = identity_of(request)
    if current_access().is_proven and (identity is None or identity.name != page.annotator):
        return refuse(403, "these galaxies lie in front of somebody else")
    workspace = next((each for each in served().open_now() if each.name == page.workspace), None)
    within_s = TURNED_S if "turned" in request.query_params else CLOSED_S
    if workspace is not None and open_pages().leave(page, within_s=within_s):
        workspace.labels.depart(page.campaign_id, page.annotator, within_s=within_s)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})
