"""How much the learner trusts each person: what the owner says, times the skill that the votes show.

The skill is the chance of a right answer by Dawid-Skene, over galaxies that several people answered, brought
from chance level to 0 and from always right to 1. Each question has its own: who knows a spiral may not know
a weak bar. It is told anew whenever there are a quarter more such votes on the question, from the first so
many of them, so that the same events give the same weights after a restart, and in scores and exports.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus import Votes, dawid_skene
from galcore.loop.event_log import EventLog
from galcore.loop.state import LoopState, newest_votes
from galcore.loop.target import Target
from galcore.types import Campaign

LEAST_VOTES = 200
GROWTH = 1.25
LEAST_WEIGHT = 0.1  # nobody is silenced by a calculation


def milestone(n_votes: int) -> int:
    """The last number of votes, not above ``n_votes``, at which skills are told; 0 before the first.

    >>> milestone(199), milestone(200), milestone(260)
    (0, 200, 250)
    """
    if n_votes < LEAST_VOTES:
        return 0
    steps = int(np.log(n_votes / LEAST_VOTES) / np.log(GROWTH) + 1e-9)
    return int(LEAST_VOTES * GROWTH**steps)


def shared_votes(log: EventLog, place: int = 0) -> Votes:
    """Votes on a question about galaxies that several people answered, the first that became shared first.

    So later votes come behind those that were there, also where they make an early vote a shared one. Of
    answers on a scale only the side counts: to say 4 for a 5 is no mistake.

    Args:
        log: Events of the campaign.
        place: Of the question among :attr:`EventLog.targets`.
    """
    target = log.targets[place]
    votes = newest_votes(log)
    choices = votes.columns - sum(len(before.answers) for before in log.targets[:place])
    own = (choices >= 0) & (choices < len(target.answers)) & (votes.columns >= 0)
    votes, choices = votes.only(own), np.asarray(target.sides, np.intp)[choices[own]]
    several = np.bincount(votes.galaxies, minlength=1)[votes.galaxies] > 1
    votes, choices = votes.only(several), choices[several]
    in_order = _by_sharing(votes.galaxies)
    votes, choices = votes.only(in_order), choices[in_order]
    galaxies, rows = np.unique(votes.galaxies, return_inverse=True)
    answers = ("wanted", "other") if target.values else target.answers
    return _votes(log.names, answers, galaxies, rows, votes.people, choices)


def _by_sharing(galaxies: NDArray[np.intp]) -> NDArray[np.intp]:
    """(V,) places of votes in the order in which they were shared: with the second one about their galaxy."""
    places = np.arange(len(galaxies))
    grouped = np.argsort(galaxies, kind="stable")
    _, starts, rows = np.unique(galaxies[grouped], return_index=True, return_inverse=True)
    shared_at = np.empty(len(galaxies), np.intp)
    shared_at[grouped] = grouped[starts + 1][rows] if len(galaxies) else 0
    return np.lexsort((places, np.maximum(places, shared_at)))


def learned_state(
    history: pd.DataFrame, row_of: Mapping[str, int], campaign: Campaign, given: Mapping[str, float]
) -> LoopState:
    """The state a loop of this campaign learns from, told from its events, with every vote worth as much.

    Args:
        history: All events in order of arrival, with ``undone``.
        row_of: Row of each galaxy.
        campaign: Whose events they are.
        given: What owners made the votes of people count; others count 1. Somebody who is paused or was
            removed counts as before.
    """
    log = EventLog(row_of, campaign)
    log.extend(history)
    trust = Trust(changed=lambda: None)
    trust.given = dict(given)
    if campaign.overlap > 1:
        trust.tell(trust.due(log))
    return LoopState.from_log(log, trust.weights(log.targets))


def skill_weights(votes: Votes) -> dict[str, float]:
    """Weight of each person, :data:`LEAST_WEIGHT` to 1."""
    found = dawid_skene(votes)
    chance = 1 / len(votes.answers)
    trusted = np.clip((found.skill - chance) / (1 - chance), LEAST_WEIGHT, 1.0)
    voted = set(votes.persons.tolist())
    return {person: float(trusted[row]) for row, person in enumerate(found.people) if row in voted}


class Trust:
    """Weights of the people of one campaign.

    Args:
        changed: Called on another thread when the skills were told anew.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.given: dict[str, float] = {}
        self._skills: dict[str, dict[str, float]] = {}  # by question
        self._changed = changed
        self._told_at: dict[str, int] = {}

    def weights(self, targets: Sequence[Target]) -> tuple[dict[str, float], ...]:
        """For each question the weight of each person that is not 1; empty where everybody weighs 1."""
        if not self.given and not self._skills:
            return ()
        return tuple(self.weight_of(target.question) for target in targets)

    def weight_of(self, question: str) -> dict[str, float]:
        """Weight of each person in a question that is not 1."""
        skills = self._skills.get(question, {})
        names = self.given.keys() | skills.keys()
        return {name: self.given.get(name, 1.0) * skills.get(name, 1.0) for name in names}

    def follow(self, log: EventLog) -> None:
        """Have skills told anew, on a thread, where there are enough new votes of several people."""
        due = self.due(log)
        if due:
            threading.Thread(target=self.tell, args=(due,), name="skills", daemon=True).start()

    def due(self, log: EventLog) -> dict[str, Votes]:
        """The votes, by question, that skills are to be told from, where there are enough new ones."""
        if log.events is None:
            return {}
        n_columns = sum(len(target.answers) for target in log.targets)
        columns = log.events.columns
        per_column = np.bincount(columns[columns >= 0], minlength=n_columns)
        due: dict[str, Votes] = {}
        end = 0
        for place, target in enumerate(log.targets):
            start, end = end, end + len(target.answers)
            told_at = self._told_at.get(target.question, 0)
            if milestone(int(per_column[start:end].sum())) <= told_at:
                continue
            votes = shared_votes(log, place)
            reached = milestone(len(votes))
            if reached > told_at:
                self._told_at[target.question] = reached
                due[target.question] = _first(votes, reached)
        return due

    def tell(self, due: Mapping[str, Votes]) -> None:
        """Tell skills from these votes, and whoever waits for them that they changed."""
        for question, votes in due.items():
            self._skills = {**self._skills, question: skill_weights(votes)}
        self._changed()


def _first(votes: Votes, count: int) -> Votes:
    return _votes(
        votes.people,
        votes.answers,
        votes.galaxy_ids,
        votes.galaxies[:count],
        votes.persons[:count],
        votes.choices[:count],
    )


def _votes(
    people: tuple[str, ...],
    answers: tuple[str, ...],
    galaxies: NDArray,
    rows: NDArray[np.intp],
    persons: NDArray[np.intp],
    choices: NDArray[np.intp],
) -> Votes:
    return Votes(galaxies.astype(object), people, answers, rows, persons, choices)
