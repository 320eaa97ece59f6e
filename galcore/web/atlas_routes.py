"""Routes of the map: its geometry, thumbnails by row number, and what the hover card says.

The browser knows galaxies of the map by their row. One signed token opens all rows of one layout of one
workspace, so that the page need not send an address a galaxy; a new layout has a new id and other addresses,
which is why geometry and pictures may be kept for a year.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from galcore.types import GalcoreError
from galcore.web.addresses import StampRequest, from_page, read_token, short_version, signed_token
from galcore.web.facts import campaign_facts, catalog_row, value_text
from galcore.web.guard import refuse_stranger
from galcore.web.registry import served
from galcore.web.routes import YEAR, refuse, stamp_response
from galcore.workspace import Workspace

if TYPE_CHECKING:
    from galcore.atlas.layout import Atlas

ATLAS_ROUTE = "/atlas"
_WRONG_ADDRESS = "this address was not made by this server; reload the page"


@dataclass(frozen=True, slots=True)
class AtlasAddresses:
    """Where the browser finds a map.

    Attributes:
        geometry: Binary: float32 little-endian, all x, then all y.
        stamps: Prefix; a row number behind it gives the picture.
        cards: Prefix; a row number behind it gives the hover card as JSON.
    """

    geometry: str
    stamps: str
    cards: str


def atlas_addresses(
    workspace: Workspace, atlas: Atlas, *, model: str, campaign_id: str = "", columns: tuple[str, ...] = ()
) -> AtlasAddresses:
    """Signed addresses of one layout.

    Args:
        workspace: The workspace.
        atlas: Its map, as shown.
        model: Whose map it is.
        campaign_id: Whose labels and scores the cards tell; empty: none.
        columns: Catalogue columns on the cards.
    """
    where = [workspace.name, model, atlas.layout_id]
    picture = [*where, short_version(workspace.catalog_hash)]
    cards = [*where, campaign_id, list(columns)]
    return AtlasAddresses(
        geometry=from_page(f"{ATLAS_ROUTE}/geometry/{signed_token(['geometry', where])}"),
        stamps=from_page(f"{ATLAS_ROUTE}/stamps/{signed_token(['stamps', picture])}/"),
        cards=from_page(f"{ATLAS_ROUTE}/cards/{signed_token(['cards', cards])}/"),
    )


def atlas_routes() -> list[BaseRoute]:
    """Routes to hand to ``st.App``."""
    return [
        Route(f"{ATLAS_ROUTE}/geometry/{{token}}", geometry, methods=["GET"]),
        Route(f"{ATLAS_ROUTE}/stamps/{{token}}/{{size:int}}/{{row:int}}", row_stamp, methods=["GET"]),
        Route(f"{ATLAS_ROUTE}/cards/{{token}}/{{row:int}}", card, methods=["GET"]),
    ]


async def geometry(request: Request) -> Response:
    """Positions of all galaxies of a layout; 404 once the map has been laid out anew."""

    def answer(_workspace: Workspace, atlas: Atlas, _rest: list) -> Response:
        body = np.ascontiguousarray(atlas.xy.T, dtype="<f4").tobytes()
        return Response(body, media_type="application/octet-stream", headers={"Cache-Control": YEAR})

    return await _with_atlas(request, "geometry", answer)


SIZES_PX = (64, 96, 192)
"""Sides of pictures that may be asked for by row: each is rendered and kept apart."""


async def row_stamp(request: Request) -> Response:
    """Picture of the galaxy in one row of a layout."""
    row, size_px = request.path_params["row"], request.path_params["size"]
    fields = _fields(request, "stamps")
    if fields is None:
        return refuse(403, _WRONG_ADDRESS)
    refused = refuse_stranger(request, fields[0])
    if refused is not None:
        return refused
    found = _find(fields)
    if isinstance(found, Response):
        return found
    workspace, atlas = found
    if row >= len(atlas.galaxy_ids) or size_px not in SIZES_PX:
        return refuse(404, f"the map has no galaxy {row}, or no pictures of {size_px} px")
    return await stamp_response(
        StampRequest(workspace.name, atlas.galaxy_ids[row], size_px, "survey", fields[3])
    )


async def card(request: Request) -> Response:
    """Id, score, label and catalogue values of one row, for the hover card."""
    row = request.path_params["row"]

    def answer(workspace: Workspace, atlas: Atlas, rest: list) -> Response:
        if row >= len(atlas.galaxy_ids):
            return refuse(404, f"the map has no galaxy {row}")
        campaign_id, columns = rest
        body = _card(workspace, atlas.galaxy_ids[row], campaign_id, columns)
        return JSONResponse(body, headers={"Cache-Control": "private, max-age=5"})

    return await _with_atlas(request, "cards", answer)


async def _with_atlas(
    request: Request, purpose: str, answer: Callable[[Workspace, Atlas, list], Response]
) -> Response:
    """Check the token, find the map, and answer on a thread so that the server goes on."""
    fields = _fields(request, purpose)
    if fields is None:
        return refuse(403, _WRONG_ADDRESS)
    refused = refuse_stranger(request, fields[0])
    if refused is not None:
        return refused

    def run() -> Response:
        found = _find(fields)
        return found if isinstance(found, Response) else answer(*found, fields[3:])

    return await asyncio.to_thread(run)


def _fields(request: Request, purpose: str) -> list | None:
    """What the request's token holds, if this server made it for this purpose."""
    token = read_token(request.path_params["token"])
    return token[1] if token is not None and len(token) == 2 and token[0] == purpose else None


def _find(fields: list) -> tuple[Workspace, Atlas] | Response:
    """Workspace and map that a token names, or why not."""
    name, model, layout_id = fields[:3]
    try:
        workspace = served().get(name)
        atlas = workspace.atlas(model)
    except GalcoreError as error:
        return refuse(404, str(error))
    if atlas.layout_id != layout_id:
        return refuse(404, "the map has been laid out anew; reload the page")
    return workspace, atlas


def _card(workspace: Workspace, galaxy_id: str, campaign_id: str, columns: list[str]) -> dict[str, object]:
    body: dict[str, object] = {"id": galaxy_id, "values": _values(workspace, galaxy_id, columns)}
    if campaign_id:
        facts = campaign_facts(workspace, campaign_id)
        body["label"] = facts.labels.get(galaxy_id, "")
        body["score"] = facts.scores.get(galaxy_id)
        body["answer"] = facts.likeliest.get(galaxy_id, facts.campaign.answers[0])
    return body


def _values(workspace: Workspace, galaxy_id: str, columns: list[str]) -> list[tuple[str, str]]:
    row = catalog_row(workspace, galaxy_id)
    if row is None:
        return []
    return [(name, value_text(row[name])) for name in columns if name in row.index]
