"""Grids before there is a model: like the examples there are, spread over the set, and random."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from galcore.loop.choice import Candidates, Choice, Pick
from galcore.loop.ranking import best_first
from galcore.types import Reason

_CLUSTER_ROWS = 4_000
_MOST_KNOWN = 200  # the last so many answers say what was shown already


def cold_start(
    candidates: Candidates,
    features: NDArray[np.float32] | None,
    size: int,
    *,
    centres: NDArray[np.intp] | None = None,
    seeds: Sequence[int] = (),
    known: Sequence[int] | NDArray[np.intp] = (),
    random_share: float = 0.2,
    rng: np.random.Generator,
) -> tuple[Pick, ...]:
    """A grid before there is a model: from seeds, or spread over the clusters, and random.

    Args:
        candidates: What may be shown.
        features: (N, k) feature space, or ``None`` while the model is not ready: all random.
        size: Galaxies wanted.
        centres: Rows nearest to the k-means centres (:func:`cluster_centres`), the largest cluster first.
        seeds: Rows of known positives: half of the grid looks like them.
        known: Rows that have an answer; when the centres are used up, galaxies unlike all of these come in
            their place, since whatever is wanted looked like none of them.
        random_share: Share of the audit stream.
        rng: Shuffles the order on the page.

    Returns:
        At most ``size`` picks, none twice.
    """
    choice = Choice(candidates)
    size = min(size, int(choice.free.sum()))
    if features is not None:
        wanted = size - round(random_share * size)
        if len(seeds):
            similar = partial(_best_allowed, _similarity(features, seeds))
            wanted -= choice.fill(similar, (wanted + 1) // 2, Reason.SIMILAR)
        if centres is not None:
            free = [row for row in centres.tolist() if choice.free[row] and not candidates.avoided[row]]
            wanted -= choice.add(free[:wanted], Reason.CLUSTER)
        if len(known) and not len(seeds):
            _take_unlike(choice, features, [*known, *(pick.row for pick in choice.picks)], wanted)
    choice.fill_audit(size - len(choice.picks))
    return choice.shuffled(rng)


def cluster_centres(
    features: NDArray[np.float32], count: int, *, seed: int = 0, sample_rows: int = _CLUSTER_ROWS
) -> NDArray[np.intp]:
    """Rows nearest to the centres of a k-means clustering, the largest cluster first.

    Args:
        features: (N, k) feature space.
        count: Clusters wanted (fewer where there are fewer galaxies).
        seed: Of the subsample and of k-means.
        sample_rows: Rows clustered; of more galaxies a random part is taken.
    """
    from sklearn.cluster import KMeans

    rng = np.random.default_rng(seed)
    sample = rng.choice(len(features), min(len(features), sample_rows), replace=False)
    points = features[sample, :32]
    count = min(count, len(np.unique(points[: 10 * count], axis=0)))
    means = KMeans(count, n_init=1, max_iter=25, random_state=seed).fit(points)
    distances = means.transform(points)
    nearest = sample[distances.argmin(axis=0)]
    by_size = np.argsort(-np.bincount(means.labels_, minlength=count), kind="stable")
    return np.asarray(list(dict.fromkeys(nearest[by_size].tolist())), dtype=np.intp)


def _similarity(features: NDArray[np.float32], seeds: Sequence[int]) -> NDArray[np.float32]:
    """Cosine with the nearest of the seeds, (N,)."""
    lengths = np.maximum(np.linalg.norm(features, axis=1), 1e-12)
    examples = features[np.asarray(seeds, dtype=np.intp)]
    examples = examples / np.maximum(np.linalg.norm(examples, axis=1, keepdims=True), 1e-12)
    return (features @ examples.T).max(axis=1) / lengths


def _take_unlike(choice: Choice, features: NDArray[np.float32], known: Sequence[int], count: int) -> None:
    """Farthest-first traversal (Gonzalez 1985): each next galaxy is the one least like all before it."""
    lengths = np.einsum("nk,nk->n", features, features)
    examples = features[np.asarray(known[-_MOST_KNOWN:], dtype=np.intp)]
    products = features @ examples.T
    nearest = (lengths[:, None] + np.einsum("nk,nk->n", examples, examples) - 2 * products).min(axis=1)
    for _ in range(count):
        if not choice.fill(partial(_best_allowed, nearest), 1, Reason.ANOMALY):
            return
        row = choice.picks[-1].row
        nearest = np.minimum(nearest, lengths + lengths[row] - 2 * (features @ features[row]))


def _best_allowed(
    preference: NDArray[np.floating], allowed: NDArray[np.bool_], count: int
) -> NDArray[np.intp]:
    rows = np.flatnonzero(allowed)
    return rows[best_first(preference[rows], count)]
