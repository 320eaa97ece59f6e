"""Which galaxies are taken, as arrays of a loop's rows: fed by the leases and votes of the label store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.types import Grid

if TYPE_CHECKING:
    from galcore.labels.store import LabelStore


class Holdings:
    """Votes and leases of one campaign.

    Args:
        store: Decides who is given what.
        campaign_id: The campaign.
        row_of: Row of each galaxy of the loop.
    """

    def __init__(self, store: LabelStore, campaign_id: str, row_of: Mapping[str, int]) -> None:
        self._store = store
        self._campaign_id = campaign_id
        self._row_of = row_of
        self._loads = np.zeros(len(row_of), np.int32)
        self._mark = 0
        self._promises: dict[str, NDArray[np.intp]] = {}

    def loads(self) -> NDArray[np.int32]:
        """(N,) people who have answered a galaxy, hold it or are promised it.

        Reads from the store only what changed since the last call.
        """
        changed, self._mark = self._store.loads(self._campaign_id, self._mark)
        rows = self._rows(changed)
        if len(rows):
            self._loads[rows] = [load for name, load in changed.items() if name in self._row_of]
        loads = self._loads.copy()
        for promised in self._promises.values():
            loads[promised] += 1
        return loads

    def asked_again(self, annotator: str) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Rows that wait for one more person, who may be this one, and the loads that fill them."""
        asked = [
            (self._row_of[name], wanted)
            for name, (wanted, asked_by) in self._store.asked_again(self._campaign_id).items()
            if name in self._row_of and asked_by != annotator
        ]
        rows, wanted = np.array(asked, dtype=np.int64).reshape(-1, 2).T
        return rows.astype(np.intp), wanted.astype(np.int32)

    def promise(self, grid_id: str, rows: Sequence[int]) -> None:
        """Keep these galaxies from others while their grid is on its way to the disk."""
        self._promises[grid_id] = np.array(rows, dtype=np.intp)

    def end_promise(self, grid_id: str) -> None:
        """The grid is stored and leased, or was refused."""
        self._promises.pop(grid_id, None)

    def rows_of(self, annotator: str) -> NDArray[np.intp]:
        """Rows in the hands of a person."""
        return self._rows(self._store.leased(self._campaign_id, annotator))

    def lose(self, annotator: str, galaxy_ids: Sequence[str]) -> frozenset[str]:
        """Lease galaxies to a person again where needed; returns those that they cannot have any more."""
        held = self._store.leased(self._campaign_id, annotator)
        missing = [galaxy_id for galaxy_id in galaxy_ids if galaxy_id not in held]
        if not missing:
            return frozenset()
        return frozenset(missing) - set(self._store.lease(self._campaign_id, annotator, missing))

    def _rows(self, galaxy_ids: Collection[str]) -> NDArray[np.intp]:
        rows = [self._row_of[galaxy_id] for galaxy_id in galaxy_ids if galaxy_id in self._row_of]
        return np.array(rows, dtype=np.intp)


def without(grid: Grid, galaxy_ids: Collection[str]) -> Grid:
    """The grid without some of its galaxies."""
    return replace(grid, items=tuple(item for item in grid.items if item.galaxy_id not in galaxy_ids))
