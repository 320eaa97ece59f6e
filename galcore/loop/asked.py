"""Galaxies of a loop as rows, and which of them its campaign asks about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.loop.composer import audit_order
from galcore.loop.state import rows_by_id
from galcore.types import Campaign, Grid


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Rows of the galaxies, and what the campaign says about them.

    Attributes:
        row_of: Row of each galaxy.
        mask: (N,) whether it is asked about: on the campaign's list, if it has one, and not gold.
        order: Rows asked about in the audit order.
        gold: Rows of the gold galaxies.
        seeds: Rows of the examples.
    """

    row_of: dict[str, int]
    mask: NDArray[np.bool_]
    order: NDArray[np.intp]
    gold: NDArray[np.intp]
    seeds: tuple[int, ...]

    @classmethod
    def of(cls, galaxy_ids: NDArray[np.str_], campaign: Campaign, scope: Sequence[str] | None) -> Asked:
        """Rows of (N,) galaxies; ``scope`` is the campaign's own list, ``None``: all of them."""
        row_of = rows_by_id(galaxy_ids)
        gold = _known(row_of, (item.galaxy_id for item in campaign.gold))
        mask = np.full(len(galaxy_ids), scope is None)
        mask[_known(row_of, scope or ())] = True
        mask[gold] = False
        order = audit_order(galaxy_ids, campaign.seed)
        return cls(row_of, mask, order[mask[order]], gold, tuple(_known(row_of, campaign.seeds).tolist()))

    def rows_of(self, grids: Sequence[Grid]) -> NDArray[np.intp]:
        """Rows of the galaxies of some grids."""
        return _known(self.row_of, (item.galaxy_id for grid in grids for item in grid.items))


def _known(row_of: dict[str, int], galaxy_ids: Iterable[str]) -> NDArray[np.intp]:
    rows = [row_of[galaxy_id] for galaxy_id in galaxy_ids if galaxy_id in row_of]
    return np.array(rows, dtype=np.intp)
