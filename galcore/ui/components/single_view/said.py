"""What a person has said about the galaxies in front of them: looked up when something new was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from galcore.labels import LabelStore
from galcore.types import Grid

_LOOKED_BACK = (20, 500)  # grids of the person; the older ones only if those on show are not among the last


def said_about(
    grids: Sequence[Grid], labels: LabelStore, campaign_id: str, user: str
) -> Mapping[str, frozenset[str]]:
    """Galaxies of each grid that are answered, wherever, or were skipped in it."""
    grid_ids = frozenset(grid.grid_id for grid in grids)
    return _look_up(labels, campaign_id, user, grid_ids, labels.last_seq(campaign_id))


@lru_cache(maxsize=256)  # a page asks in each run, every few seconds
def _look_up(
    labels: LabelStore, campaign_id: str, user: str, grid_ids: frozenset[str], _last_seq: int
) -> Mapping[str, frozenset[str]]:
    said: dict[str, frozenset[str]] = {}
    for limit in _LOOKED_BACK if grid_ids else ():
        recorded = labels.grids(campaign_id, user, limit=limit)
        said = {
            each.grid.grid_id: frozenset((*each.answers, *each.skipped))
            for each in recorded
            if each.grid.grid_id in grid_ids
        }
        if len(said) == len(grid_ids):
            break
    return said
