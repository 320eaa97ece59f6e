"""Labels that come as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from galcore.labels import LabelStore
from galcore.labels.tables import ImportedLabels, import_labels
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        opened.create_campaign(Campaign("c1", "Spirals", "?", ("Spiral", "Other")))
        yield opened


def bring(store: LabelStore, galaxies: list[object], answers: list[object], **more: object) -> ImportedLabels:
    frame = pd.DataFrame(
        {"galaxy_id": pd.Series(galaxies, dtype=object), "answer": pd.Series(answers, dtype=object)}
    )
    return import_labels(store, frame, campaign_id="c1", annotator="Nair 2010", **more)  # type: ignore[arg-type]


def answers_of(store: LabelStore) -> dict[str, str]:
    current = store.current("c1")
    return dict(zip(current.galaxy_id, current.answer, strict=True))


def test_a_table_becomes_the_labels_of_its_annotator(store: LabelStore) -> None:
    done = bring(store, ["587722981736120347", "007"], ["spiral", " OTHER "])
    assert (done.n_new, done.n_known, done.left_out) == (2, 0, ())
    assert answers_of(store) == {"587722981736120347": "Spiral", "007": "Other"}
    assert set(store.current("c1").annotator) == {"Nair 2010"}


def test_the_same_table_again_stores_nothing(store: LabelStore) -> None:
    bring(store, ["g1", "g2"], ["Spiral", "Other"])
    again = bring(store, ["g1", "g2"], ["Spiral", "Other"])
    assert (again.n_new, again.n_known) == (0, 2)


def test_a_corrected_table_replaces_answers_and_may_go_back(store: LabelStore) -> None:
    for answer in ("Spiral", "Other", "Spiral"):
        assert bring(store, ["g1"], [answer]).n_new == 1
        assert answers_of(store) == {"g1": answer}


def test_an_answer_that_was_undone_can_be_imported_again(store: LabelStore) -> None:
    bring(store, ["g1"], ["Spiral"])
    given = store.current("c1").event_id.iloc[0]
    store.append([LabelEvent("undo", "c1", "g1", "Nair 2010", EventKind.UNDO, undoes=given)])
    assert bring(store, ["g1"], ["Spiral"]).n_new == 1
    assert answers_of(store) == {"g1": "Spiral"}


def test_rows_that_cannot_be_taken_are_named_and_the_rest_goes_on(store: LabelStore) -> None:
    done = bring(
        store,
        ["g1", None, "g2", "g3", "g9"],
        ["spiral", "spiral", "quasar", None, "other"],
        known_galaxies={"g1", "g2"},
    )
    assert done.n_new == 1
    assert [(item.source, item.reason) for item in done.left_out] == [
        ("row 1", "no galaxy id"),
        ("g2", "quasar is not one of Spiral, Other"),
        ("g3", "None is not one of Spiral, Other"),
        ("g9", "no such galaxy in the catalogue"),
    ]


def test_a_missing_column_is_named(store: LabelStore) -> None:
    with pytest.raises(GalcoreError, match="no column 'answer'"):
        import_labels(store, pd.DataFrame({"galaxy_id": ["g1"]}), campaign_id="c1", annotator="x")
