"""Classification exports of Zooniverse."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import pytest

from galcore.exchange import take_in
from galcore.export.votes import vote_rows
from galcore.labels import LabelStore
from galcore.questions import built_in_trees
from galcore.types import Campaign, GalcoreError

TREE = Campaign(
    "t", "Tree", "?", ("smooth", "featured-or-disk", "artifact"), "tree", tree=built_in_trees()["gzd5"]
)
SEVERAL = Campaign("m", "Features", "?", ("Ring", "Lens or arc"), "multilabel")
BARS = Campaign("b", "Bars", "?", ("bar", "no bar"))
KNOWN = frozenset({"J100000.00+010000.0", "007"})
COLUMNS = ("classification_id", "user_name", "created_at", "annotations", "subject_data")


NUMBERS = itertools.count(1)


def classification(user, subject, annotations, *, at="2017-05-01 12:00:00 UTC"):
    number = next(NUMBERS)
    subject_data = json.dumps({str(5000 + number): {"retired": None, **subject}})
    told = annotations if isinstance(annotations, str) else json.dumps(annotations)
    return (str(number), user, at, told, subject_data)


def task(name, label, value):
    return {"task": name, "task_label": label, "value": value}


@pytest.fixture
def store(tmp_path: Path):
    with LabelStore.open(tmp_path / "labels.duckdb") as opened:
        for campaign in (TREE, SEVERAL, BARS):
            opened.create_campaign(campaign)
        yield opened


@pytest.fixture
def export(tmp_path: Path):
    def write(*rows) -> Path:
        path = tmp_path / "classifications.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
        return path

    return write


J100 = {"iauname": "J100000.00+010000.0", "ra": 150.0}


def test_tasks_are_matched_by_name_or_by_words_and_subjects_by_any_field(store, export):
    file = export(
        classification("vera", J100, [
            task("T0", "Smooth or featured?", "**Featured or Disk** ![](https://example.org/a.png)"),
            task("T2", "Could this be a disk viewed edge-on?", "Yes"),
            task("T9", "Draw the centre", [{"x": 1.0, "y": 2.0, "tool": 0}]),
        ]),
        classification("not-logged-in-abc", {"Filename": "007.png"}, [task("T0", "", "Smooth")]),
    )  # fmt: skip
    brought = take_in(
        store, file, TREE, known=KNOWN, tasks={"T0": "smooth-or-featured", "T2": "disk-edge-on"}
    )
    assert (brought.format, brought.n_new, brought.left_out) == ("zooniverse", 3, ())
    rows = vote_rows(store.history("t"))
    assert rows[["galaxy_id", "annotator", "question", "answer"]].to_numpy().tolist() == [
        ["J100000.00+010000.0", "vera", "smooth-or-featured", "featured-or-disk"],
        ["J100000.00+010000.0", "vera", "disk-edge-on", "yes"],
        ["007", "not-logged-in-abc", "smooth-or-featured", "smooth"],
    ]
    assert rows["created_at"].tolist() == ["2017-05-01T12:00:00.000000+00:00"] * 3
    assert take_in(store, file, TREE, known=KNOWN, tasks={"T0": "smooth-or-featured"}).n_new == 0


def test_the_question_is_guessed_and_the_guess_is_told(store, export):
    file = export(
        classification("vera", J100, [task("T7", "Anything?", "No bar"), task("T8", "Colour?", "Blue")])
    )
    brought = take_in(store, file, BARS, known=KNOWN)
    assert brought.n_new == 1 and vote_rows(store.history("b"))["answer"].tolist() == ["no bar"]
    assert "task T7 was taken as 'Bars'" in brought.notes
    assert "galaxies were found by the subjects' field 'iauname'" in brought.notes


def test_several_choices_are_a_yes_or_a_no_to_each(store, export):
    file = export(
        classification("vera", J100, [task("T1", "Odd?", ["Lens or arc", "Something else"])]),
        classification("eva", J100, [task("T1", "Odd?", [])]),
    )
    brought = take_in(store, file, SEVERAL, known=KNOWN)
    rows = vote_rows(store.history("m"))
    assert brought.n_new == 4
    assert rows[["annotator", "question", "answer"]].to_numpy().tolist() == [
        ["vera", "Ring", "no"], ["vera", "Lens or arc", "yes"],
        ["eva", "Ring", "no"], ["eva", "Lens or arc", "no"],
    ]  # fmt: skip


def test_tasks_of_a_combined_page_are_read_too(store, export):
    file = export(classification("vera", J100, [{"task": "T5", "value": [task("T0", "?", "bar")]}]))
    assert take_in(store, file, BARS, known=KNOWN).n_new == 1


def test_unknown_subjects_second_looks_and_broken_rows_are_named(store, export):
    bar = [task("T0", "A bar?", "bar")]
    file = export(
        classification("vera", J100, bar),
        classification("vera", J100, [task("T0", "A bar?", "no bar")], at="2018-01-01 00:00:00 UTC"),
        classification("eva", {"iauname": "elsewhere"}, bar),
        classification("eva", J100, "not json"),
        classification("eva", J100, bar, at="never"),
        classification("", J100, bar),
        classification("max", J100, [task("T0", "A bar?", "Perhaps")]),
    )
    brought = take_in(store, file, BARS, known=KNOWN)
    assert brought.n_new == 1 and vote_rows(store.history("b"))["answer"].tolist() == ["bar"]
    assert [item.source.removeprefix("classifications.csv, ") for item in brought.left_out] == [
        "line 3", "line 4, column subject_data", "line 5, column annotations",
        "line 6, column created_at", "line 7, column user_name", "line 8, column annotations",
    ]  # fmt: skip
    assert "iauname=elsewhere" in brought.left_out[1].reason


def test_a_task_that_fits_nothing_and_a_question_that_is_not_there_are_explained(store, export):
    file = export(classification("vera", J100, [task("T0", "Colour?", "Blue")]))
    with pytest.raises(GalcoreError, match=r"T0: 'Colour\?'.*--task"):
        take_in(store, file, BARS, known=KNOWN)
    with pytest.raises(GalcoreError, match="has no question 'colour'"):
        take_in(store, file, TREE, known=KNOWN, tasks={"T0": "colour"})


def test_a_subject_without_the_named_field_is_left_out(store, export):
    file = export(classification("vera", J100, [task("T0", "A bar?", "bar")]))
    brought = take_in(store, file, BARS, known=KNOWN, subject_key="name")
    assert brought.n_new == 0 and "has no field 'name'" in brought.left_out[0].reason
