"""What the model says of every galaxy, sorted once a model and not once a grid."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_RANKED = 4_096  # rows that are sorted before all are
_UNSURE = -1  # stands for the ranking by doubt, beside the columns
_LOOKED_AT = 4_096  # rows of a ranking that are looked at in one step


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """What the model says of every galaxy, as the streams need it.

    Attributes:
        scores: (N,) stored with a galaxy that is shown.
        wanted: (N, C) one column an answer that is looked for; *top* takes the highest, of several columns
            those of the answers with fewest labels.
        unsure: (N,) *margin* takes the highest.
        labels: (C,) galaxies that have each of these answers; ``None``: to be counted by the caller.

    Rows are sorted once a model, not once a grid.
    """

    scores: NDArray[np.floating]
    wanted: NDArray[np.floating]
    unsure: NDArray[np.floating]
    labels: NDArray[np.integer] | None = None
    _first: dict[int, NDArray[np.intp]] = field(default_factory=dict, repr=False)
    _all: dict[int, NDArray[np.intp]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, probabilities: NDArray[np.floating]) -> Ranking:
        """Of one question with (N, K) probabilities: of two answers the first is looked for, of more all."""
        unsure = margin_preference(probabilities)
        if probabilities.shape[1] == 2:
            return cls(probabilities[:, 0], probabilities[:, :1], unsure)
        return cls(probabilities.max(axis=1), probabilities, unsure)

    def where_asked(self, reach: NDArray[np.floating]) -> Ranking:
        """The same of a question that a galaxy meets with probability ``reach``, (N,)."""
        unsure = reach * (1 + self.unsure)  # how far from sure, 0 to 1, as often as it is asked
        return Ranking(reach * self.scores, reach[:, None] * self.wanted, unsure, self.labels)

    def prepare(self) -> None:
        """Sort what every grid asks for, so that the first grid of a new model need not."""
        for column in (_UNSURE, *range(self.wanted.shape[1])):
            self._best(column)

    def take_likely(self, column: int, allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        """The ``count`` allowed rows that are likeliest to be what a column looks for; fewer if there are."""
        return self._take(column, allowed, count)

    def take_unsure(self, allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        """The ``count`` allowed rows of which the model is least sure."""
        return self._take(_UNSURE, allowed, count)

    def _take(self, column: int, allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        best = self._best(column)
        rows = first_allowed(best, allowed, count)
        if len(rows) == count or len(best) == len(allowed):
            return rows
        if column not in self._all:
            self._all[column] = best_first(self._preference(column), len(allowed))
        return first_allowed(self._all[column], allowed, count)

    def _best(self, column: int) -> NDArray[np.intp]:
        if column not in self._first:
            self._first[column] = best_first(self._preference(column), _RANKED)
        return self._first[column]

    def _preference(self, column: int) -> NDArray[np.floating]:
        return self.unsure if column == _UNSURE else self.wanted[:, column]


def first_allowed(order: NDArray[np.intp], allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
    """The first ``count`` rows of an order that are allowed, without looking at the rest of it."""
    found: list[NDArray[np.intp]] = []
    missing = count
    for start in range(0, len(order), _LOOKED_AT):
        if missing <= 0:
            break
        rows = order[start : start + _LOOKED_AT]
        found.append(rows[allowed[rows]][:missing])
        missing -= len(found[-1])
    return np.concatenate(found) if found else order[:0]


def best_first(preference: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    """The ``count`` rows with the highest preference, the highest first."""
    if count >= len(preference):
        return np.argsort(-preference, kind="stable")
    best = np.argpartition(-preference, count - 1)[:count]
    return best[np.argsort(-preference[best], kind="stable")]


def margin_preference(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    """How unsure the model is, (N,): minus the difference of the two most likely answers."""
    if probabilities.shape[1] == 2:
        return -np.abs(probabilities[:, 0] - probabilities[:, 1])
    best = np.partition(probabilities, -2, axis=1)[:, -2:]
    return best[:, 0] - best[:, 1]
