"""What the learner learns of a campaign: which answers to which question are its classes."""

from __future__ import annotations

from galcore.questions import MULTILABEL_ANSWERS, questions_of
from galcore.types import Campaign

INTERESTING_FROM = 3  # on the scale 0-5
_POSITIVE_GRADES = ("A", "B")


def learned_answers(campaign: Campaign) -> tuple[str, ...]:
    """Names of the classes, in the order of the columns of the model's probabilities; the wanted one first.

    >>> learned_answers(Campaign("c", "Rare", "How interesting?", ("0", "1", "2", "3", "4", "5"), "interest"))
    ('interest 3-5', 'interest 0-2')
    """
    if campaign.mode == "multilabel":
        first = campaign.answers[0]
        return (first, f"no {first}")
    if campaign.mode == "interest":
        return (f"interest {INTERESTING_FROM}-5", f"interest 0-{INTERESTING_FROM - 1}")
    if campaign.mode == "grades":
        return ("A or B", "C or X")
    return campaign.answers


def class_of(campaign: Campaign) -> dict[tuple[str, str], int]:
    """Class of each (question, answer) that is learned; answers to other questions are not.

    One question: its answers; interest: 3 and more against less; grades: A and B against C and X. Several at
    once: whether the first answer was given. Decision tree: the answers of its first question.
    """
    answers = campaign.answers
    if campaign.mode == "multilabel":
        return {(answers[0], said): place for place, said in enumerate(MULTILABEL_ANSWERS)}
    if campaign.mode == "interest":
        return {("", answer): int(int(answer) < INTERESTING_FROM) for answer in answers}
    if campaign.mode == "grades":
        return {("", answer): int(answer not in _POSITIVE_GRADES) for answer in answers}
    first = questions_of(campaign)[0].name
    return {(first, answer): place for place, answer in enumerate(answers)}
