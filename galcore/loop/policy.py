"""From what is known to the next grid: the one policy that the live loop and the replay share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from galcore.loop.ballots import Ballots
from galcore.loop.choice import Candidates, Pick
from galcore.loop.cold_start import cluster_centres, cold_start
from galcore.loop.composer import compose, stream_counts
from galcore.loop.learner import Learner, TrainingSet, fit_learner
from galcore.loop.ordinal import OrdinalLearner, fit_ordinal
from galcore.loop.ranking import Ranking
from galcore.loop.space import FeatureSpace
from galcore.loop.target import Target
from galcore.types import Shares

# Before so many labels a part of the top stream asks where the model is unsure, and at random; less with
# every label (measured: docs/adr/0003-learner.md).
EXPLORATION_LABELS = 45
_EXPLORE_MARGIN, _EXPLORE_RANDOM = 0.5, 0.5
_COLD_RANDOM = 0.5  # of a cold start: centres of clusters alone are all typical galaxies
_CENTRES_PER_GALAXY = 1  # two grids lie ready, and half of each is random


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A learner of one question and what it says of every galaxy; ``None`` before there are two answers."""

    learner: Learner | OrdinalLearner | None = None
    probabilities: NDArray[np.float32] | None = None
    training_digest: str = ""

    @property
    def version(self) -> str:
        """Version of the learner; empty without one."""
        return self.learner.version if self.learner else ""

    @property
    def ranking(self) -> Ranking | None:
        """What the streams of a grid need; ``None`` without a learner."""
        return None if self.probabilities is None else Ranking.of(self.probabilities)


class Ranked(Protocol):
    """A model that grids can be chosen by."""

    @property
    def ranking(self) -> Ranking | None:
        """What the streams need."""


def fit_model(
    space: FeatureSpace, explicit: NDArray[np.integer], implied: NDArray[np.integer], *, previous: Model
) -> Model:
    """Fit to (N, K) clicked and implied votes on a single question; see :func:`fit_question`."""
    target = Target("", tuple(f"answer {place}" for place in range(explicit.shape[1])))
    return fit_question(space, target, Ballots.from_counts(explicit, implied), previous)


def fit_question(space: FeatureSpace, target: Target, ballots: Ballots, previous: Model = Model()) -> Model:
    """Fit to the votes on a question and score every galaxy; the previous model where these are the same.

    Args:
        space: Features of the N galaxies.
        target: The question.
        ballots: Votes on it.
        previous: Model before these votes.
    """
    training = TrainingSet.from_ballots(ballots)
    digest = f"{training.digest} {space.digest} {target.answers}"
    if previous.training_digest == digest:
        return previous
    learner = fit_target(space, target, training)
    return Model(learner, learner.probabilities(space.features) if learner else None, digest)


def fit_target(space: FeatureSpace, target: Target, training: TrainingSet) -> Learner | OrdinalLearner | None:
    """The learner of a question, of classes or of a scale; ``None`` until there are two different answers."""
    if target.values:
        return fit_ordinal(space, training, target.values, target.sides)
    return fit_learner(space, training, n_answers=len(target.answers))


def shares_at(shares: Shares, n_labels: int) -> Shares:
    """Shares of the streams while the model is young: what it ranks highest means little yet.

    >>> shares_at(Shares(0.6, 0.2, 0.2), 1000)
    Shares(top=0.6, margin=0.2, random=0.2)
    """
    explored = shares.top * max(0.0, 1 - n_labels / EXPLORATION_LABELS)
    if explored == 0:
        return shares
    return Shares(
        top=shares.top - explored,
        margin=shares.margin + _EXPLORE_MARGIN * explored,
        random=shares.random + _EXPLORE_RANDOM * explored,
    )


@dataclass(slots=True, eq=False)
class GridPolicy:
    """Chooses grids for one campaign.

    Attributes:
        shares: Wanted shares of the streams.
        space: Features, or ``None`` while there are no embeddings.
        seed: Of the campaign.
        seeds: Rows of given examples of the first answer.
    """

    shares: Shares
    space: FeatureSpace | None
    seed: int = 0
    seeds: tuple[int, ...] = ()
    _centres: NDArray[np.intp] | None = field(default=None, repr=False)

    def choose(
        self,
        candidates: Candidates,
        model: Ranked,
        size: int,
        *,
        votes: NDArray[np.integer],
        carried: tuple[float, float, float],
        rng: np.random.Generator,
    ) -> tuple[tuple[Pick, ...], tuple[float, float, float]]:
        """The next grid and what rounding its streams has to carry over.

        Args:
            candidates: What may be shown.
            model: Current model.
            size: Galaxies wanted.
            votes: (N, K) answers so far; classes beyond those that are looked for come last.
            carried: What the last grid carried over.
            rng: Shuffles the page.
        """
        ranking = model.ranking
        if ranking is None:
            return self._begin(candidates, size, votes, rng), carried
        labels = ranking.labels
        if labels is None:
            n_wanted = ranking.wanted.shape[1]
            answered = votes[votes.any(axis=1)] if n_wanted > 1 else votes[:0]  # one alone needs no balance
            labels = np.bincount(answered.argmax(axis=1), minlength=votes.shape[1])[:n_wanted]
        shares = shares_at(self.shares, int(votes.sum()))
        counts, carried = stream_counts(shares, size, carried)
        return compose(candidates, ranking, counts, labels_per_answer=labels, rng=rng), carried

    def _begin(
        self, candidates: Candidates, size: int, votes: NDArray[np.integer], rng: np.random.Generator
    ) -> tuple[Pick, ...]:
        """No model: like the examples there are, or spread out; the shares say how much is random."""
        total = self.shares.top + self.shares.margin + self.shares.random
        random_share = max(self.shares.random / total if total > 0 else 1.0, _COLD_RANDOM)
        features = None if self.space is None or random_share >= 1 else self.space.features
        examples = sorted({*self.seeds, *np.flatnonzero(votes[:, 0]).tolist()})
        if features is not None and self._centres is None:
            self._centres = cluster_centres(features, _CENTRES_PER_GALAXY * size, seed=self.seed)
        return cold_start(
            candidates,
            features,
            size,
            centres=self._centres,
            seeds=examples,
            known=np.flatnonzero(votes.any(axis=1)),
            random_share=random_share,
            rng=rng,
        )
