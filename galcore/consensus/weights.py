"""How much each label is worth to the learner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galcore.consensus.result import Consensus


def label_weights(consensus: Consensus) -> NDArray[np.float64]:
    """(N,) weight of each galaxy's label: its confidence beyond chance, ``(K max_k p_k - 1) / (K - 1)``.

    1 where the answer is certain, 0 where every answer is as likely as the others, or nobody voted.

    Raises:
        ValueError: If the model has a share in the consensus: it would learn from itself.
    """
    if consensus.model_share:
        raise ValueError(
            "the model has a share in this consensus, and would learn from itself: "
            "weigh labels by dawid_skene or majority"
        )
    n_answers = len(consensus.answers)
    beyond = (n_answers * consensus.confidence - 1) / max(n_answers - 1, 1)
    return np.where(consensus.n_votes > 0, np.clip(beyond, 0, 1), 0.0)


def soft_labels(consensus: Consensus) -> NDArray[np.float64]:
    """(N, K) the label of each galaxy spread over the answers by belief, rows summing to its weight.

    A drop-in for counts of votes where each galaxy is to count once.
    """
    return consensus.probabilities * label_weights(consensus)[:, None]
