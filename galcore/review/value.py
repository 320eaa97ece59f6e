"""What it is worth to the model that somebody decides about a galaxy. Pure functions.

People and the model are taken as a committee of two. Its vote entropy (query by committee: Settles 2009,
Active Learning Literature Survey, section 3.2), with beliefs in the place of votes, is

    H((p + q) / 2) = (H(p) + H(q)) / 2 + JSD(p, q),

where ``p`` is the consensus of people and ``q`` the model that did not see their answers: large where people
leave a galaxy open (they differ, or too few were asked), where the model is unsure, and where the two
contradict each other; for two, the Jensen-Shannon divergence is the disagreement of McCallum & Nigam (1998,
ICML). That both sides count when a label is to be had again: Sheng, Provost & Ipeirotis (2008, KDD). What is
learned from a galaxy like many others helps all of them, so the entropy is weighed by how typical it is
(information density: Settles & Craven 2008, EMNLP), though by no less than half, because rare kinds are what
many campaigns look for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DENSITY_SAMPLE = 500  # galaxies that stand for all
DENSITY_NEIGHBOUR = 5
LEAST_DENSITY_WEIGHT = 0.5
_CHUNK = 4096


def entropy_share(beliefs: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N,) entropy of beliefs (N, K) as a share of ``log K``: 0 sure, 1 every answer as likely as the others.

    >>> entropy_share(np.array([[1.0, 0.0], [0.5, 0.5]])).tolist()
    [0.0, 1.0]
    """
    beliefs = np.asarray(beliefs, dtype=np.float64)
    logs = np.log(beliefs, out=np.zeros_like(beliefs), where=beliefs > 0)
    return np.abs((beliefs * logs).sum(axis=1)) / np.log(max(beliefs.shape[1], 2))


def divergence(people: NDArray[np.floating], model: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N,) Jensen-Shannon divergence of two beliefs (N, K) in bits, 0 equal, 1 opposite (Lin 1991).

    0 where the model says nothing (NaN).

    >>> divergence(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])).tolist()
    [1.0]
    """
    told = np.where(np.isnan(model), people, model)
    mean = entropy_share((people + told) / 2)
    gap = mean - (entropy_share(people) + entropy_share(told)) / 2
    return np.clip(gap * np.log2(max(people.shape[1], 2)), 0, 1)


def value_to_model(
    people: NDArray[np.floating],
    model: NDArray[np.floating] | None = None,
    typical: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:
    """(N,) how much a decision about each galaxy would teach, 0-1; see the head of this module.

    Args:
        people: (N, K) consensus of people alone.
        model: (N, K) held-out probabilities; rows of NaN, or ``None``: people speak alone.
        typical: (N,) from :func:`typicality`; NaN, or ``None``: weighed as the middle of the catalogue.

    >>> even, sure = [0.5, 0.5], [0.99, 0.01]
    >>> people, model = np.array([even, sure, sure]), np.array([even, sure, [0.01, 0.99]])
    >>> value_to_model(people, model).round(2).tolist()
    [0.75, 0.06, 0.75]
    """
    committee = people if model is None else (people + np.where(np.isnan(model), people, model)) / 2
    dense = np.full(len(people), 0.5) if typical is None else np.where(np.isnan(typical), 0.5, typical)
    return entropy_share(committee) * (LEAST_DENSITY_WEIGHT + (1 - LEAST_DENSITY_WEIGHT) * dense)


def typicality(features: NDArray[np.floating], *, seed: int = 0) -> NDArray[np.float64]:
    """(N,) share of the galaxies that lie in sparser surroundings than this one, 0-1.

    Surroundings are as dense as the fifth nearest of a random sample of 500 is near (nearest-neighbour
    density, Loftsgaarden & Quesenberry 1965).

    Args:
        features: (N, D) of the encoder, standardised; see :class:`galcore.loop.space.FeatureSpace`.
        seed: Of the sample.
    """
    n_galaxies = len(features)
    if n_galaxies < 3:
        return np.full(n_galaxies, 0.5)
    rows = np.random.default_rng(seed).permutation(n_galaxies)[:DENSITY_SAMPLE]
    sample = np.ascontiguousarray(features[rows], dtype=np.float32)
    nth = min(DENSITY_NEIGHBOUR, len(sample) - 1)
    own_place = np.isin(np.arange(n_galaxies), rows)  # a galaxy of the sample is its own nearest
    squares = np.einsum("md,md->m", sample, sample)
    far = np.empty(n_galaxies, dtype=np.float32)
    for start in range(0, n_galaxies, _CHUNK):
        block = np.asarray(features[start : start + _CHUNK], dtype=np.float32)
        apart = squares - 2 * (block @ sample.T) + np.einsum("nd,nd->n", block, block)[:, None]
        near = np.partition(apart, (nth - 1, nth), axis=1)
        far[start : start + _CHUNK] = np.where(
            own_place[start : start + _CHUNK], near[:, nth], near[:, nth - 1]
        )
    ranks = np.empty(n_galaxies)
    ranks[np.argsort(-far, kind="stable")] = np.arange(n_galaxies)
    return ranks / (n_galaxies - 1)
