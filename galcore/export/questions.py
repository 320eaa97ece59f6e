"""Questions of a campaign and the columns that hold their answers, named as in Galaxy Zoo tables."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from galcore.export.names import answer_slugs, distinct, slug
from galcore.questions import questions_of
from galcore.types import Campaign


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question with its answers.

    Attributes:
        name: As in :attr:`galcore.types.LabelEvent.question`; empty where a campaign asks a single one.
        column: Prefix of its columns.
        answers: What may be answered.
        answer_columns: Second part of the column of each answer.
    """

    name: str
    column: str
    answers: tuple[str, ...]
    answer_columns: tuple[str, ...]

    def votes_column(self, answer: str) -> str:
        """Column with the votes for an answer."""
        return f"{self.column}_{self.answer_columns[self.answers.index(answer)]}"


# Share of people who would be asked a question, named as in the catalogue of Walmsley et al. (2022).
ASKED_COLUMN = "proportion_volunteers_asked"


def probability_columns(question: AskedQuestion) -> tuple[str, ...]:
    """Columns with the model's probability of each answer.

    ``probability_ANSWER`` where a campaign asks a single question, ``QUESTION_ANSWER_probability`` beside the
    columns of the votes where questions have names.
    """
    if not question.name:
        return tuple(f"probability_{name}" for name in question.answer_columns)
    return tuple(f"{question.votes_column(answer)}_probability" for answer in question.answers)


def asked_questions(campaign: Campaign, votes: pd.DataFrame | None = None) -> tuple[AskedQuestion, ...]:
    """Every question of a campaign, in the order in which they are asked.

    Args:
        campaign: Names questions and answers.
        votes: Answers that were given; a question or an answer that only occurs there comes last, so that
            nothing that was said is missing from a table.
    """
    asked = {question.name: question.answers for question in questions_of(campaign)}
    if votes is not None and len(votes):
        given = votes[["question", "answer"]].drop_duplicates().itertuples(index=False)
        for question, answer in given:
            known = asked.setdefault(str(question), ())
            if answer not in known:
                asked[str(question)] = (*known, str(answer))
    otherwise = slug(campaign.name, otherwise="question")
    columns = distinct(
        (slug(name, otherwise=f"question-{place}") if name else otherwise)
        for place, name in enumerate(asked, start=1)
    )
    return tuple(
        AskedQuestion(name, column, answers, answer_slugs(answers))
        for (name, answers), column in zip(asked.items(), columns, strict=True)
    )
