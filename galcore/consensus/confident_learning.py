"""The one door to cleanlab: weights of CROWDLAB, quality of labels, likely errors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.multiannotator import get_label_quality_multiannotator
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray

from galcore.consensus.votes import Votes

MOST_GALAXIES = 5_000  # the weights are a handful of averages; more galaxies do not change them
_BARELY = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class CrowdlabWeights:
    """What CROWDLAB learned about people and model (Goh et al. 2022, arXiv:2210.06812, section 2).

    Attributes:
        people: (P,) weight of each person.
        model: Weight of the model.
        agreement: Probability that a vote is the consensus.
    """

    people: NDArray[np.float64]
    model: float
    agreement: float


def crowdlab_weights(
    votes: Votes, probabilities: NDArray[np.float64], *, seed: int = 0
) -> CrowdlabWeights | None:
    """Weights from the galaxies with votes, at most 5,000 of them; ``None`` where no two people overlap.

    Args:
        votes: Answers of people.
        probabilities: (N, K) out-of-sample probabilities of the model.
        seed: Of the sample, and of a jitter of 1e-6 that keeps cleanlab from breaking ties at random.
    """
    rng = np.random.default_rng(seed)
    rows = np.unique(votes.galaxies)
    if len(rows) > MOST_GALAXIES:
        rows = np.sort(rng.choice(rows, MOST_GALAXIES, replace=False))
    wide = _wide(votes, rows)
    present = ~np.isnan(wide).all(axis=0)
    given = ~np.isnan(wide)
    if present.sum() < 2 or not (given.sum(axis=1) > 1).any():
        return None
    jittered = probabilities[rows] * (1 + _BARELY * rng.random(probabilities[rows].shape)) + _BARELY**2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nobody agrees is for the result to say
        found = get_label_quality_multiannotator(
            wide[:, present],
            jittered / jittered.sum(axis=1, keepdims=True),
            return_detailed_quality=False,
            return_annotator_stats=False,
            return_weights=True,
            verbose=False,
        )
    quality = found["label_quality"]
    several = quality["num_annotations"].to_numpy() > 1
    weights = np.full(votes.n_people, float(np.mean(found["annotator_weight"])))
    weights[present] = found["annotator_weight"]
    agreement = float(quality["annotator_agreement"].to_numpy()[several].mean())
    return CrowdlabWeights(weights, float(found["model_weight"]), agreement)


def _wide(votes: Votes, rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """(M, P) answers about some galaxies, NaN where a person gave none."""
    place = np.full(votes.n_galaxies, -1)
    place[rows] = np.arange(len(rows))
    asked = place[votes.galaxies] >= 0
    table = np.full((len(rows), votes.n_people), np.nan)
    table[place[votes.galaxies[asked]], votes.persons[asked]] = votes.choices[asked]
    return table


def crowdlab_posterior(
    votes: Votes, probabilities: NDArray[np.float64], weights: CrowdlabWeights
) -> NDArray[np.float64]:
    """(N, K) weighted mean of the model's probabilities and of each vote seen as one (their eq. 4).

    A vote is worth ``P`` for its own answer and ``(1 - P) / (K - 1)`` for each other, ``P`` the agreement.
    """
    other = (1 - weights.agreement) / max(votes.n_answers - 1, 1)
    of_vote = weights.people[votes.persons] * votes.worth
    cells = votes.galaxies * votes.n_answers + votes.choices
    lead = np.bincount(
        cells, weights=of_vote * (weights.agreement - other), minlength=votes.n_galaxies * votes.n_answers
    )
    total = np.bincount(votes.galaxies, weights=of_vote, minlength=votes.n_galaxies)[:, None]
    summed = weights.model * probabilities + other * total + lead.reshape(votes.n_galaxies, votes.n_answers)
    total_weight = summed.sum(axis=1, keepdims=True)
    return np.where(total_weight > 0, summed / np.where(total_weight > 0, total_weight, 1), probabilities)


def label_quality(labels: NDArray[np.intp], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) how well a label fits the model's out-of-sample probabilities, 0-1; low is suspicious.

    Normalised margin ``(p_label - max p_other + 1) / 2`` (Northcutt et al. 2021, arXiv:1911.00068).
    """
    return np.asarray(get_label_quality_scores(labels, probabilities, method="normalized_margin"), float)


def likely_wrong(labels: NDArray[np.intp], probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) labels in the off-diagonal of the confident joint, pruned by noise rate (same paper)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rare answers: what cannot be judged is not flagged
        if len(np.unique(labels)) < 2:  # nothing to confuse it with
            return np.zeros(len(labels), bool)
        return np.asarray(find_label_issues(labels, probabilities, n_jobs=1, verbose=False), bool)
