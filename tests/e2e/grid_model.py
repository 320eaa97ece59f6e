"""The grid page as a plain model: what each key does, without pictures, browser or server.

Written from the list of keys, to hold the page against. What it cannot know is when the server's next grid
arrives; it is told the galaxies on screen before each key and takes them only where it has none of its own.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SKIP = -1
N_STRETCHES = 4
_MOVES = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}
_WEIGHTS = {
    **dict.fromkeys((*_MOVES, "1", "2", "3"), 8), **dict.fromkeys((f"Shift+{arrow}" for arrow in _MOVES), 3),
    "Space": 4, "Backspace": 9, "Enter": 10, "Escape": 7, "a": 4, "z": 4, "s": 3, "i": 3, "h": 1, "?": 1,
}  # fmt: skip


def random_keys(number: int, seed: int) -> list[str]:
    """Keys as somebody presses them who tries everything."""
    return random.Random(seed).choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=number)


@dataclass
class Board:
    """The grid on screen."""

    ids: list[str]
    marks: dict[str, int] = field(default_factory=dict)
    past: list[dict[str, int]] = field(default_factory=list)
    selection: set[str] = field(default_factory=set)
    focus: int = -1
    anchor: int = -1

    def targets(self) -> list[str]:
        if self.selection:
            return [each for each in self.ids if each in self.selection]
        return [self.ids[self.focus]] if self.focus >= 0 else []

    def paint(self, ids: list[str], mark: int) -> None:
        taken = bool(ids) and all(self.marks.get(each) == mark for each in ids)
        self.past.append(dict(self.marks))
        for each in ids:
            self.marks.pop(each, None)
            if not taken:
                self.marks[each] = mark

    def move(self, step: int, *, extend: bool) -> None:
        to = 0 if self.focus < 0 else min(len(self.ids) - 1, max(0, self.focus + step))
        if extend:
            self.anchor = max(0, self.focus) if self.anchor < 0 else self.anchor
            first, last = sorted((self.anchor, to))
            self.selection = set(self.ids[first : last + 1])
        else:
            self.anchor = -1
            self.selection = set()
        self.focus = to


@dataclass
class GridModel:
    """The page of one campaign. ``sent``: submissions that stand, as ids and explicit marks and answers."""

    answers: tuple[str, ...]
    implied: int
    shape: tuple[int, int]
    board: Board | None = None
    queue: list[list[str]] = field(default_factory=list)
    sent: list[tuple[list[str], dict[str, int], dict[str, int]]] = field(default_factory=list)
    n_taken_back: int = 0
    brush: int = 0
    stretch: int = 0
    inverted: bool = False
    zoomed: bool = False
    over: str = ""

    def see(self, ids: list[str]) -> None:
        """What is on screen before a key: must be the model's own grid, or one that has just arrived."""
        if self.board is None and ids:
            expected = self.queue.pop(0) if self.queue else ids
            assert ids == expected, "another grid came than the one put aside"
            assert not set(ids) & {each for said in self.sent for each in said[0]}, "asked twice"
            self.board = Board(ids)
        assert ids == (self.board.ids if self.board else []), "another grid is on screen"

    def press(self, key: str) -> None:
        """One key."""
        if key in ("h", "?", "Escape") or self.over:
            self._over(key)
        elif key in ("s", "i"):
            self.stretch = (self.stretch + (key == "s")) % N_STRETCHES
            self.inverted ^= key == "i"
        elif key == "Backspace":
            self._undo()
        elif self.board is not None:
            self._mark(self.board, key)
        self.zoomed = self.zoomed and self.board is not None and self.board.focus >= 0

    def stored(self) -> dict[str, tuple[str, bool]]:
        """Answer that stands for each galaxy (empty: not decided) and whether it was said explicitly."""
        return {
            each: ("" if said[each] == SKIP else self.answers[said[each]], each in marks)
            for ids, marks, said in self.sent
            for each in ids
        }

    def _over(self, key: str) -> None:
        if key == "Escape" and not self.over and not self.zoomed:
            if self.board is not None:
                self.board.selection, self.board.focus = set(), -1
        elif key in ("h", "?", "Escape"):
            self.over = "" if key in ("Escape", self.over) else key
            self.zoomed = False

    def _mark(self, board: Board, key: str) -> None:
        arrow = key.removeprefix("Shift+")
        targets = board.targets()
        if arrow in _MOVES:
            across, down = _MOVES[arrow]
            full = len(board.ids) == self.shape[0] * self.shape[1]
            columns = self.shape[1] if full else int(-(-(len(board.ids) ** 0.5) // 1))
            board.move(across + down * columns, extend=key.startswith("Shift+"))
        elif key.isdigit() and int(key) <= len(self.answers):
            self.brush = int(key) - 1
            if targets:
                board.paint(targets, self.brush)
        elif key == "Space" and targets:
            board.paint(targets, SKIP)
        elif key in ("Space", "Enter"):
            self._submit(board, SKIP if key == "Space" else self.implied)
        elif key == "a":
            board.paint(board.ids, self.brush)
        elif key == "z":
            board.focus = max(0, board.focus) if not self.zoomed else board.focus
            self.zoomed = not self.zoomed

    def _submit(self, board: Board, rest: int) -> None:
        said = {each: board.marks.get(each, rest) for each in board.ids}
        self.sent.append((board.ids, dict(board.marks), said))
        self.board = None

    def _undo(self) -> None:
        if self.board is not None and self.board.past:
            self.board.marks = self.board.past.pop()
        elif self.sent:
            if self.board is not None:
                self.queue.insert(0, self.board.ids)
            ids, marks, _ = self.sent.pop()
            self.board = Board(ids, dict(marks))
            self.n_taken_back += 1
