"""What the browser is told on the grid: galaxies with addresses of their pictures, the last submissions."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from galcore.labels.records import RecordedGrid
from galcore.types import Campaign, Grid, ShownItem
from galcore.ui.components.common.content import (
    STRETCHES,
    Address,
    guide_content,
    large_pictures,
    why_content,
)
from galcore.web.addresses import stamp_address
from galcore.workspace import Workspace

SKIP = -1  # mark of a galaxy that was seen and not decided; the same in board.js
SIZES = ("1 × 1", "2 × 2", "3 × 3", "3 × 5", "4 × 4", "4 × 6", "5 × 5", "6 × 6", "7 × 7", "8 × 8", "10 × 10")
_HOW = (
    "The model learns from every grid you submit and chooses the next one: galaxies it finds likely, some it "
    "is unsure of, and some drawn blindly. Each picture says in its corner why it is there, with the score."
)


def grid_content(grid: Grid, workspace: Workspace, *, large: bool = True) -> dict[str, Any]:
    """One grid: its galaxies with why they are shown and the addresses of their pictures in every stretch."""
    return {
        "grid_id": grid.grid_id,
        "round": grid.round,
        "items": _items_content(grid.items, workspace.name, workspace.catalog_hash, large),
    }


def submission_content(recorded: RecordedGrid, campaign: Campaign, workspace: Workspace) -> dict[str, Any]:
    """A submitted grid with the answers as they stand and the events behind them, to correct or take back."""
    marks = {
        galaxy_id: campaign.answers.index(answer)
        for galaxy_id, answer in recorded.answers.items()
        if answer in campaign.answers
    }
    marks |= {galaxy_id: SKIP for galaxy_id in recorded.skipped if galaxy_id not in marks}
    # "The rest is no" is shown as no mark, the way it was given.
    implied = 1 if campaign.mode == "binary" else SKIP
    return {
        "grid": grid_content(recorded.grid, workspace, large=False),
        "marks": marks,
        "explicit": {galaxy_id: mark for galaxy_id, mark in marks.items() if mark != implied},
        "events": {**recorded.skipped, **recorded.event_ids},
    }


def grid_guide(campaign: Campaign, workspace: Workspace) -> dict[str, Any]:
    """The guide of the campaign, with how this page works."""
    return guide_content(campaign, workspace, how=_HOW)


@lru_cache(maxsize=256)  # a grid is sent in several runs, and its addresses take longest to make
def _items_content(
    items: tuple[ShownItem, ...], workspace: str, version: str, large: bool
) -> list[dict[str, Any]]:
    address = partial(stamp_address, workspace, version=version)
    size_px = _picture_size_px(len(items))
    return [_item_content(item, address, size_px, large) for item in items]


def _item_content(item: ShownItem, address: Address, size_px: int, large: bool) -> dict[str, Any]:
    return {
        **why_content(item),
        "pictures": {
            name: address(item.galaxy_id, size_px=size_px, stretch=name) for name, _, _ in STRETCHES
        },
        "large": large_pictures(item.galaxy_id, address) if large else {},
    }


def _picture_size_px(n_pictures: int) -> int:
    """Few pictures are shown large."""
    return 512 if n_pictures <= 4 else 320 if n_pictures <= 16 else 224 if n_pictures <= 36 else 128
