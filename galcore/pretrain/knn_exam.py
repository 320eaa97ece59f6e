"""How good the neighbours of a network are: the vote of the nearest labelled pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from galcore.pretrain.simclr_views import FramedPictures, SimclrPlan, centre_views

_NEIGHBOURS = 15
_EVALUATION_BATCH = 256


@dataclass(frozen=True, slots=True, eq=False)
class KnnExam:
    """Labelled pictures that a network is judged on; it never learns from their labels.

    Attributes:
        labels: (N,) int class of each training picture.
        tested: Pictures never trained on.
        tested_labels: (M,) int class of each of them.
    """

    training: FramedPictures
    labels: NDArray[np.integer]
    tested: FramedPictures
    tested_labels: NDArray[np.integer]

    def score(self, network: nn.Module, plan: SimclrPlan) -> tuple[float, float]:
        """Accuracy of the vote inside the tested split, and from training to tested."""
        known = embed_pictures(network, self.training, plan)
        asked = embed_pictures(network, self.tested, plan)
        return (
            knn_accuracy(asked, self.tested_labels),
            knn_accuracy(known, self.labels, asked, self.tested_labels),
        )


def knn_accuracy(
    vectors: NDArray[np.floating],
    labels: NDArray[np.integer],
    asked: NDArray[np.floating] | None = None,
    asked_labels: NDArray[np.integer] | None = None,
    *,
    neighbours: int = _NEIGHBOURS,
) -> float:
    """Share of right answers by a vote of the nearest by cosine; ties go to the class of the nearest of them.

    Args:
        vectors: (N, D) known vectors.
        labels: (N,) class of each.
        asked: (M, D) vectors to answer for; ``None``: the known ones, each without itself (leave one out).
        asked_labels: (M,) their classes.
        neighbours: Votes; fewer where there are fewer known vectors.

    Example:
        >>> knn_accuracy(np.eye(2).repeat(3, 0), np.array([0, 0, 0, 1, 1, 1]), neighbours=2)
        1.0
    """
    known = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    queries = (
        known if asked is None else asked / np.maximum(np.linalg.norm(asked, axis=1, keepdims=True), 1e-12)
    )
    truth = labels if asked_labels is None else asked_labels
    similarity = queries @ known.T
    if asked is None:
        np.fill_diagonal(similarity, -np.inf)
    k = min(neighbours, len(known) - (asked is None))
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    votes = np.zeros((len(queries), int(max(labels.max(), truth.max())) + 1))
    for place in range(k):  # a vote is worth a little less than the one of a nearer neighbour: ties only
        votes[np.arange(len(queries)), labels[nearest[:, place]]] += 1 - 1e-6 * place
    return float((votes.argmax(axis=1) == truth).mean())


def embed_pictures(network: nn.Module, pictures: FramedPictures, plan: SimclrPlan) -> NDArray[np.float32]:
    """(N, D) vectors by the network as it is, in full precision: an untrained one's differ by little."""
    was_training = network.training
    network.eval()
    blocks = []
    with torch.inference_mode():
        for start in range(0, len(pictures), _EVALUATION_BATCH):
            part = pictures.take(np.arange(start, min(start + _EVALUATION_BATCH, len(pictures))))
            blocks.append(network(centre_views(part, plan)).float().numpy())
    network.train(was_training)
    return np.concatenate(blocks)
