"""Label events of one campaign as plain arrays that grow with the store, so that a grid costs no new look
at everything that was ever said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.target import class_of, columns_of, targets_of
from galcore.types import Campaign, EventKind, Reason

_MEASURES = (str(Reason.GOLD), str(Reason.REASK))
_COLUMNS = ("kind", "undone", "undoes", "annotator", "galaxy_id", "question", "reason", "answer", "event_id",
            "explicit", "score", "seq", "grid_id")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Columns of events that stand, in the order of arrival.

    Attributes:
        rows: Row of the galaxy; -1: not in this loop.
        galaxies: Number of the galaxy, also of those.
        people: Number of the person.
        questions: Number of the question.
        answers: Class of the question in focus; -1: says nothing about it.
        columns: Number of the answer among those of all questions; -1: not learned.
        is_label: Whether it is an answer of its person (not a skip or a flag, not a decision of Review).
        is_vote: Whether it is an answer that counts (not about a gold galaxy or one asked again).
        is_ruling: Whether it decides about the galaxy, or ends a decision.
        event_ids: Made by the client.
        is_again: Whether the galaxy was asked again.
        explicit: Whether it was clicked.
        scores: Score stored with it; NaN without a model.
        seq: Number given by the store.
        grids: Id of its grid.
    """

    rows: NDArray[np.intp]
    galaxies: NDArray[np.intp]
    people: NDArray[np.intp]
    questions: NDArray[np.intp]
    answers: NDArray[np.intp]
    columns: NDArray[np.intp]
    is_label: NDArray[np.bool_]
    is_vote: NDArray[np.bool_]
    is_ruling: NDArray[np.bool_]
    event_ids: NDArray[np.object_]
    is_again: NDArray[np.bool_]
    explicit: NDArray[np.bool_]
    scores: NDArray[np.float64]
    seq: NDArray[np.int64]
    grids: NDArray[np.object_]

    def only(self, which: NDArray | slice) -> Events:
        """Some of the events, in the same order."""
        return Events(**{name: getattr(self, name)[which] for name in self.__dataclass_fields__})

    def followed_by(self, later: Events) -> Events:
        """These events and then others."""
        return Events(
            **{
                name: np.concatenate([getattr(self, name), getattr(later, name)])
                for name in self.__dataclass_fields__
            }
        )


class EventLog:
    """Events of one campaign that stand.

    Args:
        row_of: Row of each galaxy of the loop; events of others count as labels of a person but cannot be
            learned from.
        campaign: Says which answers are learned, and which question is in focus.
    """

    def __init__(self, row_of: Mapping[str, int], campaign: Campaign) -> None:
        self._row_of = row_of
        self._class_of = class_of(campaign)
        self._column_of = columns_of(campaign)
        self.targets = targets_of(campaign)
        self.n_classes = len(set(self._class_of.values()))
        self._people: dict[str, int] = {}
        self._galaxies: dict[str, int] = {}
        self._questions: dict[str, int] = {}
        self.n_galaxies = len(row_of)
        self.last_seq = 0
        self.events: Events | None = None
        self._said: set[tuple[int, int, int, bool]] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """People by number."""
        return tuple(self._people)

    def extend(self, history: Mapping[str, NDArray] | pd.DataFrame) -> Events | None:
        """Take in the events that came after :attr:`last_seq`.

        Args:
            history: Their columns, in order of arrival, with ``undone``, as the label store gives them.

        Returns:
            What is new, if that is all that changed; ``None`` if an answer was taken back or given anew, or a
            galaxy was decided about.
        """
        columns = {name: np.asarray(history[name]) for name in _COLUMNS}
        undos = columns["kind"] == str(EventKind.UNDO)
        fresh = self._read(columns, ~columns["undone"].astype(bool) & ~undos)
        events = fresh if self.events is None else self.events.followed_by(fresh)
        said, who = (columns[name][undos] for name in ("undoes", "annotator"))
        self.events = self._without(events, set(zip(said, who, strict=True)))
        if len(columns["seq"]):
            self.last_seq = int(columns["seq"][-1])
        news = self._note(fresh)
        return fresh if news and not undos.any() and not fresh.is_ruling.any() else None

    def _note(self, fresh: Events) -> bool:
        """Remember who answered what; whether each of these answers is the first of its kind."""
        of_labels = (column[fresh.is_label].tolist() for column in (
            fresh.galaxies, fresh.people, fresh.questions, fresh.is_vote
        ))  # fmt: skip
        said = list(zip(*of_labels, strict=True))
        before = len(self._said)
        self._said.update(said)
        return len(self._said) == before + len(said)

    def _without(self, events: Events, undone: set[tuple[str, str]]) -> Events:
        """Events that these undos (event and person) leave; nobody undoes what others said."""
        if not undone:
            return events
        names = self.names
        said = zip(events.event_ids, events.people.tolist(), strict=True)
        return events.only(np.array([(event_id, names[who]) not in undone for event_id, who in said], bool))

    def _read(self, columns: Mapping[str, NDArray], stand: NDArray[np.bool_]) -> Events:
        def column(name: str, dtype: type = object) -> NDArray:
            return columns[name][stand].astype(dtype)

        galaxy_ids, questions, reasons = column("galaxy_id"), column("question"), column("reason")
        is_ruling = reasons == str(Reason.ADJUDICATION)
        is_label = (column("kind") == str(EventKind.LABEL)) & ~is_ruling
        said = list(zip(questions, column("answer"), strict=True))
        return Events(
            rows=_whole(self._row_of.get(name, -1) for name in galaxy_ids),
            galaxies=_numbers(self._galaxies, galaxy_ids),
            people=_numbers(self._people, column("annotator")),
            questions=_numbers(self._questions, questions),
            answers=_whole(self._class_of.get(pair, -1) for pair in said),
            columns=_whole(self._column_of.get(pair, -1) for pair in said),
            is_label=is_label,
            is_vote=is_label & ~np.isin(reasons.astype(str), _MEASURES),
            is_ruling=is_ruling,
            event_ids=column("event_id"),
            is_again=reasons == str(Reason.REASK),
            explicit=column("explicit", bool),
            scores=column("score", float),
            seq=column("seq", np.int64),
            grids=column("grid_id"),
        )

    def answered_by(self, annotator: str) -> NDArray[np.intp]:
        """Rows whose answer by this person counts, the first answered first, each once."""
        return self._rows(annotator, again=False)

    def asked_again(self, annotator: str) -> NDArray[np.intp]:
        """Rows that this person was asked about twice."""
        return self._rows(annotator, again=True)

    def _rows(self, annotator: str, *, again: bool) -> NDArray[np.intp]:
        events, code = self.events, self._people.get(annotator, -1)
        if events is None:
            return np.empty(0, np.intp)
        kind = events.is_again if again else events.is_vote
        rows = events.rows[(events.people == code) & kind & (events.rows >= 0)]
        return np.array(list(dict.fromkeys(rows.tolist())), dtype=np.intp)


def _whole(values: Iterable[int]) -> NDArray[np.intp]:
    return np.fromiter(values, dtype=np.intp)


def _numbers(known: dict[str, int], names: NDArray) -> NDArray[np.intp]:
    """Number of each name; new ones get the next number."""
    return _whole(known.setdefault(str(name), len(known)) for name in names)
