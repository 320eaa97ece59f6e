"""What the browser is told for answering one galaxy at a time: questions, the galaxies ahead, those begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from galcore.loop.messages import LoopStatus
from galcore.questions import questions_of
from galcore.types import Campaign, Grid, ShownItem
from galcore.ui.components.common.content import (
    Address,
    address_maker,
    counts_content,
    guide_content,
    large_pictures,
    why_content,
)
from galcore.ui.components.single_view.begun import begun_galaxies
from galcore.ui.components.single_view.said import said_about
from galcore.workspace import Workspace

MOST_AHEAD = 16
_HOW = (
    "Each answer is stored at once, and the next galaxy is loaded already. Going back takes answers back; "
    "nothing is overwritten, the history keeps both. The corner of the picture says why you see this galaxy."
)


def questions_content(campaign: Campaign) -> list[dict[str, Any]]:
    """The questions with their answers and where those lead; the first one first."""
    return [
        {
            "name": each.name,
            "text": each.text or campaign.name,
            "answers": list(each.answers),
            "leads_to": list(each.leads_to),
        }
        for each in questions_of(campaign)
    ]


def ahead_content(grids: Sequence[Grid], workspace: Workspace, campaign: Campaign, user: str) -> list[Any]:
    """The galaxies of the grids that this person has not said anything about, in order."""
    said = said_about(grids, workspace.labels, campaign.campaign_id, user)
    address = address_maker(workspace)
    ahead = [
        _galaxy_content(item, grid.grid_id, grid.round, address)
        for grid in grids
        for item in grid.items
        if item.galaxy_id not in said.get(grid.grid_id, ())
    ]
    return ahead[:MOST_AHEAD]


def begun_content(workspace: Workspace, campaign: Campaign, user: str) -> list[Any]:
    """The galaxies that this person has begun and not finished, with the answers so far."""
    address = address_maker(workspace)
    return [
        {
            "item": _galaxy_content(begun.item, begun.grid_id, begun.round, address),
            "given": [
                {"question": each.question, "answer": each.answer, "event_id": each.event_id}
                for each in begun.given
            ],
        }
        for begun in begun_galaxies(workspace, campaign, user)
        if begun.item.galaxy_id in workspace.images
    ]


def single_guide(campaign: Campaign, workspace: Workspace) -> dict[str, Any]:
    """The guide of the campaign, with how this page works."""
    return guide_content(campaign, workspace, how=_HOW)


def progress_content(status: LoopStatus) -> dict[str, Any]:
    """The counters over the picture."""
    return {
        **counts_content(status),
        "answered": status.galaxies_answered,
        "galaxies": status.n_galaxies,
    }


def _galaxy_content(item: ShownItem, grid_id: str, round_number: int, address: Address) -> dict[str, Any]:
    return {
        **why_content(item),
        "grid_id": grid_id,
        "round": round_number,
        "large": large_pictures(item.galaxy_id, address),
    }
