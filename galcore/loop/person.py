"""What lies in front of one person, and the grid that comes next: told from the store, and chosen."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.loop.campaign_model import CampaignModel
from galcore.loop.choice import Pick
from galcore.loop.measuring import Debt
from galcore.loop.messages import Submission
from galcore.types import GalcoreError, Grid, Reason, ShownItem

if TYPE_CHECKING:
    from galcore.labels.store import LabelStore

MOST_OUTSTANDING = 500


@dataclass(slots=True)
class Person:
    """What one annotator has in front of them, and what rounding owes to their next grids."""

    outstanding: list[Grid] = field(default_factory=list)
    round: int = 0
    carried: tuple[float, float, float] = (0.0, 0.0, 0.0)
    debt: Debt = field(default_factory=Debt)


def read_person(store: LabelStore, campaign_id: str, annotator: str) -> Person:
    """What lies in front of a person according to the store; what was queued comes first."""
    waiting = store.grids(campaign_id, annotator, submitted=False, limit=MOST_OUTSTANDING)
    newest = store.grids(campaign_id, annotator, limit=1)
    grids = [recorded.grid for recorded in reversed(waiting)]
    grids.sort(key=lambda grid: all(item.reason != Reason.QUEUED for item in grid.items))
    return Person(outstanding=grids, round=newest[0].grid.round if newest else 0)


def find_grid(person: Person, submission: Submission, store: LabelStore, campaign_id: str) -> Grid | None:
    """The grid that a submission answers, as it was shown; ``None`` if there was none."""
    for grid in tuple(person.outstanding):
        shown = {item.galaxy_id for item in grid.items}
        # A grid that lost galaxies to others may still be on screen as it was.
        if grid.grid_id == submission.grid_id and all(
            answer.galaxy_id in shown for answer in submission.answers
        ):
            return grid
    recorded = store.grids(campaign_id, submission.annotator, limit=MOST_OUTSTANDING)
    return next((entry.grid for entry in recorded if entry.grid.grid_id == submission.grid_id), None)


def pick_row(model: CampaignModel, row: int, reason: Reason) -> Pick:
    """A galaxy that no stream chose, with the score the model gives it."""
    ranking = model.ranking
    return Pick(row, reason) if ranking is None else Pick(row, reason, float(ranking.scores[row]))


def make_grid(
    campaign_id: str,
    annotator: str,
    round_number: int,
    picks: Sequence[Pick],
    galaxy_ids: NDArray[np.str_],
    model: CampaignModel,
) -> Grid:
    """A grid of these galaxies, with an id of its own; not stored yet."""
    items = tuple(ShownItem(str(galaxy_ids[pick.row]), pick.reason, pick.score) for pick in picks)
    return Grid(str(uuid.uuid4()), campaign_id, annotator, round_number, items, model.version)


def require_name(annotator: str) -> None:
    """Nobody annotates without a name.

    Raises:
        GalcoreError: If it is empty.
    """
    if not annotator.strip():
        raise GalcoreError("An annotator needs a name: type one before labelling.")
