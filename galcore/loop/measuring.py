"""Gold galaxies and re-asks among the galaxies of a grid: they measure the person, who cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.loop.event_log import EventLog
from galcore.types import Campaign, Reason

MOST_OF_A_GRID = 0.5
REST_GRIDS = 2  # what a person answered in the last grids is not asked again yet


@dataclass(frozen=True, slots=True)
class Debt:
    """What rounding owes to a person's next grids, in galaxies."""

    gold: float = 0.0
    again: float = 0.0


def draw_for(
    annotator: str,
    campaign: Campaign,
    debt: Debt,
    *,
    gold: NDArray[np.intp],
    waiting: NDArray[np.intp],
    seen: NDArray[np.intp],
    log: EventLog,
    rng: np.random.Generator,
) -> tuple[list[tuple[int, Reason]], Debt]:
    """What measures a person in their next grid, see :func:`draw_measures`.

    Args:
        annotator: The person.
        campaign: Says how much.
        debt: What the grid before left over.
        gold: Rows of the gold galaxies.
        waiting: Rows in front of the person.
        seen: Rows the person has met.
        log: What the person answered, and was asked again.
        rng: Draws.
    """
    if not campaign.gold_share and not campaign.reask_share:
        return [], debt
    answered = log.answered_by(annotator)
    never_again = np.concatenate([waiting, log.asked_again(annotator), gold])
    return draw_measures(
        max(1, campaign.grid_rows * campaign.grid_columns),
        debt,
        gold_share=campaign.gold_share,
        reask_share=campaign.reask_share,
        gold_rows=np.setdiff1d(gold, np.concatenate([waiting, seen])),
        answered_rows=answered[~np.isin(answered, never_again)],
        rng=rng,
    )


def draw_measures(
    size: int,
    debt: Debt,
    *,
    gold_share: float,
    reask_share: float,
    gold_rows: NDArray[np.intp],
    answered_rows: NDArray[np.intp],
    rng: np.random.Generator,
) -> tuple[list[tuple[int, Reason]], Debt]:
    """Galaxies of a grid that measure its person, and what is owed to the next grid.

    Args:
        size: Galaxies of the grid.
        debt: What the grid before left over.
        gold_share: Wanted share of gold galaxies.
        reask_share: Wanted share of galaxies asked again.
        gold_rows: Gold galaxies this person has not met.
        answered_rows: Galaxies this person answered once, the first answered first; the newest of them rest.
        rng: Draws them.

    Returns:
        Rows with their reason, at most half of the grid; fewer than wanted when there are no more, which is
        not made up for later.
    """
    rested = answered_rows[: max(len(answered_rows) - REST_GRIDS * size, 0)]
    room = int(MOST_OF_A_GRID * size)
    gold, owed_gold = _draw(gold_rows, debt.gold + gold_share * size, room, rng)
    again, owed_again = _draw(rested, debt.again + reask_share * size, room - len(gold), rng)
    drawn = [(row, Reason.GOLD) for row in gold] + [(row, Reason.REASK) for row in again]
    return drawn, Debt(owed_gold, owed_again)


def _draw(rows: NDArray[np.intp], due: float, room: int, rng: np.random.Generator) -> tuple[list[int], float]:
    wanted = int(due + 1e-9)
    count = min(wanted, len(rows), room)
    drawn = rng.choice(rows, count, replace=False).tolist() if count else []
    return drawn, due - wanted
