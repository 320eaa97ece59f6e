"""How far people agree. One definition for page and report: on what the random stream assigned to several."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus import (
    Agreement,
    Answers,
    Votes,
    agreement_of,
    metric_of,
    on_random_overlap,
    split_answers,
)
from galcore.consensus.agreement import Metric
from galcore.export.questions import AskedQuestion
from galcore.types import Campaign


def answers_to(campaign: Campaign, history: pd.DataFrame, question: AskedQuestion) -> Answers:
    """What was said to one question: votes, answers to gold items and to second looks, decisions.

    Args:
        campaign: Its gold items are the truth.
        history: Every event.
        question: Which.
    """
    truth = {item.galaxy_id: item.answer for item in campaign.gold if item.question == question.name}
    return split_answers(history, question=question.name, gold=truth)


def random_agreement(
    votes: pd.DataFrame, answers: tuple[str, ...], *, metric: Metric = "nominal", n_bootstrap: int = 500
) -> Agreement:
    """Agreement on the galaxies that the random stream gave to two people or more.

    Galaxies that the model or a person chose are easier or harder than the rest; agreement on them says
    nothing about the campaign.

    Args:
        votes: Of one question, see :func:`answers_to`.
        answers: That it allows, in the order of the scale where it has one.
        metric: Distance between answers.
        n_bootstrap: Resamplings of galaxies for the interval.
    """
    counts = Votes.from_frame(on_random_overlap(votes), answers).counts()
    return agreement_of(counts, metric=metric, n_bootstrap=n_bootstrap)


def pair_agreement(votes: pd.DataFrame, answers: tuple[str, ...]) -> pd.DataFrame:
    """Every two people with galaxies in common that the random stream gave to both.

    Args:
        votes: Of one question, see :func:`answers_to`.
        answers: That it allows.

    Returns:
        Columns ``first``, ``second``, ``n_galaxies`` in common, ``percent`` equal, ``kappa`` (Cohen 1960).
    """
    given = Votes.from_frame(on_random_overlap(votes), answers)
    shape = (given.n_people, given.n_answers, given.n_people, given.n_answers)
    incidence = given.incidence()
    joint = (incidence.T @ incidence).toarray().reshape(shape)
    rows = []
    for first, second in itertools.combinations(range(given.n_people), 2):
        table = joint[first, :, second]
        if n := int(table.sum()):
            equal = 100 * float(np.trace(table)) / n
            rows.append((given.people[first], given.people[second], n, equal, cohen_kappa(table)))
    frame = pd.DataFrame(rows, columns=["first", "second", "n_galaxies", "percent", "kappa"])
    return frame.sort_values("n_galaxies", ascending=False, ignore_index=True)


def cohen_kappa(joint: NDArray) -> float:
    """Cohen's kappa ``(p_o - p_e) / (1 - p_e)`` of two people.

    Args:
        joint: Galaxies by the answer of the one and of the other, ``(K, K)``.

    Returns:
        1 perfect, 0 chance; NaN when both always gave one and the same answer, or share nothing.

    >>> round(cohen_kappa(np.array([[2, 0], [1, 1]])), 3)
    0.5
    """
    n = int(joint.sum())
    expected = float(joint.sum(axis=1) @ joint.sum(axis=0)) / n**2 if n else 1.0
    if expected >= 1:
        return float("nan")
    return (float(np.trace(joint)) / n - expected) / (1 - expected)


@dataclass(frozen=True, slots=True, eq=False)
class QuestionAgreement:
    """How far people agree about one question.

    Attributes:
        overall: Of everybody, on the random overlap.
        pairs: Of every two, there too; see :func:`pair_agreement`.
        n_shared: Galaxies with votes of two people or more, however they came to them.
    """

    overall: Agreement
    pairs: pd.DataFrame
    n_shared: int


def question_agreement(
    campaign: Campaign, history: pd.DataFrame, question: AskedQuestion
) -> QuestionAgreement:
    """Agreement about one question of a campaign, from every event of it."""
    votes = answers_to(campaign, history, question).votes
    return QuestionAgreement(
        overall=random_agreement(votes, question.answers, metric=metric_of(campaign.mode)),
        pairs=pair_agreement(votes, question.answers),
        n_shared=int((votes.groupby("galaxy_id").size() >= 2).sum()),
    )
