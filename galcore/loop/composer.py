"""Which galaxies are shown next, and why: pure functions on arrays, no store and no clock.

A grid mixes three streams. *top* finds what is wanted, *margin* asks where the model is unsure, *random* is
an audit: it walks down one fixed random order of the whole set (:func:`audit_order`), so that everything
above the point it has reached is a uniform sample, whichever stream its labels came from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from galcore.types import Reason, Shares

STREAMS = (Reason.TOP, Reason.MARGIN, Reason.RANDOM)
_CLUSTER_ROWS = 4_000
_RANKED = 4_096  # rows that are sorted before all are
_UNSURE = -1  # stands for the ranking by doubt, beside the columns
_LOOKED_AT = 4_096  # rows of a ranking that are looked at in one step
_MOST_KNOWN = 200  # the last so many answers say what was shown already


@dataclass(frozen=True, slots=True)
class Pick:
    """A galaxy chosen for a grid.

    Attributes:
        row: Row of the galaxy.
        reason: Why it was chosen.
        score: Probability that the galaxy is asked the question in focus and gets its positive (several
            answers: its likeliest) answer; ``None`` before there is a model.
    """

    row: int
    reason: Reason
    score: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What may be shown to one person.

    Attributes:
        available: (N,) false where this person saw, labelled or was promised the galaxy.
        avoided: (N,) true where others are looking at it or have labelled it: taken only when nothing else
            is left.
        order: (N,) rows in the audit order.
    """

    available: NDArray[np.bool_]
    avoided: NDArray[np.bool_]
    order: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """What the model says of every galaxy, as the streams need it.

    Attributes:
        scores: (N,) stored with a galaxy that is shown.
        wanted: (N, C) one column an answer that is looked for; *top* takes the highest, of several columns
            those of the answers with fewest labels.
        unsure: (N,) *margin* takes the highest.
        labels: (C,) galaxies that have each of these answers; ``None``: to be counted by the caller.

    Rows are sorted once a model, not once a grid.
    """

    scores: NDArray[np.floating]
    wanted: NDArray[np.floating]
    unsure: NDArray[np.floating]
    labels: NDArray[np.integer] | None = None
    _first: dict[int, NDArray[np.intp]] = field(default_factory=dict, repr=False)
    _all: dict[int, NDArray[np.intp]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, probabilities: NDArray[np.floating]) -> Ranking:
        """Of one question with (N, K) probabilities: of two answers the first is looked for, of more all."""
        unsure = margin_preference(probabilities)
        if probabilities.shape[1] == 2:
            return cls(probabilities[:, 0], probabilities[:, :1], unsure)
        return cls(probabilities.max(axis=1), probabilities, unsure)

    def where_asked(self, reach: NDArray[np.floating]) -> Ranking:
        """The same of a question that a galaxy meets with probability ``reach``, (N,)."""
        unsure = reach * (1 + self.unsure)  # how far from sure, 0 to 1, as often as it is asked
        return Ranking(reach * self.scores, reach[:, None] * self.wanted, unsure, self.labels)

    def prepare(self) -> None:
        """Sort what every grid asks for, so that the first grid of a new model need not."""
        for column in (_UNSURE, *range(self.wanted.shape[1])):
            self._best(column)

    def take_likely(self, column: int, allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        """The ``count`` allowed rows that are likeliest to be what a column looks for; fewer if there are."""
        return self._take(column, allowed, count)

    def take_unsure(self, allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        """The ``count`` allowed rows of which the model is least sure."""
        return self._take(_UNSURE, allowed, count)

    def _take(self, column: int, allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        best = self._best(column)
        rows = first_allowed(best, allowed, count)
        if len(rows) == count or len(best) == len(allowed):
            return rows
        if column not in self._all:
            self._all[column] = _best_first(self._preference(column), len(allowed))
        return first_allowed(self._all[column], allowed, count)

    def _best(self, column: int) -> NDArray[np.intp]:
        if column not in self._first:
            self._first[column] = _best_first(self._preference(column), _RANKED)
        return self._first[column]

    def _preference(self, column: int) -> NDArray[np.floating]:
        return self.unsure if column == _UNSURE else self.wanted[:, column]


@dataclass(slots=True, eq=False)
class _Choice:
    """A grid in the making."""

    free: NDArray[np.bool_]
    scores: NDArray[np.floating] | None
    picks: list[Pick] = field(default_factory=list)

    def take(self, rows: Sequence[int] | NDArray[np.intp], reason: Reason) -> int:
        for row in rows:
            score = None if self.scores is None else float(self.scores[row])
            self.picks.append(Pick(int(row), reason, score))
            self.free[row] = False
        return len(rows)


def audit_order(galaxy_ids: NDArray[np.str_], seed: int) -> NDArray[np.intp]:
    """Rows in a random order that depends on the ids and the seed alone.

    It is the order of a keyed hash of each id, so a galaxy that is added later takes its place between the
    others without moving them.

    Args:
        galaxy_ids: (N,) identifiers.
        seed: Of the campaign.
    """
    from pandas.util import hash_array

    keys = hash_array(np.asarray(galaxy_ids, dtype=object), hash_key=f"{seed & (2**64 - 1):016x}")
    return np.argsort(keys, kind="stable").astype(np.intp)


def stream_counts(
    shares: Shares, size: int, carried: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> tuple[tuple[int, int, int], tuple[float, float, float]]:
    """Galaxies of each stream in a grid; what rounding cost is carried over to the next grid.

    >>> stream_counts(Shares(0.6, 0.2, 0.2), 9)[0]
    (5, 2, 2)

    Returns:
        Counts of top, margin and random that sum to ``size``, and what is owed to each.
    """
    wanted = np.maximum([shares.top, shares.margin, shares.random], 0.0)
    total = wanted.sum()
    wanted = wanted / total if total > 0 else np.array([0.0, 0.0, 1.0])
    due = wanted * size + np.asarray(carried)
    counts = np.maximum(np.floor(due + 1e-9), 0).astype(int)
    while counts.sum() < size:
        counts[int(np.argmax(due - counts))] += 1
    while counts.sum() > size:
        counts[int(np.argmin(np.where(counts > 0, due - counts, np.inf)))] -= 1
    top, margin, random = (int(count) for count in counts)
    owed = np.round(due - counts, 9)
    return (top, margin, random), (float(owed[0]), float(owed[1]), float(owed[2]))


def compose(
    candidates: Candidates,
    ranking: Ranking,
    counts: tuple[int, int, int],
    *,
    labels_per_answer: NDArray[np.integer],
    rng: np.random.Generator,
) -> tuple[Pick, ...]:
    """A grid chosen by the model.

    Args:
        candidates: What may be shown.
        ranking: By the current model.
        counts: Galaxies wanted by top, by margin and by random.
        labels_per_answer: (C,) galaxies that have each answer that is looked for, so far.
        rng: Shuffles the order on the page, so that the place says nothing.

    Returns:
        At most ``sum(counts)`` picks, none twice; fewer when fewer are left.
    """
    choice = _Choice(candidates.available.copy(), ranking.scores)
    size = min(sum(counts), int(choice.free.sum()))
    # the audit draws first: were it to draw last, it would see only what the model did not want
    _take_audit(choice, candidates, min(counts[2], size))
    for stream, count in ((Reason.MARGIN, counts[1]), (Reason.TOP, counts[0])):
        room = min(count, size - len(choice.picks))
        if stream is Reason.MARGIN:
            _take_ranked(choice, candidates, ranking.take_unsure, room, stream)
        else:
            _take_top(choice, candidates, ranking, labels_per_answer, room)
    return _shuffled(choice.picks, rng)


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
    choice = _Choice(candidates.available.copy(), None)
    size = min(size, int(choice.free.sum()))
    if features is not None:
        wanted = size - round(random_share * size)
        if len(seeds):
            similarity = _similarity(features, seeds)
            wanted -= _take_best(choice, candidates, similarity, (wanted + 1) // 2, Reason.SIMILAR)
        if centres is not None:
            free = [row for row in centres.tolist() if choice.free[row] and not candidates.avoided[row]]
            wanted -= choice.take(free[:wanted], Reason.CLUSTER)
        if len(known) and not len(seeds):
            _take_unlike(choice, candidates, features, [*known, *(pick.row for pick in choice.picks)], wanted)
    _take_audit(choice, candidates, size - len(choice.picks))
    return _shuffled(choice.picks, rng)


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


def first_allowed(order: NDArray[np.intp], allowed: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
    """The first ``count`` rows of an order that are allowed, without looking at the rest of it."""
    found: list[NDArray[np.intp]] = []
    missing = count
    for start in range(0, len(order), _LOOKED_AT):
        if missing <= 0:
            break
        rows = order[start : start + _LOOKED_AT]
        found.append(rows[allowed[rows]][:missing])
        missing -= len(found[-1])
    return np.concatenate(found) if found else order[:0]


def _best_first(preference: NDArray[np.floating], count: int) -> NDArray[np.intp]:
    """The ``count`` rows with the highest preference, the highest first."""
    if count >= len(preference):
        return np.argsort(-preference, kind="stable")
    best = np.argpartition(-preference, count - 1)[:count]
    return best[np.argsort(-preference[best], kind="stable")]


def margin_preference(probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    """How unsure the model is, (N,): minus the difference of the two most likely answers."""
    if probabilities.shape[1] == 2:
        return -np.abs(probabilities[:, 0] - probabilities[:, 1])
    best = np.partition(probabilities, -2, axis=1)[:, -2:]
    return best[:, 0] - best[:, 1]


def _similarity(features: NDArray[np.float32], seeds: Sequence[int]) -> NDArray[np.float32]:
    """Cosine with the nearest of the seeds, (N,)."""
    lengths = np.maximum(np.linalg.norm(features, axis=1), 1e-12)
    examples = features[np.asarray(seeds, dtype=np.intp)]
    examples = examples / np.maximum(np.linalg.norm(examples, axis=1, keepdims=True), 1e-12)
    return (features @ examples.T).max(axis=1) / lengths


def _take_top(
    choice: _Choice,
    candidates: Candidates,
    ranking: Ranking,
    labels_per_answer: NDArray[np.integer],
    count: int,
) -> None:
    """One answer that is looked for: the likeliest. Several: the likeliest of those with fewest labels."""
    wanted = ranking.wanted
    if wanted.shape[1] == 1:
        _take_ranked(choice, candidates, partial(ranking.take_likely, 0), count, Reason.TOP)
        return
    tally = np.asarray(labels_per_answer, dtype=float).copy()
    tally[wanted.max(axis=0) <= 0] = np.inf  # an answer nobody gave yet cannot be ranked
    for _ in range(count):
        answer = int(np.argmin(tally))
        if not _take_ranked(choice, candidates, partial(ranking.take_likely, answer), 1, Reason.TOP):
            return
        tally[answer] += 1


def _take_ranked(
    choice: _Choice,
    candidates: Candidates,
    take: Callable[[NDArray[np.bool_], int], NDArray[np.intp]],
    count: int,
    reason: Reason,
) -> int:
    """The first rows of a ranking; those that are avoided only when the others are used up."""
    taken = 0
    for avoided in (False, True):
        if taken < count:
            allowed = choice.free & (candidates.avoided == avoided)
            taken += choice.take(take(allowed, count - taken), reason)
    return taken


def _take_best(
    choice: _Choice,
    candidates: Candidates,
    preference: NDArray[np.floating],
    count: int,
    reason: Reason,
) -> int:
    """The rows with the highest preference; those that are avoided only when the others are used up."""
    if count <= 0:
        return 0
    taken = 0
    for allowed in (choice.free & ~candidates.avoided, choice.free & candidates.avoided):
        rows = np.flatnonzero(allowed)
        wanted = min(count - taken, len(rows))
        if wanted > 0:
            best = np.argpartition(-preference[rows], wanted - 1)[:wanted]
            best = best[np.argsort(-preference[rows[best]], kind="stable")]
            taken += choice.take(rows[best], reason)
    return taken


def _take_unlike(
    choice: _Choice,
    candidates: Candidates,
    features: NDArray[np.float32],
    known: Sequence[int],
    count: int,
) -> None:
    """Farthest-first traversal (Gonzalez 1985): each next galaxy is the one least like all before it."""
    lengths = np.einsum("nk,nk->n", features, features)
    examples = features[np.asarray(known[-_MOST_KNOWN:], dtype=np.intp)]
    products = features @ examples.T
    nearest = (lengths[:, None] + np.einsum("nk,nk->n", examples, examples) - 2 * products).min(axis=1)
    for _ in range(count):
        if not _take_best(choice, candidates, nearest, 1, Reason.ANOMALY):
            return
        row = choice.picks[-1].row
        nearest = np.minimum(nearest, lengths + lengths[row] - 2 * (features @ features[row]))


def _take_audit(choice: _Choice, candidates: Candidates, count: int) -> None:
    """The next galaxies in the audit order; those that are avoided only when the others are used up."""
    for blocked in (candidates.avoided, None):
        if count <= 0:
            return
        allowed = choice.free if blocked is None else choice.free & ~blocked
        count -= choice.take(first_allowed(candidates.order, allowed, count), Reason.RANDOM)


def _shuffled(picks: list[Pick], rng: np.random.Generator) -> tuple[Pick, ...]:
    return tuple(picks[place] for place in rng.permutation(len(picks)))
