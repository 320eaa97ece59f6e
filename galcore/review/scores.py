"""What the model of a campaign says, fitted from the labels exactly as the running loop does.

Two kinds of probabilities: of the model fitted on every label (what the loop uses, what is exported), which
for a labelled galaxy is in-sample; and cross-fitted ones, where each labelled galaxy is judged by a model
that did not see its label. Only the second may be compared with labels. Votes are worth as much as in the
loop: what owners set, times the skill that the votes show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.ballots import Ballots
from galcore.loop.campaign_model import fit_campaign, reach
from galcore.loop.learner import TrainingSet
from galcore.loop.policy import fit_target
from galcore.loop.space import FeatureSpace
from galcore.loop.state import rows_by_id
from galcore.loop.target import Target, targets_of
from galcore.loop.trust import learned_state
from galcore.types import Campaign, GalcoreError

FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class QuestionScores:
    """What the model says of one question.

    Attributes:
        question: As in :attr:`galcore.types.LabelEvent.question`; empty where a campaign asks a single one.
        answers: To it.
        probabilities: Of each answer where the question is asked, ``(N, K)``, 0-1; NaN without a model of it.
        asked: That it is asked, ``(N,)``, 0-1: the product along the branches that lead to it.
    """

    question: str
    answers: tuple[str, ...]
    probabilities: NDArray[np.floating]
    asked: NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class ModelScores:
    """What the model of a campaign says about every galaxy it has an embedding of.

    Attributes:
        galaxy_ids: Galaxies, ``(N,)``.
        questions: Each question, the first one first.
        model_version: Version of the learners that gave them.
    """

    galaxy_ids: NDArray[np.str_]
    questions: tuple[QuestionScores, ...]
    model_version: str

    @property
    def probabilities(self) -> NDArray[np.floating]:
        """Of the answers to the first question, ``(N, K)``."""
        return self.questions[0].probabilities

    def of(self, question: str) -> QuestionScores:
        """What is said of one question.

        Raises:
            GalcoreError: If the campaign does not ask it.
        """
        for each in self.questions:
            if each.question == question:
                return each
        raise GalcoreError(f"the model knows no question {question!r}")


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What the model says, knowing the labels and not.

    Attributes:
        fitted: By the model fitted on every label.
        held_out: The same, with labelled galaxies judged by models that did not see their labels.
    """

    fitted: ModelScores
    held_out: ModelScores


def score_campaign(
    campaign: Campaign,
    galaxy_ids: NDArray[np.str_],
    space: FeatureSpace | None,
    history: pd.DataFrame,
    *,
    weights: Mapping[str, float] | None = None,
) -> Scored | None:
    """Both kinds of scores; ``None`` without features, or until two answers to a question were given."""
    if space is None:
        return None
    ballots = learned_state(history, rows_by_id(galaxy_ids), campaign, weights or {}).ballots
    fitted = _fitted(campaign, galaxy_ids, space, ballots)
    return None if fitted is None else Scored(fitted, _cross_fitted(fitted, campaign, space, ballots))


def fitted_scores(
    campaign: Campaign,
    galaxy_ids: NDArray[np.str_],
    space: FeatureSpace,
    history: pd.DataFrame,
    *,
    weights: Mapping[str, float] | None = None,
) -> ModelScores | None:
    """Probabilities of the models fitted on every label; ``None`` until two answers to a question were given.

    Args:
        campaign: Its questions and its seeds are learned from.
        galaxy_ids: Galaxies in the order of the space.
        space: Their features.
        history: Every event; see :meth:`galcore.labels.LabelStore.history`.
        weights: What owners made the votes of people count; others count 1.
    """
    ballots = learned_state(history, rows_by_id(galaxy_ids), campaign, weights or {}).ballots
    return _fitted(campaign, galaxy_ids, space, ballots)


def _fitted(
    campaign: Campaign, galaxy_ids: NDArray[np.str_], space: FeatureSpace, ballots: Sequence[Ballots]
) -> ModelScores | None:
    row_of = rows_by_id(galaxy_ids)
    seeds = [row_of[galaxy_id] for galaxy_id in campaign.seeds if galaxy_id in row_of]
    model = fit_campaign(campaign, space, ballots, seeds=seeds)
    if not model.version:
        return None
    told = [each.probabilities for each in model.models]
    return ModelScores(galaxy_ids, _by_question(model.targets, told, len(galaxy_ids)), model.version)


def cross_fitted(
    scores: ModelScores,
    campaign: Campaign,
    space: FeatureSpace,
    history: pd.DataFrame,
    *,
    weights: Mapping[str, float] | None = None,
    seed: int = 0,
) -> ModelScores:
    """The scores with every labelled galaxy judged by models that did not see its labels (5 folds).

    A galaxy is left out with all of its answers, so that the way to a question is not known either. Folds
    whose remaining labels of a question have one answer only are left with NaN.
    """
    ballots = learned_state(history, rows_by_id(scores.galaxy_ids), campaign, weights or {}).ballots
    return _cross_fitted(scores, campaign, space, ballots, seed=seed)


def _cross_fitted(
    scores: ModelScores,
    campaign: Campaign,
    space: FeatureSpace,
    ballots: Sequence[Ballots],
    *,
    seed: int = 0,
) -> ModelScores:
    labelled = np.unique(np.concatenate([each.rows for each in ballots]))
    fold_of = np.full(len(scores.galaxy_ids), -1)
    fold_of[labelled] = np.random.default_rng(seed).permutation(len(labelled)) % FOLDS
    targets = targets_of(campaign)
    told: list[NDArray[np.floating] | None] = [
        _left_out(space, target, votes, fold_of, np.array(known.probabilities, dtype=float))
        for target, votes, known in zip(targets, ballots, scores.questions, strict=True)
    ]
    questions = _by_question(targets, told, len(fold_of))
    return ModelScores(scores.galaxy_ids, questions, f"{scores.model_version} cross-fitted")


def _left_out(
    space: FeatureSpace,
    target: Target,
    votes: Ballots,
    fold_of: NDArray[np.integer],
    probabilities: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(N, K) with the galaxies of each fold judged by the others."""
    for fold in range(FOLDS):
        held = fold_of == fold
        if held.any():
            learner = fit_target(
                space, target, TrainingSet.from_ballots(votes.only(fold_of[votes.rows] != fold))
            )
            probabilities[held] = np.nan if learner is None else learner.probabilities(space.features[held])
    return probabilities


def _by_question(
    targets: tuple[Target, ...], told: list[NDArray[np.floating] | None], n_galaxies: int
) -> tuple[QuestionScores, ...]:
    known = [None if each is None or np.isnan(each).all() else each for each in told]
    return tuple(
        QuestionScores(
            target.question,
            target.answers,
            np.full((n_galaxies, len(target.answers)), np.nan) if given is None else given,
            asked,
        )
        for target, given, asked in zip(targets, told, reach(targets, known, n_galaxies), strict=True)
    )
