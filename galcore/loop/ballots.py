"""Votes on each question of a campaign, counted: what its models learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from galcore.loop.event_log import Events
from galcore.loop.target import Target


@dataclass(frozen=True, slots=True, eq=False)
class Ballots:
    """Votes on one question: one entry for every galaxy and answer that has a vote, M in all.

    Attributes:
        rows: (M,) row of the galaxy, ascending.
        answers: (M,) place of the answer, ascending for each galaxy.
        explicit: (M,) votes that were clicked.
        implied: (M,) votes implied by submitting the rest of a grid.
        worth: (M,) what one of these votes is worth, on average over the people who gave them.
    """

    rows: NDArray[np.intp]
    answers: NDArray[np.intp]
    explicit: NDArray[np.intp]
    implied: NDArray[np.intp]
    worth: NDArray[np.float64]

    @classmethod
    def from_counts(
        cls,
        explicit: NDArray[np.integer],
        implied: NDArray[np.integer],
        weights: NDArray[np.floating] | None = None,
    ) -> Ballots:
        """From (N, K) votes per galaxy and answer, and what they are worth; ``None``: 1."""
        rows, answers = np.nonzero(explicit + implied)
        clicked, rest = (each[rows, answers].astype(np.intp) for each in (explicit, implied))
        worth = np.ones(len(rows)) if weights is None else weights[rows, answers].astype(float)
        return cls(rows, answers, clicked, rest, worth)

    def settled(self, rows: NDArray[np.intp], answers: NDArray[np.intp]) -> Ballots:
        """Galaxies that were decided about with the decision in place of their votes.

        It is worth as much as if everybody who voted had clicked it, and whoever decided at least.

        Args:
            rows: (D,) decided galaxies, each once.
            answers: (D,) their answers.
        """
        if not len(rows):
            return self
        last = max(int(self.rows.max(initial=0)), int(rows.max()))
        n_votes = np.bincount(self.rows, self.explicit + self.implied, minlength=last + 1)[rows]
        open_still = self.only(~np.isin(self.rows, rows))
        decided = (
            rows,
            answers,
            np.maximum(n_votes.astype(np.intp), 1),
            np.zeros_like(rows),
            np.ones(len(rows)),
        )
        mine = (
            open_still.rows,
            open_still.answers,
            open_still.explicit,
            open_still.implied,
            open_still.worth,
        )
        joined = [np.concatenate(pair) for pair in zip(mine, decided, strict=True)]
        order = np.lexsort((joined[1], joined[0]))
        return Ballots(*(column[order] for column in joined))

    def only(self, kept: NDArray[np.bool_] | slice) -> Ballots:
        """Some of the entries."""
        return Ballots(
            self.rows[kept], self.answers[kept], self.explicit[kept], self.implied[kept], self.worth[kept]
        )

    def with_examples(self, rows: Sequence[int], answer: int) -> Ballots:
        """Galaxies given as examples of an answer, each as one vote where nobody voted."""
        fresh = np.setdiff1d(np.asarray(rows, dtype=np.intp), self.rows)
        if not len(fresh):
            return self
        order = np.argsort(np.concatenate([self.rows, fresh]), kind="stable")
        nothing = np.zeros(len(fresh), np.intp)
        added = (fresh, nothing + answer, nothing + 1, nothing, np.ones(len(fresh)))
        mine = (self.rows, self.answers, self.explicit, self.implied, self.worth)
        return Ballots(*(np.concatenate(pair)[order] for pair in zip(mine, added, strict=True)))

    def galaxies_per_answer(self, n_answers: int) -> NDArray[np.intp]:
        """(K,) galaxies with a vote for each answer."""
        return np.bincount(self.answers, minlength=n_answers)


def count_ballots(
    events: Events,
    votes: NDArray[np.intp],
    targets: Sequence[Target],
    people: Sequence[str],
    weights: Sequence[Mapping[str, float]] = (),
) -> tuple[Ballots, ...]:
    """Votes on every question, in the order of the questions.

    Args:
        events: Of the campaign.
        votes: Places of those that stand and count, one a galaxy, person and question.
        targets: Questions of the campaign.
        people: Names by number.
        weights: For each question what a vote of a person is worth; 1 for those not named, or if empty.
    """
    votes = votes[(events.columns[votes] >= 0) & (events.rows[votes] >= 0)]
    of_galaxy, columns, explicit = events.rows[votes], events.columns[votes], events.explicit[votes]
    sizes = [len(target.answers) for target in targets]
    first_column = np.cumsum([0, *sizes])
    target_of = np.repeat(np.arange(len(targets)), sizes)
    places, widest = target_of[columns], max(sizes)
    n_rows = int(of_galaxy.max(initial=-1)) + 1
    keys = (places * n_rows + of_galaxy) * widest + columns - first_column[places]
    cells, cell_of, total = np.unique(keys, return_inverse=True, return_counts=True)
    clicked = np.bincount(cell_of[explicit], minlength=len(cells))
    worth = np.ones(len(cells))
    if weights:
        table = np.array([[max(float(of.get(name, 1.0)), 0.0) for name in people] for of in weights])
        worth = np.bincount(cell_of, table[places, events.people[votes]], minlength=len(cells)) / total
    ends = np.searchsorted(cells, np.arange(len(targets) + 1) * n_rows * widest)
    rows, answers = cells // widest % max(n_rows, 1), cells % widest
    counted = Ballots(rows, answers, clicked, total - clicked, worth)
    return tuple(counted.only(slice(start, end)) for start, end in pairwise(ends.tolist()))
