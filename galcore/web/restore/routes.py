"""Routes of the Restore room: pictures of originals and results, values under the pointer, files to keep.

Addresses are signed and say everything that decides the picture, so a browser may keep it. Results live in
memory: once others took their place the address answers 404 and the page, run again, makes a fresh one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from galcore.types import GalcoreError
from galcore.web.addresses import from_page, read_token, signed_token
from galcore.web.guard import refuse_stranger
from galcore.web.restore.attempt import Attempt, RestoreSource
from galcore.web.restore.bench import bench
from galcore.web.restore.pictures import (
    ALL_BANDS,
    Panel,
    Scales,
    encode_png,
    render_original,
    render_panel,
    values_at,
)
from galcore.web.routes import YEAR, refuse

RESTORE_ROUTE = "/restorations"
_GONE = "this image is not at hand any more; reload the page"


def source_address(source: RestoreSource, *, stretch: str, band: int = ALL_BANDS) -> str:
    """Address of the picture of an image as it is, pixel by pixel."""
    return from_page(f"{RESTORE_ROUTE}/original/{signed_token(['original', source.key, stretch, band])}")


def panel_address(attempt: Attempt, panel: Panel, *, stretch: str, band: int, scales: Scales) -> str:
    """Address of one panel of a finished attempt."""
    fields = ["panel", attempt.key, panel, stretch, band, scales.residual, scales.sigma]
    return from_page(f"{RESTORE_ROUTE}/panel/{signed_token(fields)}")


def values_address(attempt: Attempt, *, band: int) -> str:
    """Prefix; ``x/y`` behind it gives the values of that pixel as JSON."""
    return from_page(f"{RESTORE_ROUTE}/values/{signed_token(['values', attempt.key, band])}/")


def restore_routes() -> list[BaseRoute]:
    """Routes to hand to ``st.App``."""
    return [
        Route(f"{RESTORE_ROUTE}/original/{{token}}", original, methods=["GET"]),
        Route(f"{RESTORE_ROUTE}/panel/{{token}}", panel, methods=["GET"]),
        Route(f"{RESTORE_ROUTE}/values/{{token}}/{{x:int}}/{{y:int}}", values, methods=["GET"]),
    ]


async def original(request: Request) -> Response:
    """The image as PNG."""

    def answer(key: str, stretch: str, band: int) -> Response:
        source = bench().source(key)
        if source is None:
            return refuse(404, _GONE)
        return _png(render_original(source, stretch=stretch, band=band))

    return await _answer(request, "original", answer)


async def panel(request: Request) -> Response:
    """One panel of a result as PNG."""

    def answer(key: str, name: Panel, stretch: str, band: int, residual: float, sigma: float) -> Response:
        attempt = _finished(key)
        if attempt is None:
            return refuse(404, _GONE)
        scales = Scales(residual, sigma)
        return _png(render_panel(attempt, name, stretch=stretch, band=band, scales=scales))

    return await _answer(request, "panel", answer)


async def values(request: Request) -> Response:
    """Values of one pixel of a result."""
    x, y = request.path_params["x"], request.path_params["y"]

    def answer(key: str, band: int) -> Response:
        attempt = _finished(key)
        if attempt is None:
            return refuse(404, _GONE)
        return JSONResponse(values_at(attempt, x, y, band), headers={"Cache-Control": "private, max-age=60"})

    return await _answer(request, "values", answer)


def _finished(key: str) -> Attempt | None:
    attempt = bench().find(key)
    return attempt if attempt is not None and attempt.result is not None else None


async def _answer(request: Request, purpose: str, answer: Callable[..., Response]) -> Response:
    """Check the token and answer on a thread, so that the server goes on."""
    fields = read_token(request.path_params["token"])
    if not isinstance(fields, list) or not fields or fields[0] != purpose:
        return refuse(403, "this address was not made by this server; reload the page")
    refused = refuse_stranger(request)
    if refused is not None:
        return refused
    try:
        return await asyncio.to_thread(answer, *fields[1:])
    except GalcoreError as error:
        return refuse(404, str(error))


def _png(rgb: np.ndarray) -> Response:
    headers = {"Cache-Control": YEAR, "X-Content-Type-Options": "nosniff"}
    return Response(encode_png(rgb), media_type="image/png", headers=headers)
