"""Starlette routes beside Streamlit's own: stamps by signed address, and a health check."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from galcore import __version__
from galcore.types import GalcoreError
from galcore.web.addresses import STAMP_ROUTE, StampRequest, read_stamp_address, short_version
from galcore.web.facts import catalog_row
from galcore.web.guard import refuse_stranger
from galcore.web.registry import served

if TYPE_CHECKING:
    from galcore.workspace import Workspace

HEALTH_ROUTE = "/galcore/health"
YEAR = "private, max-age=31536000, immutable"
_SHORT = "private, max-age=30"
_CACHE_BYTES = 128 * 1024 * 1024
_RENDER_THREADS = 4
_LEAST_PLACEHOLDER_PX = 128
_PLACE = {"ra": "Ra-Deg", "dec": "Dec-Deg", "north_angle_deg": "North-Deg"}
_SCALE_FROM_PX = 512  # pictures of this size are looked at closely: they come with their scale


@dataclass(frozen=True, slots=True)
class Picture:
    """A rendered stamp, with what is known of its pixels and place when it is large enough to measure on.

    Attributes:
        facts: Response headers without their prefix, such as ``("Width-Px", "64")``.
    """

    jpeg: bytes
    facts: tuple[tuple[str, str], ...] = ()


class StampCache:
    """Rendered JPEGs by request, least recently used out first; safe from several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._n_bytes = 0
        self._pictures: OrderedDict[StampRequest, Picture] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, request: StampRequest) -> Picture | None:
        """The picture, if it is kept."""
        with self._lock:
            if request in self._pictures:
                self._pictures.move_to_end(request)
            return self._pictures.get(request)

    def put(self, request: StampRequest, picture: Picture) -> None:
        """Keep a picture; the oldest ones make room."""
        with self._lock:
            before = self._pictures.pop(request, None)
            self._n_bytes += len(picture.jpeg) - (len(before.jpeg) if before else 0)
            self._pictures[request] = picture
            while self._n_bytes > self._max_bytes:
                _, dropped = self._pictures.popitem(last=False)
                self._n_bytes -= len(dropped.jpeg)


_cache = StampCache(_CACHE_BYTES)
_renderers = ThreadPoolExecutor(_RENDER_THREADS, thread_name_prefix="stamp")


async def stamp(request: Request) -> Response:
    """A stamp as JPEG: 403 for an address that is not ours, 404 for a galaxy or workspace that is unknown.

    Where people prove who they are: 401 without the identity cookie, 403 for who may not look here.

    A picture that cannot be read gives a placeholder that names the file (HTTP 200, so that the browser
    shows it; header ``X-Galcore-Broken``), kept for seconds only, so that mending the file mends the page.
    """
    wanted = read_stamp_address(request.path_params["token"])
    if wanted is None:
        return refuse(403, "this address was not made by this server; reload the page")
    return refuse_stranger(request, wanted.workspace) or await stamp_response(wanted)


async def stamp_response(wanted: StampRequest) -> Response:
    """The picture asked for, from the cache or rendered on a thread of its own."""
    kept = _cache.get(wanted)
    if kept is not None:
        return _jpeg(kept, YEAR)
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
        return refuse(404, str(error))
    if wanted.galaxy_id not in workspace.images:
        return refuse(404, f"no galaxy {wanted.galaxy_id!r} in workspace {wanted.workspace!r}")
    try:
        picture = _render_picture(workspace, wanted)
    except (GalcoreError, OSError, ValueError) as error:
        from galcore.images.placeholder import placeholder

        side = max(_LEAST_PLACEHOLDER_PX, wanted.size_px)
        return _jpeg(Picture(placeholder(str(error), side)), _SHORT, broken=True)
    if wanted.version != short_version(workspace.catalog_hash):
        return _jpeg(picture, "no-store")
    _cache.put(wanted, picture)
    return _jpeg(picture, YEAR)


def _render_picture(workspace: Workspace, wanted: StampRequest) -> Picture:
    jpeg = workspace.images.render(wanted.galaxy_id, size_px=wanted.size_px, stretch=wanted.stretch)
    if wanted.size_px < _SCALE_FROM_PX:
        return Picture(jpeg)
    image = workspace.images.load(wanted.galaxy_id)
    facts = [("Width-Px", str(image.pixels.shape[-1]))]
    if image.pixel_scale_arcsec:
        facts.append(("Pixel-Scale-Arcsec", f"{image.pixel_scale_arcsec:.6g}"))
    row = catalog_row(workspace, wanted.galaxy_id)
    for column, header in _PLACE.items():
        value = None if row is None else row.get(column)
        if isinstance(value, float | int) and math.isfinite(value):
            facts.append((header, f"{value:.6f}"))
    return Picture(jpeg, tuple(facts))


def _jpeg(picture: Picture, cache_control: str, *, broken: bool = False) -> Response:
    headers = {"Cache-Control": cache_control, "X-Content-Type-Options": "nosniff"}
    headers |= {f"X-Galcore-{name}": value for name, value in picture.facts}
    if broken:
        headers["X-Galcore-Broken"] = "1"
    return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


def refuse(status: int, message: str) -> Response:
    """A plain-text answer that is never kept by the browser."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(message, status_code=status, media_type="text/plain", headers=headers)
