"""Answers of simulated people who walk a decision tree about simulated galaxies of known kinds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galcore.questions import DecisionTree


def simulate_paths(
    tree: DecisionTree, kinds: NDArray[np.integer], *, loyal: float = 0.9, seed: int = 0
) -> list[dict[str, str]]:
    """The true answers of every galaxy, from the first question to the end of its path.

    Galaxies of a kind share one answer to each question, from which a galaxy departs at random; the kinds
    take the answers of a question in turn, so that each has some.

    Args:
        tree: Questions.
        kinds: (N,) of the galaxies, from 0.
        loyal: Share of the galaxies that answer as their kind does.
        seed: Of everything.

    Returns:
        (N,) answers by question, in the order of the path.
    """
    rng = np.random.default_rng(seed)
    n_kinds = int(kinds.max(initial=0)) + 1
    typical = {asked.name: rng.permutation(n_kinds) % len(asked.answers) for asked in tree.questions}
    paths: list[dict[str, str]] = []
    for kind in kinds.tolist():
        path: dict[str, str] = {}
        while (asked := tree.next_question(path)) is not None:
            place = int(typical[asked.name][kind])
            if rng.random() >= loyal:
                place = int(rng.integers(len(asked.answers)))
            path[asked.name] = asked.answers[place]
        paths.append(path)
    return paths
