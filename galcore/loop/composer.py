"""Which galaxies are shown next, and why: pure functions on arrays, no store and no clock.

A grid mixes three streams. *top* finds what is wanted, *margin* asks where the model is unsure, *random* is
an audit: it walks down one fixed random order of the whole set (:func:`audit_order`), so that everything
above the point it has reached is a uniform sample, whichever stream its labels came from.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from galcore.loop.choice import Candidates, Choice, Pick
from galcore.loop.ranking import Ranking
from galcore.types import Reason, Shares


def audit_order(galaxy_ids: NDArray[np.str_], seed: int) -> NDArray[np.intp]:
    """Rows in a random order that depends on the ids and the seed alone.

    It is the order of a keyed hash of each id, so a galaxy that is added later takes its place between the
    others without moving them.

    Args:
        galaxy_ids: (N,) identifiers.
        seed: Of the campaign.
    """
    from pandas.util import hash_array

    keys = hash_array(np.asarray(galaxy_ids, dtype=object), hash_key=f"{seed & (2**64 - 1):016x}")
    return np.argsort(keys, kind="stable").astype(np.intp)


def stream_counts(
    shares: Shares, size: int, carried: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> tuple[tuple[int, int, int], tuple[float, float, float]]:
    """Galaxies of each stream in a grid; what rounding cost is carried over to the next grid.

    >>> stream_counts(Shares(0.6, 0.2, 0.2), 9)[0]
    (5, 2, 2)

    Returns:
        Counts of top, margin and random that sum to ``size``, and what is owed to each.
    """
    wanted = np.maximum([shares.top, shares.margin, shares.random], 0.0)
    total = wanted.sum()
    wanted = wanted / total if total > 0 else np.array([0.0, 0.0, 1.0])
    due = wanted * size + np.asarray(carried)
    counts = np.maximum(np.floor(due + 1e-9), 0).astype(int)
    while counts.sum() < size:
        counts[int(np.argmax(due - counts))] += 1
    while counts.sum() > size:
        counts[int(np.argmin(np.where(counts > 0, due - counts, np.inf)))] -= 1
    top, margin, random = (int(count) for count in counts)
    owed = np.round(due - counts, 9)
    return (top, margin, random), (float(owed[0]), float(owed[1]), float(owed[2]))


def compose(
    candidates: Candidates,
    ranking: Ranking,
    counts: tuple[int, int, int],
    *,
    labels_per_answer: NDArray[np.integer],
    rng: np.random.Generator,
) -> tuple[Pick, ...]:
    """A grid chosen by the model.

    Args:
        candidates: What may be shown.
        ranking: By the current model.
        counts: Galaxies wanted by top, by margin and by random.
        labels_per_answer: (C,) galaxies that have each answer that is looked for, so far.
        rng: Shuffles the order on the page, so that the place says nothing.

    Returns:
        At most ``sum(counts)`` picks, none twice; fewer when fewer are left.
    """
    choice = Choice(candidates, ranking.scores)
    size = min(sum(counts), int(choice.free.sum()))
    # the audit draws first: were it to draw last, it would see only what the model did not want
    choice.fill_audit(min(counts[2], size))
    for stream, count in ((Reason.MARGIN, counts[1]), (Reason.TOP, counts[0])):
        room = min(count, size - len(choice.picks))
        if stream is Reason.MARGIN:
            choice.fill(ranking.take_unsure, room, stream)
        else:
            _take_top(choice, ranking, labels_per_answer, room)
    return choice.shuffled(rng)


def _take_top(choice: Choice, ranking: Ranking, labels_per_answer: NDArray[np.integer], count: int) -> None:
    """One answer that is looked for: the likeliest. Several: the likeliest of those with fewest labels."""
    wanted = ranking.wanted
    if wanted.shape[1] == 1:
        choice.fill(partial(ranking.take_likely, 0), count, Reason.TOP)
        return
    tally = np.asarray(labels_per_answer, dtype=float).copy()
    tally[wanted.max(axis=0) <= 0] = np.inf  # an answer nobody gave yet cannot be ranked
    for _ in range(count):
        answer = int(np.argmin(tally))
        if not choice.fill(partial(ranking.take_likely, answer), 1, Reason.TOP):
            return
        tally[answer] += 1
