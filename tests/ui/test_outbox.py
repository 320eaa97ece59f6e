"""What the browser sends is applied in order, once, and never blocks."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

import pytest

from galcore.ui.components.common.outbox import apply_outbox
from galcore.workspace import Workspace
from tests.ui.conftest import SPIRALS


@pytest.fixture
def campaign_open(sky: Workspace) -> Workspace:
    sky.labels.create_campaign(SPIRALS)
    return sky


def _submission(workspace: Workspace, number: int, **changes: Any) -> dict[str, Any]:
    grid = workspace.loop("spirals").grids("Vera")[0]
    answers = [
        {
            "galaxy_id": item.galaxy_id,
            "answer": "spiral" if index == 0 else "other",
            "kind": "label",
            "explicit": index == 0,
            "event_id": uuid.uuid4().hex,
        }
        for index, item in enumerate(grid.items)
    ]
    entry = {
        "n": number,
        "kind": "submit",
        "campaign_id": "spirals",
        "grid_id": grid.grid_id,
        "display": "survey",
        "answers": answers,
    }
    return entry | changes


def _outbox(*items: dict[str, Any]) -> dict[str, Any]:
    return {"client": "tab", "items": list(items)}


def test_the_same_outbox_twice_is_stored_once(campaign_open: Workspace) -> None:
    message = _outbox(_submission(campaign_open, 1))
    first = apply_outbox(message, campaign_open, "Vera")
    again = apply_outbox(message, campaign_open, "Vera")
    assert first == again
    assert (first.client, first.number, first.problem) == ("tab", 1, "")
    events = campaign_open.labels.history("spirals")
    assert len(events) == len(message["items"][0]["answers"])
    assert set(events["annotator"]) == {"Vera"}


def test_what_is_done_is_not_looked_at_again(campaign_open: Workspace) -> None:
    message = _outbox(_submission(campaign_open, 1))
    assert apply_outbox(message, campaign_open, "Vera", done=1).number == 1
    assert len(campaign_open.labels.history("spirals")) == 0


def test_a_message_that_can_never_be_stored_does_not_block_the_next(campaign_open: Workspace) -> None:
    wrong = _submission(campaign_open, 1, campaign_id="gone")
    right = _submission(campaign_open, 2)
    answer = apply_outbox(_outbox(wrong, right), campaign_open, "Vera")
    assert answer.number == 2
    assert "gone" in answer.problem
    assert len(campaign_open.labels.history("spirals")) == len(right["answers"])


def test_a_campaign_closed_meanwhile_refuses_in_words(campaign_open: Workspace) -> None:
    message = _outbox(_submission(campaign_open, 1))
    campaign_open.labels.update_campaign(dataclasses.replace(SPIRALS, state="closed"))
    answer = apply_outbox(message, campaign_open, "Vera")
    assert answer.number == 1
    assert "Not stored" in answer.problem
    assert len(campaign_open.labels.history("spirals")) == 0


def test_a_grid_taken_back_waits_again_and_keeps_its_reasons(campaign_open: Workspace) -> None:
    submitted = _submission(campaign_open, 1)
    undone = [{"galaxy_id": each["galaxy_id"], "event_id": uuid.uuid4().hex} for each in submitted["answers"]]
    back = {
        "n": 2,
        "kind": "undo",
        "campaign_id": "spirals",
        "grid_id": submitted["grid_id"],
        "undone": undone,
    }
    apply_outbox(_outbox(submitted, back), campaign_open, "Vera")
    assert len(campaign_open.labels.current("spirals")) == 0
    assert campaign_open.loop("spirals").grids("Vera")[0].grid_id == submitted["grid_id"]
    again = _submission(campaign_open, 3)
    assert again["grid_id"] == submitted["grid_id"]
    apply_outbox(_outbox(again), campaign_open, "Vera", done=2)
    assert "queued" not in set(campaign_open.labels.current("spirals")["reason"])


def test_a_correction_to_unsure_takes_the_answer_back(campaign_open: Workspace) -> None:
    submitted = _submission(campaign_open, 1)
    apply_outbox(_outbox(submitted), campaign_open, "Vera")
    galaxy = submitted["answers"][0]["galaxy_id"]
    unsure = {
        "galaxy_id": galaxy,
        "answer": "",
        "kind": "skip",
        "explicit": True,
        "event_id": uuid.uuid4().hex,
    }
    corrected = dict(submitted, n=2, kind="correct", answers=[unsure])
    message = _outbox(corrected)
    for _ in range(2):
        apply_outbox(message, campaign_open, "Vera", done=1)
    current = campaign_open.labels.current("spirals")
    assert galaxy not in set(current["galaxy_id"])
    assert len(current) == len(submitted["answers"]) - 1
    assert galaxy in campaign_open.labels.seen("spirals", "Vera")


def test_a_flag_keeps_its_comment_as_it_was_typed(campaign_open: Workspace) -> None:
    galaxy = str(campaign_open.catalog["galaxy_id"].iloc[0])
    comment = "<b>ring?</b> 🌌 " + "x" * 5000
    flag = {
        "n": 1,
        "kind": "flag",
        "campaign_id": "spirals",
        "galaxy_id": galaxy,
        "event_id": uuid.uuid4().hex,
        "comment": comment,
    }
    apply_outbox(_outbox(flag), campaign_open, "Vera")
    stored = campaign_open.labels.history("spirals")
    assert stored["comment"].iloc[0] == comment[:4000]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"client": "tab", "items": "no list"},
        {"client": "tab", "items": [None, 3, "x"]},
        {"client": "tab", "items": [{"n": 1, "kind": "drop table"}]},
        {"client": "tab", "items": [{"n": 1, "kind": "submit", "campaign_id": 7}]},
        {"client": "tab", "items": [{"n": 1, "kind": "submit", "campaign_id": "spirals", "answers": [{}]}]},
    ],
)
def test_nonsense_from_a_browser_stores_nothing_and_raises_nothing(
    campaign_open: Workspace, message: dict[str, Any]
) -> None:
    apply_outbox(message, campaign_open, "Vera")
    assert len(campaign_open.labels.history("spirals")) == 0
