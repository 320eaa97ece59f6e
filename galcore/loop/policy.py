"""From what is known to the next grid: the one policy that the live loop and the replay share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from galcore.loop.composer import Candidates, Pick, cluster_centres, cold_start, compose, stream_counts
from galcore.loop.learner import Learner, TrainingSet, fit_learner
from galcore.loop.space import FeatureSpace
from galcore.types import Shares

# Before so many labels a part of the top stream asks where the model is unsure, and at random; less with
# every label (measured: docs/adr/0003-learner.md).
EXPLORATION_LABELS = 45
_EXPLORE_MARGIN, _EXPLORE_RANDOM = 0.5, 0.5
_COLD_RANDOM = 0.5  # of a cold start: centres of clusters alone are all typical galaxies
_CENTRES_PER_GALAXY = 1  # two grids lie ready, and half of each is random


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A learner and what it says about every galaxy; both are ``None`` before there are two answers."""

    learner: Learner | None = None
    probabilities: NDArray[np.float32] | None = None
    training_digest: str = ""

    @property
    def version(self) -> str:
        """Version of the learner; empty without one."""
        return self.learner.version if self.learner else ""


def fit_model(
    space: FeatureSpace,
    explicit: NDArray[np.integer],
    implied: NDArray[np.integer],
    *,
    weights: NDArray[np.floating] | None = None,
    seeds: Sequence[int] = (),
    previous: Model | None = None,
) -> Model:
    """Fit to the votes and score every galaxy; the previous model where the votes are the same.

    Args:
        space: Features of the N galaxies.
        explicit: (N, K) clicked answers.
        implied: (N, K) implied answers.
        weights: (N, K) what the votes are worth; ``None``: 1.
        seeds: Rows of given examples of the first answer; they count as one vote where nobody voted.
        previous: Model before these votes.
    """
    if len(seeds):
        fresh = [row for row in seeds if not (explicit[row] + implied[row]).any()]
        explicit = explicit.copy()
        explicit[fresh, 0] = 1
        if weights is not None:
            weights = weights.copy()
            weights[fresh, 0] = 1
    training = TrainingSet.from_votes(explicit, implied, weights)
    digest = f"{training.digest} {space.digest} {explicit.shape[1]}"
    if previous is not None and previous.training_digest == digest:
        return previous
    learner = fit_learner(space, training, n_answers=explicit.shape[1])
    probabilities = learner.probabilities(space.features) if learner else None
    return Model(learner, probabilities, digest)


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
        model: Model,
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
            votes: (N, K) answers so far.
            carried: What the last grid carried over.
            rng: Shuffles the page.
        """
        if model.probabilities is None:
            return self._begin(candidates, size, votes, rng), carried
        labels_per_answer = np.bincount(votes.argmax(axis=1)[votes.any(axis=1)], minlength=votes.shape[1])
        shares = shares_at(self.shares, int(votes.sum()))
        counts, carried = stream_counts(shares, size, carried)
        picks = compose(candidates, model.probabilities, counts, labels_per_answer=labels_per_answer, rng=rng)
        return picks, carried

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
