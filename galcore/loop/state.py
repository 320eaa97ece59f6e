"""What a campaign knows, told from its label events alone: votes, who has seen what, the audited sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.ballots import Ballots, count_ballots
from galcore.loop.event_log import EventLog, Events
from galcore.loop.target import Target
from galcore.types import Campaign

_RECENT_EVENTS = 1000  # among which the last grids are looked for


@dataclass(frozen=True, eq=False)
class LoopState:
    """Votes and looks of one campaign at one moment; rows are galaxies in the order of the loop.

    Attributes:
        explicit: (N, K) clicked answers of all people that stand now, by class of the question in focus (see
            :func:`galcore.loop.target.class_of`).
        implied: (N, K) answers implied by submitting the rest of a grid.
        first_seq: (N,) store sequence number of the first standing answer; 0 where there is none.
        first_score: (N,) score stored with that answer; NaN where there was no model.
        seen_by: Rows that each person answered, skipped or flagged; one may stand there twice.
        labels_by: Answers of each person that stand, also about gold galaxies and those asked again.
        labels_before: Sorted sequence numbers of all standing answers: how many there were at a time.
        decided: (N,) class of the question in focus that was decided in Review; -1 where nothing was.
        recent_yield: Share of positives among the answers of the last three grids; ``None`` before the first.
        count_ballots: Counts the votes on every question, see :attr:`ballots`.
    """

    explicit: NDArray[np.int32]
    implied: NDArray[np.int32]
    first_seq: NDArray[np.int64]
    first_score: NDArray[np.float64]
    seen_by: dict[str, NDArray[np.intp]]
    labels_by: dict[str, int]
    labels_before: NDArray[np.int64]
    decided: NDArray[np.intp]
    recent_yield: float | None
    count_ballots: Callable[[], tuple[Ballots, ...]]

    @cached_property
    def ballots(self) -> tuple[Ballots, ...]:
        """Votes on every question, to learn from; counted when a model is fitted, not at every grid."""
        return self.count_ballots()

    @cached_property
    def votes(self) -> NDArray[np.int32]:
        """(N, K) answers of both kinds."""
        return self.explicit + self.implied

    @cached_property
    def answered(self) -> NDArray[np.bool_]:
        """(N,) whether anybody's answer stands."""
        return self.first_seq > 0

    @cached_property
    def touched(self) -> NDArray[np.bool_]:
        """(N,) whether anybody answered, skipped or flagged it."""
        touched = self.answered.copy()
        for rows in self.seen_by.values():
            touched[rows] = True
        return touched

    def majority(self) -> NDArray[np.intp]:
        """(N,) decided answer, else the leading one, -1 without; a tie goes to the answer named first."""
        return self._majority

    @cached_property
    def _majority(self) -> NDArray[np.intp]:
        leading = np.full(len(self.votes), -1, np.intp)
        rows = np.flatnonzero(self.votes.any(axis=1))
        leading[rows] = self.votes[rows].argmax(axis=1)
        return np.where(self.decided >= 0, self.decided, leading)

    @classmethod
    def from_history(cls, history: pd.DataFrame, row_of: Mapping[str, int], campaign: Campaign) -> LoopState:
        """Tell the state from every event of the campaign.

        Args:
            history: All events in order of arrival, with ``undone``, as the label store gives them.
            row_of: Row of each galaxy; events of other galaxies count as labels of a person but cannot be
                learned from.
            campaign: Names the answers.
        """
        log = EventLog(row_of, campaign)
        log.extend(history)
        return cls.from_log(log)

    @classmethod
    def from_log(cls, log: EventLog, weights: Sequence[Mapping[str, float]] = ()) -> LoopState:
        """Tell the state from the events that stand.

        Args:
            log: Events of the campaign.
            weights: For each question what a vote of a person is worth to the learner; 1 for people without a
                weight, or if empty.
        """
        if log.events is None:
            raise ValueError("the log has read nothing yet")
        events, n_people = log.events, max(len(log.names), 1)
        newest = _last_of_each(events, n_people)
        learned = events.is_vote & (events.answers >= 0)
        votes, current = events.only(learned), events.only(newest[learned[newest]])
        first_seq, first_score = _first_answers(votes, log.n_galaxies)
        labels_of = np.bincount(events.people[newest], minlength=n_people)
        return cls(
            explicit=_count_votes(current, current.explicit, log),
            implied=_count_votes(current, ~current.explicit, log),
            first_seq=first_seq,
            first_score=first_score,
            seen_by=_seen_by(events, log.names),
            labels_by=dict(zip(log.names, labels_of.tolist(), strict=False)),
            labels_before=np.sort(current.seq),
            decided=_decided(events, log.n_galaxies),
            recent_yield=_recent_yield(log),
            count_ballots=_counting(log, weights),
        )

    def followed_by(
        self, fresh: Events, log: EventLog, weights: Sequence[Mapping[str, float]] = ()
    ) -> LoopState:
        """The state after more events, told from them alone: a grid costs the same after a million labels.

        Args:
            fresh: What :meth:`EventLog.extend` returned; no event of it replaces or takes back another.
            log: The log that has them.
            weights: As in :meth:`from_log`.
        """
        learned = fresh.only(fresh.is_vote & (fresh.answers >= 0))
        known = learned.only(learned.rows >= 0)
        first_seq, first_score = self.first_seq.copy(), self.first_score.copy()
        first = known.only(
            np.flatnonzero(first_seq[known.rows] == 0)[::-1]
        )  # the first of several is set last
        first_seq[first.rows], first_score[first.rows] = first.seq, first.scores
        seen_by = dict(self.seen_by)
        for name, rows in _seen_by(fresh, log.names).items():
            if len(rows) or name not in seen_by:
                seen_by[name] = np.concatenate([seen_by.get(name, rows[:0]), rows])
        labels_by = dict(self.labels_by)
        for code, count in enumerate(np.bincount(fresh.people[fresh.is_label], minlength=len(log.names))):
            labels_by[log.names[code]] = labels_by.get(log.names[code], 0) + int(count)
        return LoopState(
            explicit=self.explicit + _count_votes(known, known.explicit, log),
            implied=self.implied + _count_votes(known, ~known.explicit, log),
            first_seq=first_seq,
            first_score=first_score,
            seen_by=seen_by,
            labels_by=labels_by,
            labels_before=np.concatenate([self.labels_before, learned.seq]),
            decided=self.decided,
            recent_yield=_recent_yield(log),
            count_ballots=_counting(log, weights),
        )


def newest_votes(log: EventLog) -> Events:
    """The answer of each person about each galaxy and question that stands and counts, the first first."""
    if log.events is None:
        raise ValueError("the log has read nothing yet")
    events = log.events
    newest = _last_of_each(events, max(len(log.names), 1))
    return events.only(newest[events.is_vote[newest]])


def _counting(log: EventLog, weights: Sequence[Mapping[str, float]]) -> Callable[[], tuple[Ballots, ...]]:
    """Counts the votes as they are now, whatever the log takes in afterwards."""
    events, targets, names = log.events, log.targets, log.names
    if events is None:
        raise ValueError("the log has read nothing yet")

    def count() -> tuple[Ballots, ...]:
        newest = _last_of_each(events, max(len(names), 1))
        ballots = count_ballots(events, newest[events.is_vote[newest]], targets, names, weights)
        return _settled(ballots, events, targets)

    return count


def _standing_rulings(events: Events) -> Events:
    """The last ruling about each galaxy and question, in order: a decision, or a reopening (no answer)."""
    rulings = events.only(events.is_ruling & (events.rows >= 0))
    keys = rulings.galaxies * (int(rulings.questions.max(initial=0)) + 1) + rulings.questions
    _, from_end = np.unique(keys[::-1], return_index=True)
    return rulings.only(np.sort(len(keys) - 1 - from_end))


def _settled(ballots: tuple[Ballots, ...], events: Events, targets: Sequence[Target]) -> tuple[Ballots, ...]:
    """A decision is learned for sure, whatever people voted."""
    rulings = _standing_rulings(events)
    starts = np.cumsum([0, *(len(target.answers) for target in targets)])
    of_target = [(rulings.columns >= start) & (rulings.columns < end) for start, end in pairwise(starts)]
    return tuple(
        each.settled(rulings.rows[own], rulings.columns[own] - start)
        for each, own, start in zip(ballots, of_target, starts, strict=False)
    )


def _decided(events: Events, n_galaxies: int) -> NDArray[np.intp]:
    decided = np.full(n_galaxies, -1, np.intp)
    rulings = _standing_rulings(events)
    settles = rulings.answers >= 0
    decided[rulings.rows[settles]] = rulings.answers[settles]
    return decided


def rows_by_id(galaxy_ids: NDArray[np.str_]) -> dict[str, int]:
    """Row of each galaxy id."""
    return {galaxy_id: row for row, galaxy_id in enumerate(np.asarray(galaxy_ids).tolist())}


def _last_of_each(events: Events, n_people: int) -> NDArray[np.intp]:
    """Places of the last answer of each person about each galaxy and question, in order.

    An answer to a galaxy that is asked again stands beside the first one.
    """
    places = np.flatnonzero(events.is_label)
    n_questions = int(events.questions.max(initial=0)) + 1
    keys = events.galaxies[places] * n_people + events.people[places]
    keys = (keys * n_questions + events.questions[places]) * 2 + events.is_vote[places]
    _, from_end = np.unique(keys[::-1], return_index=True)
    return places[np.sort(len(keys) - 1 - from_end)]


def _count_votes(events: Events, which: NDArray[np.bool_], log: EventLog) -> NDArray[np.int32]:
    known = which & (events.rows >= 0)
    cells = events.rows[known] * log.n_classes + events.answers[known]
    counts = np.bincount(cells, minlength=log.n_galaxies * log.n_classes)
    return counts.astype(np.int32).reshape(log.n_galaxies, log.n_classes)


def _seen_by(events: Events, names: tuple[str, ...]) -> dict[str, NDArray[np.intp]]:
    known = events.rows >= 0
    people, rows = events.people[known], events.rows[known]
    order = np.argsort(people, kind="stable")
    ends = np.searchsorted(people[order], np.arange(len(names) + 1))
    return {name: rows[order[ends[code] : ends[code + 1]]] for code, name in enumerate(names)}


def _first_answers(votes: Events, n_galaxies: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    first_seq = np.zeros(n_galaxies, np.int64)
    first_score = np.full(n_galaxies, np.nan)
    known = votes.only(votes.rows >= 0)
    rows, places = np.unique(known.rows, return_index=True)
    first_seq[rows] = known.seq[places]
    first_score[rows] = known.scores[places]
    return first_seq, first_score


def _recent_yield(log: EventLog, n_grids: int = 3) -> float | None:
    if log.events is None:
        return None
    recent = log.events.only(slice(-_RECENT_EVENTS, None))
    votes = recent.only(recent.is_vote & (recent.answers >= 0))
    last: list[str] = []
    for name in reversed(votes.grids):
        if name and name not in last:
            last.append(name)
            if len(last) == n_grids:
                break
    if not last:
        return None
    of_these = np.any([votes.grids == name for name in last], axis=0)
    return float((votes.answers[of_these] == 0).mean())
