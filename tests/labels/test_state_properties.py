"""The state told by SQL equals a naive replay in Python, whatever arrives in whatever order."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from galcore.labels import LabelStore
from galcore.types import Campaign, EventKind, LabelEvent

ANSWERS = ("spiral", "other", "arc")
PEOPLE = ("ada", "bob")
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["label", "label", "label", "skip", "flag", "undo", "resend"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(["g1", "g2", "g3"]),
        st.sampled_from(ANSWERS),
        st.booleans(),
        st.integers(0, 30),  # which event an undo or a resend means: also one that is still to come
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStore]:
    with LabelStore.open(Path(tmp_path_factory.mktemp("labels")) / "labels.duckdb") as opened:
        yield opened


def make_events(campaign_id: str, actions: list[tuple[str, str, str, str, bool, int]]) -> list[LabelEvent]:
    ids = [f"{campaign_id}-{number}" for number in range(31)]
    events: list[LabelEvent] = []
    for number, (action, who, galaxy_id, answer, explicit, which) in enumerate(actions):
        if action == "resend" and events:
            events.append(events[which % len(events)])
            continue
        kind = EventKind("label" if action == "resend" else action)
        events.append(
            LabelEvent(
                ids[number],
                campaign_id,
                galaxy_id,
                who,
                kind,
                answer=answer if kind == EventKind.LABEL else "",
                explicit=explicit,
                undoes=ids[which] if kind == EventKind.UNDO else "",
            )
        )
    return events


def replay(events: list[LabelEvent]) -> list[LabelEvent]:
    """Events that stand, once each, in order."""
    once = list({event.event_id: event for event in events}.values())
    undone = {(event.annotator, event.undoes) for event in once if event.kind == EventKind.UNDO}
    return [
        event
        for event in once
        if event.kind != EventKind.UNDO and (event.annotator, event.event_id) not in undone
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS, batch=st.integers(1, 9))
@example(  # a copy in the same batch must not move an answer behind the one that corrects it
    actions=[
        ("label", "bob", "g1", "spiral", False, 0),
        ("label", "bob", "g1", "other", False, 0),
        ("resend", "bob", "g1", "spiral", False, 0),
    ],
    batch=3,
)
def test_the_state_equals_a_naive_replay(
    store: LabelStore, actions: list[tuple[str, str, str, str, bool, int]], batch: int
) -> None:
    campaign_id = uuid.uuid4().hex
    store.create_campaign(Campaign(campaign_id, campaign_id, "?", ANSWERS, mode="multiclass"))
    events = make_events(campaign_id, actions)
    stored = sum(store.append(events[start : start + batch]) for start in range(0, len(events), batch))
    assert stored == len({event.event_id for event in events})

    standing = replay(events)
    expected = {(e.galaxy_id, e.annotator): e.answer for e in standing if e.kind == EventKind.LABEL}
    current = store.current(campaign_id)
    assert (
        dict(zip(zip(current.galaxy_id, current.annotator, strict=True), current.answer, strict=True))
        == expected
    )
    assert len(current) == len(expected)
    for person in PEOPLE:
        assert store.seen(campaign_id, person) == {e.galaxy_id for e in standing if e.annotator == person}

    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (galaxy_id, _), answer in expected.items():
        counts[galaxy_id][answer] += 1
    votes = store.votes(campaign_id)
    assert votes.galaxy_id.tolist() == sorted(counts)
    for row in votes.to_dict("records"):
        count = counts[row["galaxy_id"]]
        assert [row[f"votes_{answer}"] for answer in ANSWERS] == [count[answer] for answer in ANSWERS]
        leaders = [answer for answer in ANSWERS if count[answer] == max(count.values())]
        assert row["majority"] == (leaders[0] if len(leaders) == 1 else "")
        assert row["agreement"] == max(count.values()) / sum(count.values())
