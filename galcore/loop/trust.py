"""How much the learner trusts each person: what the owner says, times the skill that the votes show.

The skill is the chance of a right answer by Dawid-Skene, over galaxies that several people answered, brought
from chance level to 0 and from always right to 1. It is told anew whenever there are a quarter more such
votes, from the first so many of them, so that the same events give the same weights after a restart.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from galcore.consensus import Votes, dawid_skene
from galcore.loop.event_log import EventLog
from galcore.loop.state import newest_votes

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


def shared_votes(log: EventLog, answers: tuple[str, ...]) -> Votes:
    """Votes about galaxies that several people answered, the first given first.

    Args:
        log: Events of the campaign.
        answers: Names of the classes.
    """
    votes = newest_votes(log)
    several = np.bincount(votes.galaxies, minlength=1)[votes.galaxies] > 1
    votes = votes.only(several)
    galaxies, rows = np.unique(votes.galaxies, return_inverse=True)
    return _votes(log.names, answers, galaxies, rows, votes.people, votes.answers)


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
        self._skills: dict[str, float] = {}
        self._changed = changed
        self._told_at = 0

    @property
    def weight_of(self) -> dict[str, float]:
        """Weight of each person that is not 1."""
        names = self.given.keys() | self._skills.keys()
        return {name: self.given.get(name, 1.0) * self._skills.get(name, 1.0) for name in names}

    def follow(self, log: EventLog, answers: tuple[str, ...]) -> None:
        """Have the skills told anew, on a thread, if there are enough new votes of several people."""
        if log.events is None or milestone(len(log.events.rows)) <= self._told_at:
            return
        votes = shared_votes(log, answers)
        reached = milestone(len(votes))
        if reached <= self._told_at:
            return
        self._told_at = reached
        first = _first(votes, reached)
        threading.Thread(target=self._tell, args=(first,), name="skills", daemon=True).start()

    def _tell(self, votes: Votes) -> None:
        self._skills = skill_weights(votes)
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
