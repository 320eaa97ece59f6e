"""The one rule by which votes come to an answer wherever people read it: exports, reports, pages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from galcore.consensus.crowdlab import crowdlab
from galcore.consensus.dawid_skene import dawid_skene
from galcore.consensus.held_out import HeldOut
from galcore.consensus.result import Consensus, majority
from galcore.consensus.votes import Votes
from galcore.types import ProgressCallback

LEAST_SHARED = 30  # galaxies with two votes or more below which nothing shows whether the model informs
# votes, beliefs of people about their galaxies (N, K) -> what a model says that did not see them
Voice = Callable[[Votes, NDArray[np.float64]], HeldOut | None]


def reach_consensus(
    votes: Votes,
    voice: Voice | None = None,
    *,
    people: Consensus | None = None,
    progress: ProgressCallback | None = None,
) -> Consensus:
    """Majority where nobody overlaps, else Dawid-Skene, else CROWDLAB where the model is informative.

    Whether it is, :func:`galcore.consensus.crowdlab.crowdlab` decides by votes that are hidden from it. The
    method of the result is the one that was used.

    Args:
        votes: On one question.
        voice: Gives out-of-sample probabilities of a model; ``None`` without one.
        people: What this rule says of the votes without a model, where it is known already.
        progress: Called after each part of finding out whether the model is informative.
    """
    n_shared = int((votes.per_galaxy >= 2).sum())
    if not n_shared or votes.n_people < 2:
        return people or majority(votes)
    people = people or dawid_skene(votes)
    if voice is None or n_shared < LEAST_SHARED:
        return people
    held_out = voice(votes, people.probabilities)
    if held_out is None:
        return people
    heard = crowdlab(votes, held_out, people=people, progress=progress)
    return heard if heard.model_share > 0 else people
