"""What each mode asks, and which answers it allows."""

from __future__ import annotations

import dataclasses

import pytest

from galcore.questions import (
    built_in_trees,
    check_answer,
    fixed_answers,
    next_question,
    questions_of,
    tree_of,
    validate_questions,
)
from galcore.types import GRADE_ANSWERS, INTEREST_ANSWERS, Campaign, GalcoreError

GZD5 = built_in_trees()["gzd5"]
BINARY = Campaign("c", "Bars", "Is it barred?", ("bar", "no bar"))
KINDS = dataclasses.replace(BINARY, mode="multiclass", answers=("disc", "ball", "odd"))
SEVERAL = dataclasses.replace(BINARY, mode="multilabel", answers=("bar", "ring", "tail"))
INTEREST = dataclasses.replace(BINARY, mode="interest", answers=INTEREST_ANSWERS)
GRADES = dataclasses.replace(BINARY, mode="grades", answers=GRADE_ANSWERS)
TREE = dataclasses.replace(BINARY, mode="tree", tree=GZD5, answers=("smooth", "featured-or-disk", "artifact"))


@pytest.mark.parametrize("campaign", [BINARY, KINDS, SEVERAL, INTEREST, GRADES, TREE], ids=lambda c: c.mode)
def test_every_mode_takes_its_own_answers(campaign: Campaign) -> None:
    validate_questions(campaign)
    for question in questions_of(campaign):
        for answer in question.answers:
            check_answer(campaign, question.name, answer)


def test_modes_with_one_question_leave_its_name_empty() -> None:
    for campaign in (BINARY, KINDS, INTEREST, GRADES):
        (question,) = questions_of(campaign)
        assert (question.name, question.text, question.answers) == ("", "Is it barred?", campaign.answers)
        assert tree_of(campaign) is None


def test_several_at_once_ask_yes_or_no_of_each() -> None:
    assert [(each.name, each.answers) for each in questions_of(SEVERAL)] == [
        ("bar", ("yes", "no")),
        ("ring", ("yes", "no")),
        ("tail", ("yes", "no")),
    ]


def test_the_next_question_follows_the_mode() -> None:
    asked = next_question(SEVERAL, {"bar": "yes"})
    assert asked is not None
    assert asked.name == "ring"
    assert next_question(BINARY, {"": "bar"}) is None
    deeper = next_question(TREE, {"smooth-or-featured": "smooth"})
    assert deeper is not None
    assert deeper.name == "how-rounded"


@pytest.mark.parametrize(
    ("campaign", "question", "answer", "message"),
    [
        (BINARY, "", "maybe", "allowed: 'bar', 'no bar'"),
        (BINARY, "ring", "bar", "asks one question, without a name"),
        (SEVERAL, "bar", "bar", "allowed: 'yes', 'no'"),
        (SEVERAL, "", "yes", "it asks 'bar', 'ring', 'tail'"),
        (INTEREST, "", "6", "allowed: '0', '1'"),
        (GRADES, "", "D", "allowed: 'A', 'B', 'C', 'X'"),
        (TREE, "bar", "yes", "allowed: 'strong', 'weak', 'no'"),
        (TREE, "", "smooth", "it asks 'smooth-or-featured'"),
    ],
)
def test_another_answer_is_refused_with_those_allowed(
    campaign: Campaign, question: str, answer: str, message: str
) -> None:
    with pytest.raises(GalcoreError) as refused:
        check_answer(campaign, question, answer)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"answers": ("bar",)}, "at least 2"),
        ({"answers": ("bar", "ring", "tail")}, "is binary and has 3"),
        ({"answers": ("bar", "bar")}, "all must differ"),
        ({"answers": ("bar", " ")}, "none be empty"),
        ({"mode": "ternary"}, "'ternary'"),
        ({"mode": "multilabel", "answers": ()}, "at least 1"),
        ({"mode": "interest"}, "interest has '0', '1'"),
        ({"mode": "grades", "answers": ("A", "B")}, "grades has 'A'"),
        ({"mode": "tree"}, "no question"),
        ({"mode": "tree", "tree": GZD5}, "the first question of its tree has 'smooth'"),
        ({"tree": GZD5}, "make its mode tree"),
    ],
)
def test_a_campaign_whose_answers_do_not_fit_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(GalcoreError) as refused:
        validate_questions(dataclasses.replace(BINARY, **changes))  # type: ignore[arg-type]
    assert message in str(refused.value)


def test_modes_bring_their_answers_along() -> None:
    assert fixed_answers("interest") == INTEREST_ANSWERS
    assert fixed_answers("tree", GZD5) == TREE.answers
    assert fixed_answers("binary") is None
