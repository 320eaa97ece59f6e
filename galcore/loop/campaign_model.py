"""The model of a whole campaign: one light head for every question, on the features that all of them share.

A question of a decision tree is learned from the galaxies that reached it, so its model speaks of galaxies
that are asked it. How likely that is follows from the questions above, by multiplying the probabilities along
the branches: the expected share of people who are asked a question is the product of the shares of the
answers that lead there (Walmsley et al. 2022, MNRAS 509, 3966).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.loop.ballots import Ballots
from galcore.loop.policy import Model, fit_question
from galcore.loop.ranking import Ranking
from galcore.loop.space import FeatureSpace
from galcore.loop.target import Target, focus_of, learns_for_all, questions_above, targets_of
from galcore.types import Campaign

_NOT_FITTED = Model()


@dataclass(frozen=True, slots=True, eq=False)
class CampaignModel:
    """Models of all questions.

    Attributes:
        targets: The questions.
        models: Of each question, about galaxies that are asked it; empty ones where it was not fitted.
        focus: Place of the question that grids and figures are about; -1: of all together.
        probabilities: (N, K) of each class of the question in focus (:func:`learned_answers`), times the
            probability that it is asked; ``None`` without a model of it.
        ranking: What grids are chosen by; ``None`` without a model.
        version: Changes with every fit; empty before the first.
    """

    targets: tuple[Target, ...] = ()
    models: tuple[Model, ...] = ()
    focus: int = 0
    probabilities: NDArray[np.float32] | None = None
    ranking: Ranking | None = None
    version: str = ""


def fit_campaign(
    campaign: Campaign,
    space: FeatureSpace,
    ballots: Sequence[Ballots],
    *,
    seeds: Sequence[int] = (),
    previous: CampaignModel = CampaignModel(),
    whole: bool = True,
) -> CampaignModel:
    """Fit the questions whose votes changed; the previous model where none did.

    Args:
        campaign: Whose questions are learned.
        space: Features of the N galaxies.
        ballots: Votes on each question.
        seeds: Rows of examples of the first answer to the first question.
        previous: Model before these votes.
        whole: Every question; else only those that grids depend on, the one in focus and those above it.
    """
    targets = targets_of(campaign)
    focus = -1 if learns_for_all(campaign) else focus_of(campaign)
    fitted = range(len(targets)) if whole or focus < 0 else {focus, *questions_above(targets, focus)}
    before = dict(zip(previous.targets, previous.models, strict=True))
    given = [ballots[0].with_examples(seeds, targets[0].example_of), *ballots[1:]]
    models = tuple(
        fit_question(space, target, votes, before.get(target, Model())) if place in fitted else _NOT_FITTED
        for place, (target, votes) in enumerate(zip(targets, given, strict=True))
    )
    if focus == previous.focus and targets == previous.targets and _same(models, previous.models):
        return previous
    told = [model.probabilities for model in models]
    asked = reach(targets, told, len(space.features))
    return CampaignModel(
        targets,
        models,
        focus,
        classes(targets[max(focus, 0)], told[max(focus, 0)], asked[max(focus, 0)]),
        _ranking(targets, told, asked, focus, given),
        _version([models[place] for place in sorted(fitted)]),
    )


def reach(
    targets: Sequence[Target], probabilities: Sequence[NDArray[np.floating] | None], n_galaxies: int
) -> tuple[NDArray[np.float32], ...]:
    """Probability that each question is asked of each galaxy, (N,) a question.

    ``P(asked) = sum over the answers that lead here of P(their question asked) P(answer | asked)``. A
    question without a model has equally likely answers.

    Args:
        targets: The questions.
        probabilities: (N, K) of the answers to each, given that it is asked; ``None`` without a model.
        n_galaxies: N.
    """
    found: dict[int, NDArray[np.float32]] = {}

    def of(place: int) -> NDArray[np.float32]:
        if place not in found:
            ways = targets[place].led_here
            asked = np.full(n_galaxies, 0.0 if ways else 1.0, np.float32)
            for before, answer in ways:
                given = probabilities[before]
                asked += of(before) * (
                    1 / len(targets[before].answers) if given is None else given[:, answer]
                )
            found[place] = np.minimum(asked, 1.0)
        return found[place]

    return tuple(of(place) for place in range(len(targets)))


def classes(
    target: Target, probabilities: NDArray[np.floating] | None, asked: NDArray[np.floating]
) -> NDArray[np.float32] | None:
    """(N, K) of the classes that figures are about, asked and answered so; on a scale the two sides."""
    if probabilities is None:
        return None
    if target.values:
        wanted = probabilities[:, np.asarray(target.sides) == 0].sum(axis=1)
        return np.stack([wanted, 1 - wanted], axis=1).astype(np.float32)
    return probabilities if not target.led_here else (probabilities * asked[:, None]).astype(np.float32)


def _ranking(
    targets: Sequence[Target],
    told: Sequence[NDArray[np.floating] | None],
    asked: Sequence[NDArray[np.floating]],
    focus: int,
    ballots: Sequence[Ballots],
) -> Ranking | None:
    """By the question in focus, or by all: the answers of each are looked for, what is unsure adds up."""
    rankings = []
    for place in range(len(targets)) if focus < 0 else (focus,):
        known, target = told[place], targets[place]
        if known is None:
            continue
        ranking = Ranking.of(known if not target.values else _sides(target, known))
        # of one question alone the plain margin orders galaxies as well, and as it always did
        rankings.append(ranking.where_asked(asked[place]) if target.led_here or focus < 0 else ranking)
    if focus >= 0 or not rankings:
        return rankings[0] if rankings else None
    fitted = [place for place, known in enumerate(told) if known is not None]
    labels = [
        ballots[place].galaxies_per_answer(len(targets[place].answers))[: ranking.wanted.shape[1]]
        for place, ranking in zip(fitted, rankings, strict=True)
    ]
    return Ranking(
        rankings[0].scores,
        np.concatenate([each.wanted for each in rankings], axis=1),
        np.sum([each.unsure for each in rankings], axis=0),
        np.concatenate(labels),
    )


def _sides(target: Target, probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
    two = classes(target, probabilities, np.ones(len(probabilities), np.float32))
    assert two is not None
    return two


def _same(models: Sequence[Model], before: Sequence[Model]) -> bool:
    return len(models) == len(before) and all(a is b for a, b in zip(models, before, strict=True))


def _version(models: Sequence[Model]) -> str:
    """Of a single question that of its learner; of several one hash of theirs; empty before the first fit."""
    versions = [model.version for model in models]
    if len(versions) == 1 or not any(versions):
        return versions[0]
    return hashlib.blake2b(" ".join(versions).encode(), digest_size=5).hexdigest()
