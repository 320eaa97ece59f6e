"""What each mode of a campaign asks, and whether an answer is one of those allowed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from galcore.questions.question import MULTILABEL_ANSWERS, Question
from galcore.questions.tree import DecisionTree, read_tree
from galcore.types import GRADE_ANSWERS, INTEREST_ANSWERS, Campaign, CampaignMode, GalcoreError

_FIXED: dict[str, tuple[str, ...]] = {"interest": INTEREST_ANSWERS, "grades": GRADE_ANSWERS}
_LEAST = {"binary": 2, "multiclass": 2, "multilabel": 1}
MODES = ("binary", "multiclass", "multilabel", "interest", "grades", "tree")


def questions_of(campaign: Campaign) -> tuple[Question, ...]:
    """The questions that the labels of a campaign answer.

    One without a name in modes with a single question; one an answer, with ``yes`` and ``no``, in
    ``multilabel``; those of the decision tree, the first one first, in ``tree``.

    >>> campaign = Campaign("c", "Bars", "Is it barred?", ("bar", "no bar"))
    >>> [question.answers for question in questions_of(campaign)]
    [('bar', 'no bar')]

    Raises:
        GalcoreError: If the tree cannot be read.
    """
    return _questions(campaign.mode, campaign.question, campaign.answers, campaign.tree)


def tree_of(campaign: Campaign) -> DecisionTree | None:
    """The decision tree of a campaign in mode ``tree``; else ``None``."""
    return read_tree(campaign.tree) if campaign.mode == "tree" else None


def next_question(campaign: Campaign, answers: Mapping[str, str]) -> Question | None:
    """The question to ask one person after these answers (by name); ``None`` when the galaxy is done."""
    tree = tree_of(campaign)
    if tree is not None:
        return tree.next_question(answers)
    return next((each for each in questions_of(campaign) if each.name not in answers), None)


def fixed_answers(mode: CampaignMode, tree: str = "") -> tuple[str, ...] | None:
    """Answers that a mode brings along (interest, grades, and tree: those of its first question).

    >>> fixed_answers("grades")
    ('A', 'B', 'C', 'X')

    Returns:
        ``None`` where the maker of the campaign chooses them.
    """
    if mode == "tree":
        return read_tree(tree).root.answers
    return _FIXED.get(mode)


def check_answer(campaign: Campaign, question: str, answer: str) -> None:
    """Refuse an answer that the campaign does not allow.

    Args:
        campaign: As it stands.
        question: As :class:`~galcore.types.LabelEvent` carries it.
        answer: What a person said.

    Raises:
        GalcoreError: If the campaign does not ask the question, or the answer is none of its answers; the
            message names what is allowed.
    """
    asked = {each.name: each for each in questions_of(campaign)}
    if question not in asked:
        raise GalcoreError(
            f"campaign {campaign.name!r} does not ask {question!r}; it asks {_listed(tuple(asked))}"
            if any(asked)
            else f"campaign {campaign.name!r} asks one question, without a name, not {question!r}"
        )
    if answer not in asked[question].answers:
        about = f"question {question!r}" if question else f"campaign {campaign.name!r}"
        raise GalcoreError(f"{answer!r} is no answer of {about}; allowed: {_listed(asked[question].answers)}")


def validate_questions(campaign: Campaign) -> None:
    """Check that mode, answers and tree of a campaign fit together.

    Raises:
        GalcoreError: If they do not; the message says what to give instead.
    """
    name, mode, answers = campaign.name, campaign.mode, campaign.answers
    if mode not in MODES:
        raise GalcoreError(f"Campaign {name!r} has the mode {mode!r}; there are {_listed(MODES)}.")
    if mode != "tree" and campaign.tree.strip():
        raise GalcoreError(f"Campaign {name!r} has a decision tree but is {mode}: make its mode tree.")
    fixed = fixed_answers(mode, campaign.tree)
    if fixed is not None:
        if answers != fixed:
            what = "the first question of its tree has" if mode == "tree" else f"{mode} has"
            raise GalcoreError(
                f"Campaign {name!r}: its answers are {_listed(answers)}; {what} {_listed(fixed)}."
            )
        return
    if any(not answer.strip() for answer in answers) or len(set(answers)) != len(answers):
        raise GalcoreError(
            f"Campaign {name!r}: answers are {_listed(answers)}; all must differ, none be empty."
        )
    if len(answers) < _LEAST[mode]:
        raise GalcoreError(
            f"Campaign {name!r} has {len(answers)} answers; {mode} needs at least {_LEAST[mode]}."
        )
    if mode == "binary" and len(answers) != 2:
        raise GalcoreError(
            f"Campaign {name!r} is binary and has {len(answers)} answers: give two, or make it multiclass."
        )


@lru_cache(maxsize=256)
def _questions(mode: str, text: str, answers: tuple[str, ...], tree: str) -> tuple[Question, ...]:
    if mode == "tree":
        return read_tree(tree).questions
    if mode == "multilabel":
        return tuple(Question(answer, answer, MULTILABEL_ANSWERS, ("", "")) for answer in answers)
    return (Question("", text, answers, ("",) * len(answers)),)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in names) or "none"
