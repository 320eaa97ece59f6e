"""The HTML that opens the dashboard: Streamlit's own, with our theme chosen before anything is drawn.

Streamlit follows the system's light or dark unless somebody chose, and remembers a choice per page. People
look at black pictures here: dark is the default, and one choice holds on every page.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

_THEME_SCRIPT = """<script>
try {
  const key = `stActiveTheme-${location.pathname}-v2`;
  const chosen = localStorage.getItem("galcore.theme") || '"Dark"';
  localStorage.setItem(key, chosen);
  const keep = () => localStorage.setItem("galcore.theme", localStorage.getItem(key) || chosen);
  addEventListener("pagehide", keep);
  addEventListener("visibilitychange", keep);
} catch {}
</script>"""


async def front_page(_request: Request) -> Response:
    """Streamlit's index page with the theme script in its head."""
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


def front_page_routes(page_names: list[str]) -> list[BaseRoute]:
    """A route for the root and for each page, so that every deep link opens in the chosen theme."""
    return [Route(path, front_page, methods=["GET"]) for path in ("/", *(f"/{name}" for name in page_names))]


def front_page_scripts() -> tuple[str, ...]:
    """Hashes of the scripts inside the front page, for its Content-Security-Policy."""
    inside = re.findall(r"<script>(.*?)</script>", _html(), re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in inside)
    return tuple(f"sha256-{base64.b64encode(digest).decode()}" for digest in digests)


@functools.cache
def _html() -> str:
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    return index.read_text(encoding="utf-8").replace("<head>", f"<head>{_THEME_SCRIPT}", 1)
