"""Numbers of a campaign from its events alone. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus import (
    Agreement,
    Votes,
    agreement_of,
    metric_of,
    person_skills,
)
from galcore.consensus.people import jeffreys_interval
from galcore.evaluate.metrics import wilson_interval
from galcore.export.consensus import votes_consensus
from galcore.export.questions import AskedQuestion
from galcore.export.tally import tally_votes
from galcore.export.votes import counted, decisions, vote_rows
from galcore.loop.composer import audit_order
from galcore.loop.curve import LEAST, AuditSample, audit_rows, remaining
from galcore.report.numbers import AnswerNumbers, PersonNumbers, QuestionNumbers
from galcore.review.agreement import answers_to, random_agreement
from galcore.types import Campaign, EventKind, Interval, Reason

NOTHING = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What was said in a campaign.

    Attributes:
        history: Every event.
        rows: Answers that stand, see :func:`galcore.export.votes.vote_rows`.
        votes: Those that count.
        galaxy_ids: Galaxies that are asked about and every other with an answer, ``(N,)``.
        audited: Galaxies of the uniform sample, ``(M,)``.
        n_asked: Galaxies that are asked about.
        weights: What owners made the votes of people count; others count 1.
    """

    history: pd.DataFrame
    rows: pd.DataFrame
    votes: pd.DataFrame
    galaxy_ids: pd.Index
    audited: frozenset[str]
    n_asked: int
    weights: Mapping[str, float]

    @classmethod
    def of(
        cls,
        campaign: Campaign,
        history: pd.DataFrame,
        asked: Sequence[str],
        *,
        weights: Mapping[str, float] | None = None,
    ) -> Said:
        """Bring events and galaxies together.

        Args:
            campaign: Its seed gives the random order.
            history: Every event.
            asked: Galaxies that are asked about.
            weights: What owners made the votes of people count; others count 1.
        """
        rows = vote_rows(history)
        votes = counted(rows)
        gold = {item.galaxy_id for item in campaign.gold}
        sampled = np.array([galaxy_id for galaxy_id in asked if galaxy_id not in gold], dtype=str)
        others = sorted(set(votes["galaxy_id"].astype(str)) - set(asked))
        audited = _audited(campaign, history, votes, sampled)
        ids = pd.Index([*asked, *others], dtype=object)
        return cls(history, rows, votes, ids, audited, len(asked), weights or {})


def _audited(
    campaign: Campaign, history: pd.DataFrame, votes: pd.DataFrame, galaxy_ids: NDArray[np.str_]
) -> frozenset[str]:
    """Galaxies of the uniform sample: answered, and above the first in the random order nobody was shown."""
    standing = history[
        ~history["undone"].to_numpy(bool) & (history["kind"] != str(EventKind.UNDO)).to_numpy()
    ]
    answered = np.isin(galaxy_ids, votes["galaxy_id"].to_numpy(dtype=str))
    seen = np.isin(galaxy_ids, standing["galaxy_id"].to_numpy(dtype=str))
    if not answered.any():
        return frozenset()
    return frozenset(galaxy_ids[audit_rows(audit_order(galaxy_ids, campaign.seed), answered, seen)].tolist())


def measure_question(
    campaign: Campaign,
    question: AskedQuestion,
    said: Said,
    *,
    text: str,
    main: bool,
    name_of: Callable[[str], str] = str,
) -> QuestionNumbers:
    """Numbers of one question.

    Args:
        campaign: It belongs to.
        question: Name and answers.
        said: What was said.
        text: As people read it.
        main: Whether completeness can be told: the question is put about every galaxy.
        name_of: How people are named.
    """
    people, method = measure_people(campaign, question, said, name_of=name_of)
    tally = tally_votes(question, said.votes, said.galaxy_ids, weights=said.weights)
    metric = metric_of(campaign.mode)
    whole = agreement_of(tally.votes, metric=metric)
    answers = answers_to(campaign, said.history, question)
    fair = random_agreement(answers.votes, question.answers, metric=metric)
    labels = tally.labels(decisions(said.rows), said.galaxy_ids)
    in_sample = said.galaxy_ids.isin(list(said.audited)) & (labels != "")
    return QuestionNumbers(
        name=question.name,
        text=text,
        n_votes=int(tally.total.sum()),
        n_galaxies=int((tally.total > 0).sum()),
        n_tied=int((tally.tied & (labels == "")).sum()),
        n_overlap=whole.n_galaxies,
        agreement_percent=whole.percent,
        alpha=_alpha(whole),
        n_audited=int(in_sample.sum()),
        n_random_overlap=fair.n_galaxies,
        random_alpha=_alpha(fair),
        answers=tuple(
            _answer(answer, tally.votes[:, place], labels, in_sample, said, main=main)
            for place, answer in enumerate(question.answers)
        ),
        people=people,
        consensus=method,
    )


def _alpha(agreement: Agreement) -> Interval:
    return Interval(agreement.alpha, agreement.alpha_low, agreement.alpha_high)


def _answer(
    answer: str,
    votes: NDArray[np.int32],
    labels: NDArray[np.object_],
    in_sample: NDArray[np.bool_],
    said: Said,
    *,
    main: bool,
) -> AnswerNumbers:
    positive = labels[in_sample] == answer
    n_galaxies = int((labels == answer).sum())
    prevalence = wilson_interval(int(positive.sum()), len(positive)) if len(positive) >= LEAST else None
    left = None
    if main:
        sample = AuditSample(positive, np.full(len(positive), np.nan), np.zeros(len(positive), np.int64))
        n_answered = int((labels[: said.n_asked] != "").sum())
        left = remaining(sample, n_galaxies=said.n_asked, found=n_galaxies, n_answered=n_answered)
    return AnswerNumbers(answer, int(votes.sum()), n_galaxies, prevalence, found_share(n_galaxies, left))


def found_share(found: int, left: Interval | None) -> Interval | None:
    """Share that was found, from the number found and the estimated number that was not.

    >>> found_share(30, Interval(10, 0, 30))
    Interval(value=0.75, low=0.5, high=1.0)
    >>> found_share(0, Interval(0, 0, 5)) is None
    True
    """
    if left is None or found == 0:
        return None
    value, low, high = (found / (found + number) for number in (left.value, left.high, left.low))
    return Interval(float(value), float(low), float(high))


def measure_people(
    campaign: Campaign,
    question: AskedQuestion,
    said: Said,
    *,
    name_of: Callable[[str], str],
) -> tuple[tuple[PersonNumbers, ...], str]:
    """Everybody who answered a question, most votes first, and the method of the consensus behind the skills.

    Skills are told from what people say alone: nobody is judged by the model.
    """
    answers = answers_to(campaign, said.history, question)
    votes = Votes.from_frame(answers.votes, question.answers).weighed(said.weights)
    consensus = votes_consensus(answers.votes, question, weights=said.weights)
    together = consensus.method != "majority"
    people = [
        PersonNumbers(
            person=name_of(each.person),
            n_votes=each.n_votes,
            skill=each.skill if together and each.n_votes else None,
            n_gold=each.n_gold,
            gold=each.gold,
            n_reasks=each.n_reasks,
            consistency=each.consistency,
        )
        for each in person_skills(votes, consensus, answers)
    ]
    return tuple(sorted(people, key=lambda each: (-each.n_votes, each.person))), consensus.method


def measure_gold(campaign: Campaign, rows: pd.DataFrame) -> tuple[int, Interval | None]:
    """Answers to gold items, and the share that was right."""
    truth = {(item.galaxy_id, item.question): item.answer for item in campaign.gold}
    golden = rows[rows["reason"] == str(Reason.GOLD)]
    keys = zip(golden["galaxy_id"], golden["question"], golden["answer"], strict=True)
    right = [answer == truth[galaxy, asked] for galaxy, asked, answer in keys if (galaxy, asked) in truth]
    return len(right), jeffreys_interval(sum(right), len(right)) if right else None


def measure_reasks(rows: pd.DataFrame) -> tuple[int, Interval | None]:
    """Galaxies put to a person again, and the share that was answered alike."""
    keys = ["galaxy_id", "annotator", "question"]
    again = rows.loc[rows["reason"] == str(Reason.REASK), [*keys, "answer"]]
    both = again.merge(counted(rows)[[*keys, "answer"]], on=keys, suffixes=("", "_before"))
    same = int((both["answer"] == both["answer_before"]).sum())
    return len(both), jeffreys_interval(same, len(both)) if len(both) else None
