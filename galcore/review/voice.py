"""The model of a campaign as one more voice in the consensus: about galaxies whose votes it did not see."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from galcore.consensus import HeldOut, Votes, cross_validate, fit_logistic
from galcore.loop.learner import REGULARISATION_C
from galcore.loop.space import FeatureSpace
from galcore.loop.state import rows_by_id
from galcore.types import ProgressCallback

MOST_LEARNED = 5_000  # galaxies; a linear model learns little from more, and takes minutes with 60,000


@dataclass(frozen=True, slots=True, eq=False)
class ModelVoice:
    """A model of the loop's features, cross-validated on the votes of each question anew.

    Attributes:
        galaxy_ids: Galaxies with features, ``(N,)``.
        space: Their features.
        progress: Called after each part of the cross-validation.
    """

    galaxy_ids: NDArray[np.str_]
    space: FeatureSpace
    progress: ProgressCallback | None = None

    def __call__(self, votes: Votes, beliefs: NDArray[np.float64]) -> HeldOut | None:
        """Out-of-sample probabilities for the galaxies of the votes; ``None`` if it knows none of them.

        It learns what people believe, not the balanced answers of the loop, so that a rare answer keeps its
        low probability.
        """
        row_of = rows_by_id(self.galaxy_ids)
        rows = np.array([row_of.get(str(galaxy_id), -1) for galaxy_id in votes.galaxy_ids], dtype=np.intp)
        known = rows >= 0
        if not known.any():
            return None
        fit = partial(fit_logistic, regularisation_c=REGULARISATION_C)
        features = self.space.features[rows[known]]
        ids = votes.galaxy_ids[known]
        return cross_validate(
            ids, features, beliefs[known], fit=fit, most_learned=MOST_LEARNED, progress=self.progress
        )
