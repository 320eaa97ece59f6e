"""Skill told from the votes, and what it is worth to the learner."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd

from galcore.loop.event_log import EventLog
from galcore.loop.trust import LEAST_VOTES, Trust, milestone, shared_votes, skill_weights
from galcore.types import Campaign

CAMPAIGN = Campaign("c1", "Spirals", "?", ("spiral", "other"), overlap=3)
N = 150


def log_of_three(seed: int = 0) -> EventLog:
    """Ada is always right, bob nearly always, eve guesses; all answer every galaxy."""
    rng = np.random.default_rng(seed)
    truth = rng.random(N) < 0.5
    rows = []
    for galaxy, is_spiral in enumerate(truth):
        for who, error in (("ada", 0.0), ("bob", 0.1), ("eve", 0.5)):
            said = is_spiral ^ (rng.random() < error)
            rows.append((f"g{galaxy}", who, "spiral" if said else "other"))
    frame = pd.DataFrame(rows, columns=["galaxy_id", "annotator", "answer"])
    frame["event_id"] = [f"e{number}" for number in range(len(frame))]
    frame["seq"] = np.arange(1, len(frame) + 1)
    for name, value in {
        "kind": "label",
        "question": "",
        "reason": "random",
        "grid_id": "",
        "undoes": "",
    }.items():
        frame[name] = value
    frame["explicit"], frame["undone"], frame["score"] = True, False, np.nan
    log = EventLog({f"g{galaxy}": galaxy for galaxy in range(N)}, CAMPAIGN)
    log.extend(frame)
    return log


def test_a_person_who_guesses_counts_little_and_one_who_is_right_counts_much() -> None:
    weights = skill_weights(shared_votes(log_of_three()))
    assert weights["ada"] > 0.85
    assert weights["bob"] > 0.6
    assert weights["eve"] < 0.3


def test_skills_are_told_on_a_thread_once_there_are_enough_votes_and_multiply_what_the_owner_says() -> None:
    told = threading.Event()
    trust = Trust(told.set)
    trust.given = {"ada": 0.5, "new": 2.0}
    assert trust.weight_of("") == {"ada": 0.5, "new": 2.0}
    log = log_of_three()
    trust.follow(log)
    assert told.wait(30)
    weights = trust.weight_of("")
    assert 0.4 < weights["ada"] <= 0.5
    assert weights["new"] == 2.0
    assert weights["eve"] < weights["ada"]
    again = Trust(told.set)
    told.clear()
    again.follow(log)
    assert told.wait(30)
    assert again.weight_of("")["eve"] == weights["eve"]


def test_votes_of_one_person_alone_tell_no_skill() -> None:
    log = log_of_three()
    assert log.events is not None
    log.events = log.events.only(log.events.people == 0)
    assert len(shared_votes(log)) == 0
    trust = Trust(lambda: None)
    trust.follow(log)
    assert trust.weight_of("") == {}


def test_votes_that_come_later_stand_behind_those_that_were_shared_before() -> None:
    """So skills told from the first so many votes stay the same, whenever they are told."""
    log = log_of_three()
    assert log.events is not None
    everything = log.events
    order = np.lexsort((everything.people, everything.people == 1, everything.galaxies % 7))
    log.events = everything.only(order)
    whole = shared_votes(log)
    for n_events in (220, 300, 400):
        log.events = everything.only(order[:n_events])
        part = shared_votes(log)
        assert len(part) >= 100
        said = zip(part.galaxy_ids[part.galaxies], part.persons, part.choices, strict=True)
        first = zip(whole.galaxy_ids[whole.galaxies], whole.persons, whole.choices, strict=True)
        assert list(said) == list(first)[: len(part)]


def test_skills_are_told_at_fixed_numbers_of_votes() -> None:
    assert milestone(LEAST_VOTES - 1) == 0
    assert milestone(LEAST_VOTES) == milestone(LEAST_VOTES + 10) == LEAST_VOTES
    assert milestone(100_000) > 80_000
