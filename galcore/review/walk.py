"""The way of one person through what is to be decided: where they are, what they put off, what is done."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Walk:
    """Cases in the order in which one person meets them. Nothing here changes; each step makes a new walk.

    Attributes:
        cases: Rows of the queue.
        at: Place in ``cases``; as long as it: nothing is left.
        done: Rows decided on the way.

    >>> walk = Walk((7, 3, 5)).decided()
    >>> walk.row, walk.n_open
    (3, 2)
    >>> walk.later().cases
    (7, 5, 3)
    """

    cases: tuple[int, ...]
    at: int = 0
    done: frozenset[int] = frozenset()

    @property
    def row(self) -> int | None:
        """The row of the queue that is looked at; ``None`` at the end."""
        return self.cases[self.at] if self.at < len(self.cases) else None

    @property
    def n_open(self) -> int:
        """Cases that were not decided on the way."""
        return len(self.cases) - len(self.done)

    def coming(self, limit: int) -> tuple[int, ...]:
        """Rows that come next, at most so many."""
        return self.cases[self.at + 1 : self.at + 1 + limit]

    def step(self, by: int) -> Walk:
        """Some cases forward or back; not beyond the last one."""
        return replace(self, at=max(0, min(len(self.cases) - 1, self.at + by)))

    def later(self) -> Walk:
        """The case at hand goes to the end."""
        if self.row is None:
            return self
        rest = self.cases[: self.at] + self.cases[self.at + 1 :]
        return replace(self, cases=(*rest, self.row))

    def decided(self) -> Walk:
        """On to the next case that was not decided: behind this one, else from the beginning."""
        if self.row is None:
            return self
        done = self.done | {self.row}
        order = [*range(self.at + 1, len(self.cases)), *range(self.at)]
        at = next((place for place in order if self.cases[place] not in done), len(self.cases))
        return replace(self, at=at, done=done)

    def back_to(self, row: int) -> Walk:
        """Open again and in front; a case that is not on the way comes next to where one is."""
        done = self.done - {row}
        if row in self.cases:
            return replace(self, at=self.cases.index(row), done=done)
        return replace(self, cases=(*self.cases[: self.at], row, *self.cases[self.at :]), done=done)
