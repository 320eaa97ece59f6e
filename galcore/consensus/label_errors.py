"""Labels that are likely wrong, the most suspicious first: a list to look at again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from galcore.consensus.held_out import HeldOut
from galcore.consensus.result import Consensus


@dataclass(frozen=True, slots=True)
class LikelyError:
    """A galaxy whose label a model that did not see it finds unlikely.

    Attributes:
        galaxy_id: Galaxy.
        label: What people made of it.
        suggested: What the model finds likeliest.
        quality: 0-1, how well the label fits; low is suspicious.
        flagged: Whether confident learning counts it among the errors, not only low in the ranking.
        n_votes: Votes behind the label.
    """

    galaxy_id: str
    label: str
    suggested: str
    quality: float
    flagged: bool
    n_votes: int


def likely_errors(
    consensus: Consensus, model: HeldOut, *, limit: int | None = None
) -> tuple[LikelyError, ...]:
    """Galaxies whose label is not the model's likeliest answer: flagged ones first, worst first.

    Args:
        consensus: Of people alone (majority or Dawid-Skene), or the model would judge itself.
        model: Out-of-sample probabilities.
        limit: At most so many.

    Raises:
        TypeError: If the probabilities come without provenance.
        ValueError: If the model has a share in the consensus.
    """
    from galcore.consensus.confident_learning import label_quality, likely_wrong

    if not isinstance(model, HeldOut):
        raise TypeError("likely_errors takes HeldOut probabilities; see galcore.consensus.held_out")
    if consensus.model_share:
        raise ValueError("the model has a share in this consensus; give one of people alone")
    probabilities = model.aligned(consensus.galaxy_ids)
    rows = np.flatnonzero((consensus.choices >= 0) & ~np.isnan(probabilities).any(axis=1))
    if not len(rows):
        return ()
    labels, told = consensus.choices[rows], probabilities[rows]
    told = told / told.sum(axis=1, keepdims=True)
    quality = label_quality(labels, told)
    flagged = likely_wrong(labels, told)
    suggested = told.argmax(axis=1)
    suspicious = np.flatnonzero(suggested != labels)
    order = suspicious[np.lexsort((quality[suspicious], ~flagged[suspicious]))][:limit]
    return tuple(
        LikelyError(
            galaxy_id=str(consensus.galaxy_ids[rows[place]]),
            label=consensus.answers[labels[place]],
            suggested=consensus.answers[suggested[place]],
            quality=float(quality[place]),
            flagged=bool(flagged[place]),
            n_votes=int(consensus.n_votes[rows[place]]),
        )
        for place in order
    )
