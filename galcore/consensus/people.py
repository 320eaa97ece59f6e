"""How good each person is: skill from the consensus, from gold and from silent re-asks, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

from galcore.consensus.posterior import DEFAULT_SKILLS, N_DRAWS, SkillPrior, draw_confusions, draw_rows
from galcore.consensus.result import Consensus
from galcore.consensus.votes import Answers, Votes
from galcore.types import Interval, ProgressCallback


@dataclass(frozen=True, slots=True, eq=False)
class PersonSkill:
    """What is known of one person.

    Attributes:
        person: Name.
        n_votes: Votes that counted.
        skill: Probability of the right answer about a galaxy drawn at random, by the votes of all;
            the prior's where ``n_votes`` is 0.
        confusion: (K, K) probability of each answer (column) by the truth (row).
        n_gold: Answers to galaxies with a known truth.
        gold: Share of them that were right; ``None`` without any.
        n_reasks: Galaxies answered twice.
        consistency: Share of them with the same answer again; ``None`` without any.
    """

    person: str
    n_votes: int
    skill: Interval
    confusion: NDArray[np.float64]
    n_gold: int = 0
    gold: Interval | None = None
    n_reasks: int = 0
    consistency: Interval | None = None


def person_skills(
    votes: Votes,
    consensus: Consensus,
    answers: Answers | None = None,
    *,
    prior: SkillPrior = DEFAULT_SKILLS,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> tuple[PersonSkill, ...]:
    """Every person who voted, or answered gold or re-asks, by name.

    The skill is ``Σ_k π_k θ[k, k]`` of Dawid & Skene's model, mean and 95 % interval of its posterior; see
    :func:`galcore.consensus.posterior.draw_confusions`.

    Args:
        votes: What people said.
        consensus: Of these votes; the draws begin there.
        answers: Where gold and re-asks are read from; see :func:`galcore.consensus.votes.split_answers`.
        prior: What people may be like.
        n_draws: From the posterior.
        seed: Of the draws.
        progress: Called after each round of draws.
    """
    number = np.bincount(votes.persons, minlength=votes.n_people)
    confusions, prevalences = draw_confusions(
        votes, consensus, prior=prior, n_draws=n_draws, seed=seed, progress=progress
    )
    skills = np.einsum("dk,dpkk->dp", prevalences, confusions)
    gold, reasks = _shares(answers, "gold"), _shares(answers, "reasks")
    rows = {name: row for row, name in enumerate(votes.people)}
    unseen = draw_rows(prior, votes.n_answers, n_draws, seed=seed)
    nobody, unknown = np.einsum("dk,dkk->d", prevalences, unseen), unseen.mean(axis=0)
    found = []
    for name in sorted({*rows, *gold, *reasks}):
        row = rows.get(name)
        found.append(
            PersonSkill(
                person=name,
                n_votes=0 if row is None else int(number[row]),
                skill=_interval(nobody if row is None else skills[:, row]),
                confusion=unknown if row is None else confusions[:, row].mean(axis=0),
                n_gold=gold.get(name, (0, 0))[1],
                gold=jeffreys_interval(*gold[name]) if name in gold else None,
                n_reasks=reasks.get(name, (0, 0))[1],
                consistency=jeffreys_interval(*reasks[name]) if name in reasks else None,
            )
        )
    return tuple(found)


def _interval(draws: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(draws, (0.025, 0.975))
    return Interval(float(draws.mean()), float(low), float(high))


def jeffreys_interval(successes: int, total: int, *, confidence: float = 0.95) -> Interval:
    """A share with its Jeffreys interval, ``Beta(s + 1/2, n - s + 1/2)`` (Brown, Cai & DasGupta 2001).

    The ends are 0 and 1 where nothing, or everything, succeeded.

    >>> interval = jeffreys_interval(9, 10)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.619, 0.989)
    """
    if total <= 0 or not 0 <= successes <= total:
        raise ValueError(f"{successes} successes of {total} are no share")
    tail = (1 - confidence) / 2
    low, high = beta.ppf((tail, 1 - tail), successes + 0.5, total - successes + 0.5)
    return Interval(
        successes / total, 0.0 if successes == 0 else float(low), 1.0 if successes == total else float(high)
    )


def _shares(answers: Answers | None, kind: str) -> dict[str, tuple[int, int]]:
    """(successes, total) per person of gold or re-asks whose right answer is known."""
    if answers is None:
        return {}
    frame: pd.DataFrame = getattr(answers, kind)
    wanted = frame["truth" if kind == "gold" else "first"]
    known = frame[wanted.notna()]
    same = known["answer"].astype(str) == wanted[wanted.notna()].astype(str)
    grouped = same.groupby(known["annotator"].astype(str))
    return {str(name): (int(hits.sum()), len(hits)) for name, hits in grouped}
