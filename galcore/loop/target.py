"""What the learner learns of a campaign: every question, and which of them its grids are chosen for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from galcore.questions import Question, questions_of
from galcore.types import ALL_QUESTIONS, Campaign

INTERESTING_FROM = 3  # on the scale 0-5
_GRADE_VALUES = (3.0, 2.0, 1.0, 0.0)  # A, B, C, X
_WANTED_GRADE = 2.0


@dataclass(frozen=True, slots=True)
class Target:
    """One question as it is learned, by a model of its own on the features that all of them share.

    Attributes:
        question: As label events carry it.
        answers: Classes of its model.
        led_here: Place of a question and of that answer to it which lead here, for each of them; none: it is
            asked of every galaxy.
        values: Of the answers, where they lie on a scale; empty for classes.
        wanted_from: On a scale, the lowest value that is looked for.
    """

    question: str
    answers: tuple[str, ...]
    led_here: tuple[tuple[int, int], ...] = ()
    values: tuple[float, ...] = ()
    wanted_from: float = 0.0

    @property
    def example_of(self) -> int:
        """Place of the answer that an example galaxy counts as: the first, or the highest on a scale."""
        return self.values.index(max(self.values)) if self.values else 0

    @property
    def sides(self) -> tuple[int, ...]:
        """For each answer of a scale, 0 where it is looked for and 1 where not; for classes, their places."""
        if not self.values:
            return tuple(range(len(self.answers)))
        return tuple(int(value < self.wanted_from) for value in self.values)


def targets_of(campaign: Campaign) -> tuple[Target, ...]:
    """Every question of a campaign as it is learned, in the order in which they stand.

    >>> [target.question for target in targets_of(Campaign("c", "", "", ("bar", "ring"), "multilabel"))]
    ['bar', 'ring']
    """
    if campaign.mode == "interest":
        values = tuple(float(answer) for answer in campaign.answers)
        return (Target("", campaign.answers, values=values, wanted_from=INTERESTING_FROM),)
    if campaign.mode == "grades":
        return (Target("", campaign.answers, values=_GRADE_VALUES, wanted_from=_WANTED_GRADE),)
    return _targets(questions_of(campaign))


@lru_cache(maxsize=256)
def _targets(questions: tuple[Question, ...]) -> tuple[Target, ...]:
    return tuple(
        Target(
            asked.name,
            asked.answers,
            led_here=tuple(
                (place, answer)
                for place, before in enumerate(questions)
                for answer, target in enumerate(before.leads_to)
                if target and target == asked.name
            ),
        )
        for asked in questions
    )


def focus_of(campaign: Campaign) -> int:
    """Place of the question that the grids and the figures are about; the first one where all are mixed."""
    names = [target.question for target in targets_of(campaign)]
    return names.index(campaign.focus) if campaign.focus in names else 0


def learns_for_all(campaign: Campaign) -> bool:
    """Whether grids are chosen for all questions together."""
    return campaign.focus == ALL_QUESTIONS and len(targets_of(campaign)) > 1


def columns_of(campaign: Campaign) -> dict[tuple[str, str], int]:
    """Number of each (question, answer) among the answers of all targets, one after the other."""
    pairs = [(target.question, answer) for target in targets_of(campaign) for answer in target.answers]
    return {pair: column for column, pair in enumerate(pairs)}


def learned_answers(campaign: Campaign) -> tuple[str, ...]:
    """Names of the classes of the question in focus, the wanted one first.

    >>> learned_answers(Campaign("c", "Rare", "How interesting?", ("0", "1", "2", "3", "4", "5"), "interest"))
    ('interest 3-5', 'interest 0-2')
    """
    if campaign.mode == "multilabel":
        wanted = campaign.answers[focus_of(campaign)]
        return (wanted, f"no {wanted}")
    if campaign.mode == "interest":
        return (f"interest {INTERESTING_FROM}-5", f"interest 0-{INTERESTING_FROM - 1}")
    if campaign.mode == "grades":
        return ("A or B", "C or X")
    return targets_of(campaign)[focus_of(campaign)].answers


def class_of(campaign: Campaign) -> dict[tuple[str, str], int]:
    """Class of each (question, answer) that settles the question in focus.

    Its answers, on a scale whether they are looked for. Where the question lies further down a tree, one
    class more: an answer further up from which no way leads to it, so that the galaxy will not be asked.
    """
    targets, focus = targets_of(campaign), focus_of(campaign)
    asked = targets[focus]
    classes = {
        (asked.question, answer): side for answer, side in zip(asked.answers, asked.sides, strict=True)
    }
    if asked.led_here:
        above = questions_above(targets, focus)
        leading = {pair for place in (*above, focus) for pair in targets[place].led_here}
        for place in above:
            for number, answer in enumerate(targets[place].answers):
                if (place, number) not in leading:
                    classes[(targets[place].question, answer)] = len(asked.answers)
    return classes


def questions_above(targets: Sequence[Target], place: int) -> tuple[int, ...]:
    """Places of the questions from which a way leads to one."""
    found: list[int] = []
    ahead = [place]
    while ahead:
        for before, _ in targets[ahead.pop()].led_here:
            if before not in found:
                found.append(before)
                ahead.append(before)
    return tuple(found)
