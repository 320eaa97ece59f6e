"""What the votes on a question come to, how good each person is, and which labels to look at again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from galcore.consensus import (
    Agreement,
    Answers,
    Consensus,
    LikelyError,
    PersonSkill,
    Voice,
    Votes,
    likely_errors,
    metric_of,
    person_skills,
    reach_consensus,
)
from galcore.consensus.decisions import settle
from galcore.consensus.rule import LEAST_SHARED
from galcore.export.questions import AskedQuestion, asked_questions
from galcore.review.agreement import answers_to, random_agreement
from galcore.review.campaign import CampaignReview
from galcore.review.decision import decided_answers
from galcore.types import Interval, Progress, ProgressCallback

_LOOKING = "labels to look at again"


@dataclass(frozen=True, slots=True, eq=False)
class QuestionConsensus:
    """The consensus on one question.

    Attributes:
        question: Which.
        answers: What was said, by what it may be used for.
        votes: Those that count, weighed as owners chose.
        consensus: The best that the votes allow; where somebody decided, the decision.
        people: That of people alone.
        has_model: Whether a model knows any of the galaxies.
        hears_model: Whether the campaign lets it speak in the consensus.
        skills: One a person; skill means nothing where the method is ``majority``.
        agreement: On the random overlap.
        errors: Labels of people alone that a model which did not see them finds unlikely; worst first.
    """

    question: AskedQuestion
    answers: Answers
    votes: Votes
    consensus: Consensus
    people: Consensus
    has_model: bool
    hears_model: bool
    skills: tuple[PersonSkill, ...]
    agreement: Agreement
    errors: tuple[LikelyError, ...]

    @property
    def is_testable(self) -> bool:
        """Whether enough galaxies are shared to find out if the model is informative."""
        return int((self.consensus.n_votes >= 2).sum()) >= LEAST_SHARED


def reviewed_question(review: CampaignReview) -> AskedQuestion:
    """The question under review, with every answer that was given to it."""
    asked = asked_questions(review.campaign, review.current)
    return next(each for each in asked if each.name == review.question.name)


def question_consensus(
    review: CampaignReview,
    *,
    voice: Voice | None = None,
    weights: Mapping[str, float] | None = None,
    progress: ProgressCallback | None = None,
) -> QuestionConsensus:
    """Bring votes, people and model together for the question under review.

    Args:
        review: One question of a campaign.
        voice: Gives out-of-sample probabilities of the model; ``None`` without one. In a campaign that does
            without the model it only looks for likely errors, here as in the export.
        weights: What owners made the votes of people count; others count 1.
        progress: Called in each of the long parts.
    """
    question = reviewed_question(review)
    answers = answers_to(review.campaign, review.history, question)
    votes = Votes.from_frame(answers.votes, question.answers).weighed(weights or {})
    people = reach_consensus(votes)
    told = None if voice is None or not len(votes) else voice(votes, people.probabilities)
    consensus = people
    if told is not None and review.campaign.learns:
        consensus = reach_consensus(votes, lambda *_: told, people=people, progress=progress)
    skills = person_skills(votes, people, answers, progress=progress)
    if progress is not None:
        progress(Progress(_LOOKING, 0, 1))
    metric = metric_of(review.campaign.mode)
    return QuestionConsensus(
        question=question,
        answers=answers,
        votes=votes,
        consensus=settle(consensus, decided_answers(review.history, question.name)),
        people=people,
        has_model=told is not None,
        hears_model=review.campaign.learns,
        skills=skills,
        agreement=random_agreement(answers.votes, question.answers, metric=metric),
        errors=() if told is None else likely_errors(people, told),
    )


def unsure_galaxies(found: QuestionConsensus, *, below: float, decided: Collection[str] = ()) -> pd.DataFrame:
    """Galaxies with votes and without a decision whose likeliest answer is not sure enough, least sure first.

    Args:
        found: The consensus.
        below: Probability of the likeliest answer, 0-1.
        decided: Galaxies with a decision.

    Returns:
        By ``galaxy_id``: ``consensus`` (empty where answers tie), ``probability`` of it, ``n_votes``, and
        ``votes`` in words, such as ``bar 2 · no bar 1``.
    """
    consensus = found.consensus
    sure = consensus.confidence
    rows = np.flatnonzero((consensus.n_votes > 0) & (sure < below))
    rows = rows[np.argsort(sure[rows], kind="stable")]
    ids = consensus.galaxy_ids[rows]
    waits = np.array([galaxy_id not in decided for galaxy_id in ids], dtype=bool)
    rows, ids = rows[waits], ids[waits]
    counts = found.votes.counts()[rows]
    return pd.DataFrame(
        {
            "consensus": consensus.labels[rows],
            "probability": sure[rows],
            "n_votes": consensus.n_votes[rows],
            "votes": [votes_in_words(each, consensus.answers) for each in counts],
        },
        index=pd.Index(ids, name="galaxy_id", dtype=object),
    )


def votes_in_words(counts: np.ndarray, answers: tuple[str, ...]) -> str:
    """Votes of one galaxy, most frequent first.

    >>> votes_in_words(np.array([1, 2, 0]), ("bar", "no bar", "unsure"))
    'no bar 2 · bar 1'
    """
    order = np.argsort(-counts, kind="stable")
    return " · ".join(f"{answers[place]} {counts[place]}" for place in order if counts[place])


def error_table(found: QuestionConsensus, *, decided: Collection[str] = ()) -> pd.DataFrame:
    """Likely label errors without a decision, worst first.

    Args:
        found: The consensus.
        decided: Galaxies with a decision.

    Returns:
        By ``galaxy_id``: ``given``, ``suggested``, ``quality`` (0-1, low is suspicious), ``flagged`` and
        ``n_votes``.
    """
    kept = [each for each in found.errors if each.galaxy_id not in decided]
    return pd.DataFrame(
        {
            "given": [each.label for each in kept],
            "suggested": [each.suggested for each in kept],
            "quality": np.array([each.quality for each in kept], dtype=float),
            "flagged": np.array([each.flagged for each in kept], dtype=bool),
            "n_votes": np.array([each.n_votes for each in kept], dtype=int),
        },
        index=pd.Index([each.galaxy_id for each in kept], name="galaxy_id", dtype=object),
    )


def people_table(found: QuestionConsensus) -> pd.DataFrame:
    """One row a person, most votes first.

    Returns:
        Columns ``annotator``, ``n_votes``, ``skill``, ``skill_low``, ``skill_high`` (NaN where nobody
        overlaps), ``n_gold``, ``gold``, ``gold_low``, ``gold_high``, ``n_reasks``, ``consistency``,
        ``consistency_low``, ``consistency_high``; shares 0-1, intervals 95 %.
    """
    together = found.consensus.method != "majority"
    rows = []
    for each in sorted(found.skills, key=lambda person: -person.n_votes):
        row = {
            "annotator": each.person,
            "n_votes": each.n_votes,
            **_columns("skill", each.skill if together and each.n_votes else None),
            "n_gold": each.n_gold,
            **_columns("gold", each.gold),
            "n_reasks": each.n_reasks,
            **_columns("consistency", each.consistency),
        }
        rows.append(row)
    return pd.DataFrame(rows, columns=list(PEOPLE_COLUMNS))


PEOPLE_COLUMNS = (
    "annotator", "n_votes", "skill", "skill_low", "skill_high", "n_gold", "gold", "gold_low", "gold_high",
    "n_reasks", "consistency", "consistency_low", "consistency_high",
)  # fmt: skip


def _columns(name: str, share: Interval | None) -> dict[str, float]:
    parts = {name: "value", f"{name}_low": "low", f"{name}_high": "high"}
    return {column: float(getattr(share, part, np.nan)) for column, part in parts.items()}
