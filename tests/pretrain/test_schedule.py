from __future__ import annotations

import json
import math

import pytest

from galcore.pretrain.schedule import TaskSchedule

SHARES = {"contrast": 2.0, "truth": 1.0, "reconstruct": 1.0}


def learn(schedule: TaskSchedule, steps: int = 200) -> None:
    """One task learns, one is done, one gets worse."""
    for step in range(steps):
        schedule.update({"contrast": 1.0, "truth": math.exp(-step / 80), "reconstruct": 1 + step / 400})


def test_uniform_shares_never_move() -> None:
    schedule = TaskSchedule(SHARES, "uniform")
    learn(schedule)

    assert schedule.shares() == {"contrast": 0.5, "truth": 0.25, "reconstruct": 0.25}


def test_active_shares_follow_the_task_that_learns_above_a_floor() -> None:
    schedule = TaskSchedule(SHARES, "active", floor=0.4)
    learn(schedule)

    shares = schedule.shares()
    assert shares["truth"] > 0.6
    assert shares["contrast"] == pytest.approx(0.4 * 0.5, abs=1e-3)
    assert shares["reconstruct"] == pytest.approx(0.4 * 0.25)
    assert sum(shares.values()) == pytest.approx(1)


def test_an_active_schedule_starts_uniform_and_returns_when_nothing_falls() -> None:
    schedule = TaskSchedule(SHARES, "active")
    assert schedule.shares() == {"contrast": 0.5, "truth": 0.25, "reconstruct": 0.25}

    for step in range(100):
        schedule.update(dict.fromkeys(SHARES, 1.0 + step))
    assert schedule.shares() == {"contrast": 0.5, "truth": 0.25, "reconstruct": 0.25}


def test_every_task_with_a_share_gets_at_least_one_chunk() -> None:
    counts = TaskSchedule({"a": 1000, "b": 1, "c": 0}).counts(64, multiple=16)

    assert counts == {"a": 64, "b": 16, "c": 0}


def test_a_schedule_goes_on_where_it_was() -> None:
    schedule, onward = TaskSchedule(SHARES, "active"), TaskSchedule(SHARES, "active")
    learn(schedule, 50)

    onward.load(json.loads(json.dumps(schedule.state())))
    for each in (schedule, onward):
        learn(each, 20)

    assert onward.shares() == schedule.shares()
