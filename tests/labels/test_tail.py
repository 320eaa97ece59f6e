"""The newest events in memory say what the database says, or that they do not go back that far."""

from __future__ import annotations

from pathlib import Path

from galcore.labels import LabelStore
from galcore.labels.tail import Tail
from galcore.types import Campaign, EventKind, LabelEvent


def label(number: int, campaign_id: str = "c1", **fields: object) -> LabelEvent:
    values = {"kind": EventKind.LABEL, "answer": "spiral", **fields}
    return LabelEvent(f"e{number}", campaign_id, f"g{number}", "ada", **values)  # type: ignore[arg-type]


def test_events_that_fell_out_of_memory_are_not_passed_over() -> None:
    tail = Tail(after_seq=0, size=3)
    tail.extend([(number, label(number), False) for number in range(1, 6)])
    assert tail.read("c1", 1) is None
    recent = tail.read("c1", 2)
    assert recent is not None
    assert recent["seq"].tolist() == [3, 4, 5]
    assert tail.read("c2", 2)["seq"].tolist() == []  # type: ignore[index]


def test_news_are_the_same_from_memory_and_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.duckdb"
    back = label(4, kind=EventKind.UNDO, answer="", undoes="e5")
    with LabelStore.open(path) as store:
        store.create_campaign(Campaign("c1", "Spirals", "?", ("spiral", "other")))
        store.append([label(1), label(2, score=0.5), label(3, question="")])
        store.append([back, label(5)])  # the undo came before its label
        recent = store.news("c1", after_seq=1)
    with LabelStore.open(path) as store:
        stored = store.news("c1", after_seq=1)
    columns = ["seq", "event_id", "kind", "answer", "explicit", "reason", "undoes", "question", "undone"]
    assert {name: recent[name].tolist() for name in columns} == {
        name: stored[name].tolist() for name in columns
    }
    assert recent["undone"].tolist() == [False, False, False, True]
