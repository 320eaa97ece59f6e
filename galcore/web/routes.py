"""Starlette routes beside Streamlit's own: stamps by signed address, and a health check."""

from __future__ import annotations

import asyncio
import io
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from galcore import __version__
from galcore.types import GalcoreError
from galcore.web.addresses import STAMP_ROUTE, StampRequest, read_stamp_address
from galcore.web.registry import served

HEALTH_ROUTE = "/galcore/health"
_YEAR = "private, max-age=31536000, immutable"
_SHORT = "private, max-age=30"
_CACHE_BYTES = 128 * 1024 * 1024
_RENDER_THREADS = 4


class StampCache:
    """Rendered JPEGs by request, least recently used out first; safe from several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._pictures: OrderedDict[StampRequest, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, request: StampRequest) -> bytes | None:
        """The picture, if it is kept."""
        with self._lock:
            if request in self._pictures:
                self._pictures.move_to_end(request)
            return self._pictures.get(request)

    def put(self, request: StampRequest, picture: bytes) -> None:
        """Keep a picture; the oldest ones make room."""
        with self._lock:
            self._n_bytes += len(picture) - len(self._pictures.pop(request, b""))
            self._pictures[request] = picture
            while self._n_bytes > self._max_bytes:
                _, dropped = self._pictures.popitem(last=False)
                self._n_bytes -= len(dropped)


_cache = StampCache(_CACHE_BYTES)
_renderers = ThreadPoolExecutor(_RENDER_THREADS, thread_name_prefix="stamp")


async def stamp(request: Request) -> Response:
    """A stamp as JPEG: 403 for an address that is not ours, 404 for a galaxy or workspace that is unknown.

    A picture that cannot be read gives a placeholder that names the file (HTTP 200, so that the browser
    shows it; header ``X-Galcore-Broken``), kept for seconds only, so that mending the file mends the page.
    """
    wanted = read_stamp_address(request.path_params["token"])
    if wanted is None:
        return _refuse(403, "this address was not made by this server; reload the page")
    kept = _cache.get(wanted)
    if kept is not None:
        return _jpeg(kept, _YEAR)
    return await asyncio.get_running_loop().run_in_executor(_renderers, _render, wanted)


async def health(_request: Request) -> Response:
    """Says that the server is up, its version, and how many workspaces it serves."""
    body = {"status": "ok", "version": __version__, "workspaces": len(served().folders())}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


def galcore_routes() -> list[BaseRoute]:
    """Routes to hand to ``st.App``."""
    return [
        Route(STAMP_ROUTE + "/{token}", stamp, methods=["GET"]),
        Route(HEALTH_ROUTE, health, methods=["GET"]),
    ]


def _render(wanted: StampRequest) -> Response:
    try:
        workspace = served().get(wanted.workspace)
    except GalcoreError as error:
        return _refuse(404, str(error))
    if wanted.galaxy_id not in served().galaxy_ids(wanted.workspace):
        return _refuse(404, f"no galaxy {wanted.galaxy_id!r} in workspace {wanted.workspace!r}")
    try:
        picture = workspace.images.render(wanted.galaxy_id, size_px=wanted.size_px, stretch=wanted.stretch)
    except (GalcoreError, OSError, ValueError) as error:
        return _jpeg(_placeholder(str(error), wanted.size_px), _SHORT, broken=True)
    if wanted.version != workspace.catalog_hash:
        return _jpeg(picture, "no-store")
    _cache.put(wanted, picture)
    return _jpeg(picture, _YEAR)


def _placeholder(message: str, size_px: int) -> bytes:
    """A dark picture with the message in it, readable from about 96 px on."""
    from PIL import Image, ImageDraw, ImageFont

    side = max(size_px, 96)
    image = Image.new("RGB", (side, side), (24, 29, 43))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(9, side // 20))
    draw.rectangle((2, 2, side - 3, side - 3), outline=(90, 98, 122))
    columns = max(8, int((side - 16) / (font.getlength("m") * 0.72)))
    lines = ["image not readable"]
    lines += [message[start : start + columns] for start in range(0, min(len(message), columns * 9), columns)]
    draw.multiline_text((8, 8), "\n".join(lines), fill=(214, 209, 198), font=font, spacing=3)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _jpeg(picture: bytes, cache_control: str, *, broken: bool = False) -> Response:
    headers = {"Cache-Control": cache_control, "X-Content-Type-Options": "nosniff"}
    if broken:
        headers["X-Galcore-Broken"] = "1"
    return Response(picture, media_type="image/jpeg", headers=headers)


def _refuse(status: int, message: str) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(message, status_code=status, media_type="text/plain", headers=headers)
