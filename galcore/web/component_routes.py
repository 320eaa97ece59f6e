"""The route by which browsers load the code of our components: once, and kept for a year.

Streamlit would send it inside every message to a component (docs/adr/0013). The address names the code by its
hash, so that a new version has another one.
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from galcore.web.addresses import from_page
from galcore.web.routes import YEAR, refuse

COMPONENT_ROUTE = "/galcore/components"
_HASH_LETTERS = 16
_modules: dict[str, bytes] = {}


def publish_module(name: str, code: str) -> str:
    """Serve a script, an ES module; its address for a page."""
    content = code.encode()
    file = f"{name}.{hashlib.sha256(content).hexdigest()[:_HASH_LETTERS]}.js"
    _modules[file] = content
    return from_page(f"{COMPONENT_ROUTE}/{file}")


def component_routes() -> list[BaseRoute]:
    """Routes to hand to ``st.App``."""
    return [Route(f"{COMPONENT_ROUTE}/{{file}}", module)]


async def module(request: Request) -> Response:
    """A script that was published; 404 for any other. It is the same for everybody and no secret."""
    content = _modules.get(request.path_params["file"])
    if content is None:
        return refuse(404, "there is no such script here; reload the page")
    return Response(content, headers={"Cache-Control": YEAR}, media_type="text/javascript")
