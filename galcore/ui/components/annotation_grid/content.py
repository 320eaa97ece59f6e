"""What the browser is told: grids with addresses of their pictures, how it goes, the last submissions."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from galcore.labels.records import RecordedGrid
from galcore.loop.messages import LoopStatus
from galcore.types import Campaign, Grid, Reason, ShownItem
from galcore.web.addresses import stamp_address
from galcore.workspace import Workspace

Address = Callable[..., str]  # of a stamp, given its galaxy, size and stretch
SKIP = -1  # mark of a galaxy that was seen and not decided; the same in board.js
SIZES = ("1 × 1", "2 × 2", "3 × 3", "3 × 5", "4 × 4", "4 × 6", "5 × 5", "6 × 6", "7 × 7", "8 × 8", "10 × 10")
STRETCHES = (
    ("survey", "survey", "one stretch for all: brightness compares across pictures"),
    ("image", "per image", "each picture for itself, up to its 99.8th percentile"),
    ("zscale", "zscale", "linear between the IRAF limits"),
    ("faint", "faint", "for low surface brightness: the noise is visible"),
)
_WHY = {
    Reason.TOP: ("likely", "the model finds this one likely"),
    Reason.MARGIN: ("unsure", "the model is unsure of this one; your answer teaches it most"),
    Reason.RANDOM: ("random", "drawn blindly: only these measure how good the model is"),
    Reason.CLUSTER: ("variety", "a typical one of its kind, so that the start covers all kinds"),
    Reason.SIMILAR: ("similar", "similar to an example of this campaign"),
    Reason.QUEUED: ("queued", "somebody selected it and asked for it to be labelled"),
    Reason.ANOMALY: ("unusual", "unlike the others"),
    Reason.GOLD: ("random", "drawn blindly: only these measure how good the model is"),
    Reason.REASK: ("random", "drawn blindly: only these measure how good the model is"),
    Reason.ADJUDICATION: ("disputed", "people disagree about this one"),
}
_LARGE_PX = 768
_MOST_SEEDS = 12
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


def campaign_content(campaign: Campaign) -> dict[str, Any]:
    """The question and its answers."""
    return {
        "id": campaign.campaign_id,
        "question": campaign.question or campaign.name,
        "answers": list(campaign.answers),
        "mode": campaign.mode,
        "state": campaign.state,
    }


def guide_content(campaign: Campaign, workspace: Workspace) -> dict[str, Any]:
    """The guide: what the maker of the campaign wrote, and the example galaxies."""
    address = address_maker(workspace)
    named: dict[str, list[str]] = {}
    for example in campaign.examples:
        named.setdefault(example.caption or "examples", []).append(example.galaxy_id)
    named.setdefault(f"examples of {campaign.answers[0]}", []).extend(campaign.seeds[:_MOST_SEEDS])
    pictures = {
        name: [address(each, size_px=192) for each in galaxy_ids if each in workspace.images]
        for name, galaxy_ids in named.items()
    }
    examples = [{"name": name, "pictures": shown} for name, shown in pictures.items() if shown]
    return {"text": campaign.guidance, "examples": examples, "how": _HOW}


def counts_content(status: LoopStatus) -> dict[str, Any]:
    """The counters over the grid."""
    return {
        "round": status.round,
        "mine": status.labels_mine,
        "all": status.labels_all,
        "here": list(status.present),
    }


def why_content(item: ShownItem) -> dict[str, Any]:
    """A galaxy and why it is shown, in words."""
    word, explanation = _WHY[item.reason]
    score = None if item.score is None else round(float(item.score), 3)
    if score is not None:
        explanation += f" (score {score:.2f})"
    return {"id": item.galaxy_id, "why": word, "explanation": explanation, "score": score}


def large_pictures(galaxy_id: str, address: Address) -> dict[str, str]:
    """Address of a large picture in every stretch; its headers say what it measures and where it is."""
    return {name: address(galaxy_id, size_px=_LARGE_PX, stretch=name) for name, _, _ in STRETCHES}


def stretches_content() -> list[dict[str, str]]:
    """The stretches to choose from, the first one first."""
    return [{"name": name, "word": word, "help": text} for name, word, text in STRETCHES]


def address_maker(workspace: Workspace) -> Address:
    """Makes addresses of the stamps of a workspace."""
    return partial(stamp_address, workspace.name, version=workspace.catalog_hash)


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
