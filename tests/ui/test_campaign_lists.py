"""Lists that people paste into a campaign: what is taken, and what is said about the rest."""

from __future__ import annotations

import pandas as pd
import pytest

from galcore.types import ExampleImage, GalcoreError, GoldItem
from galcore.ui.campaigns.lists import (
    Condition,
    filter_columns,
    ids_as_text,
    matching_ids,
    read_examples,
    read_gold,
    read_ids,
)

KNOWN = {"A1", "B2", "NGC 1300", "odd, name", "<b>x</b>"}
YES_NO = {"": ("yes", "no")}


@pytest.mark.parametrize(
    "text",
    ["A1\nB2", "A1, B2", "galaxy_id,ra\nA1,10\nB2,11", "ra\tSourceID\n1\tA1\n2\tB2", "\n A1 \n\nB2\nA1\n"],
)
def test_ids_are_read_from_lines_commas_and_tables(text: str) -> None:
    assert read_ids(text, KNOWN).known == ("A1", "B2")


def test_ids_with_blanks_commas_and_markup_come_back_as_they_are() -> None:
    ids = ("NGC 1300", "odd, name", "<b>x</b>")
    assert read_ids(ids_as_text(ids), KNOWN).known == ids


def test_unknown_ids_are_reported_and_none_is_dropped_silently() -> None:
    listed = read_ids("A1\n../etc/passwd\n'; DROP TABLE labels", KNOWN)
    assert listed.known == ("A1",)
    assert listed.unknown == ("../etc/passwd", "'; DROP TABLE labels")


def test_nothing_is_an_empty_list() -> None:
    assert read_ids(" \n ", KNOWN) == read_ids("", KNOWN)
    assert read_ids("", KNOWN).known == ()


def test_a_list_that_is_none_is_said_in_words() -> None:
    with pytest.raises(GalcoreError, match="one galaxy id a line"):
        read_ids("x" * 200_000, KNOWN)


def test_a_caption_may_have_commas() -> None:
    examples, problems = read_examples("A1, a bar, and a ring\nZ9, what", KNOWN)
    assert examples == (ExampleImage("A1", "a bar, and a ring"),)
    assert problems == ("Examples, line 2: there is no galaxy 'Z9' in this workspace.",)


def test_gold_lines_name_what_is_wrong_with_them() -> None:
    items, problems = read_gold("galaxy_id,answer\nA1,Yes\nB2,maybe\nZ9,no", known=KNOWN, questions=YES_NO)
    assert items == (GoldItem("A1", "yes"),)
    assert "line 3" in problems[0]
    assert "'maybe' is not an answer" in problems[0]
    assert "no galaxy 'Z9'" in problems[1]


def test_gold_of_several_features_is_a_yes_to_the_feature() -> None:
    questions = {"bar": ("yes", "no"), "ring": ("yes", "no")}
    items, problems = read_gold("A1,ring\nA1,no,bar", known=KNOWN, questions=questions)
    assert items == (GoldItem("A1", "yes", "ring"), GoldItem("A1", "no", "bar"))
    assert problems == ()


def test_gold_of_a_tree_answers_its_first_question_unless_told() -> None:
    questions = {"smooth": ("smooth", "featured"), "bar": ("bar", "none")}
    items, problems = read_gold("A1,featured\nB2,bar,bar\nB2,x,spin", known=KNOWN, questions=questions)
    assert items == (GoldItem("A1", "featured", "smooth"), GoldItem("B2", "bar", "bar"))
    assert "no question 'spin'" in problems[0]


def test_the_last_of_two_gold_answers_counts() -> None:
    items, _ = read_gold("A1,yes\nA1,no", known=KNOWN, questions=YES_NO)
    assert items == (GoldItem("A1", "no"),)


@pytest.fixture
def catalog() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "galaxy_id": ["a", "b", "c", "d"],
            "z": [0.1, 0.2, None, 0.4],
            "kind": ["E", "S", "S", None],
            "barred": [True, False, True, True],
            "source": ["f1", "f2", "f3", "f4"],
            "nothing": [None] * 4,
        }
    )


def test_a_query_takes_ranges_with_both_ends_and_leaves_out_missing_values(catalog: pd.DataFrame) -> None:
    assert matching_ids(catalog, [Condition("z", low=0.1, high=0.2)]) == ("a", "b")
    assert matching_ids(catalog, [Condition("z", high=0.3), Condition("kind", values=("S",))]) == ("b",)
    assert matching_ids(catalog, [Condition("barred", values=("True",))]) == ("a", "c", "d")
    assert matching_ids(catalog, []) == ("a", "b", "c", "d")


def test_only_columns_one_can_ask_by_are_offered(catalog: pd.DataFrame) -> None:
    assert filter_columns(catalog) == {"z": (), "kind": ("E", "S"), "barred": ("False", "True")}
