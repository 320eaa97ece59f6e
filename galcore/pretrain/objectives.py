"""What pretraining asks of the encoder: contrasts, structure, and the truth of simulations."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from galcore.pretrain.processes import gather_rows, share_of_mean


class ProjectionMemory(nn.Module):
    """Projections of the last steps, as more negatives (cross-batch memory, Wang et al. 2020).

    A batch holds few pictures of each group; the network changes little in a few steps, so older
    projections still tell apart what has to be told apart.
    """

    projections: Tensor
    groups: Tensor
    pictures: Tensor
    first_slot: Tensor

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.register_buffer("projections", torch.zeros(size, width))
        self.register_buffer("groups", torch.full((size,), -1))
        self.register_buffer("pictures", torch.full((size,), -1))
        self.register_buffer("first_slot", torch.zeros((), dtype=torch.long))

    def push(self, projections: Tensor, groups: Tensor, pictures: Tensor) -> None:
        """Keep the newest projections in place of the oldest; all of them normalised."""
        newest = slice(-len(self.projections), None)
        projections, groups, pictures = projections[newest], groups[newest], pictures[newest]
        order = torch.arange(len(projections), device=projections.device)
        slots = (self.first_slot + order) % len(self.projections)
        self.projections[slots] = projections.detach().float()
        self.groups[slots] = groups
        self.pictures[slots] = pictures
        self.first_slot.add_(len(projections)).remainder_(len(self.projections))


def contrastive_loss(
    first: Tensor,
    second: Tensor,
    groups: Tensor,
    *,
    temperature: float,
    memory: ProjectionMemory | None = None,
    pictures: Tensor | None = None,
    positions: Tensor | None = None,
) -> Tensor:
    """NT-Xent (SimCLR, Chen et al. 2020, eq. 1) with negatives from the same group only.

    Pictures of different surveys differ in noise and colour; told apart by that alone they teach nothing
    about galaxies, so each picture is contrasted with others of its own group. On several processes each
    scores its own pictures against those of all.

    Args:
        first: (B, P) projections of one view.
        second: (B, P) projections of another view of the same pictures.
        groups: (B,) int group of each picture.
        temperature: Softmax temperature.
        memory: Projections of earlier steps to contrast with; the new ones are added to it.
        pictures: (B,) int identity of each picture, needed with ``memory``: no picture is its own negative.
        positions: (B,) int place of each picture in the batch of all processes; None on one process.

    Returns:
        Scalar mean loss, this process's part of it on several.
    """
    B = len(first)
    place = torch.arange(B, device=first.device) if positions is None else positions
    order = torch.argsort(gather_rows(place))
    mine = F.normalize(torch.stack([first, second], dim=1).float(), dim=2)  # (B, 2, P)
    rows = mine.transpose(0, 1).flatten(0, 1)
    everyone = gather_rows(mine)[order].transpose(0, 1).flatten(0, 1)
    own_group, all_groups = groups.repeat(2), gather_rows(groups)[order].repeat(2)
    N = len(order)
    logits = rows @ everyone.T / temperature
    logits = logits.masked_fill(own_group[:, None] != all_groups[None, :], float("-inf"))
    itself = torch.cat([place, place + N])
    logits = logits.scatter(1, itself[:, None], float("-inf"))
    if memory is not None and pictures is not None:
        same = pictures.repeat(2)
        older = rows @ memory.projections.T.clone() / temperature
        allowed = (own_group[:, None] == memory.groups[None, :]) & (same[:, None] != memory.pictures[None, :])
        logits = torch.cat([logits, older.masked_fill(~allowed, float("-inf"))], dim=1)
        memory.push(everyone, all_groups, gather_rows(pictures)[order].repeat(2))
    partner = torch.cat([place + N, place])
    return share_of_mean(F.cross_entropy(logits, partner, reduction="sum"), len(rows))


def masked_binary_loss(logits: Tensor, targets: Tensor, positive_weight: Tensor) -> Tensor:
    """Binary cross-entropy over the answers that are known (NaN: the question does not apply)."""
    known = torch.isfinite(targets)
    losses = F.binary_cross_entropy_with_logits(
        logits.float(), torch.nan_to_num(targets), pos_weight=positive_weight, reduction="none"
    )
    return share_of_mean((losses * known).sum(), known.sum())


def masked_regression_loss(predictions: Tensor, targets: Tensor) -> Tensor:
    """Smooth L1 over the numbers that are known."""
    known = torch.isfinite(targets)
    losses = F.smooth_l1_loss(predictions.float(), torch.nan_to_num(targets), reduction="none", beta=0.5)
    return share_of_mean((losses * known).sum(), known.sum())


def restoration_loss(restored: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Mean logarithm of each image's squared error, and the mean squared error.

    The logarithm is the PSNR up to a factor, so that faint and bright images count alike.

    Args:
        restored: (B, 3, H, W).
        target: (B, 3, H, W).

    Returns:
        Scalar mean log error, and the scalar mean error without gradient.
    """
    error = (restored - target).square().mean(dim=(1, 2, 3))
    B = len(error)
    return share_of_mean(torch.log(error + 1e-6).sum(), B), share_of_mean(error.detach().sum(), B)


def spread_loss(restored: Tensor, log_variance: Tensor, target: Tensor, counted: Tensor) -> Tensor:
    """Gaussian likelihood of the errors of counted pixels, for the variance alone: it pulls on no mean.

    Args:
        restored: (B, 3, H, W).
        log_variance: (B, 3, H, W).
        target: (B, 3, H, W).
        counted: (B, 1, H, W), 1 where a pixel counts.
    """
    error = (restored.detach() - target).square()
    each = 0.5 * (log_variance + error * torch.exp(-log_variance)) * counted
    return each.sum() / (counted.sum() * restored.shape[1]).clamp(min=1)


def kinds_loss(logits: Tensor, kinds: Tensor) -> Tensor:
    """Mean cross-entropy over what was simulated."""
    return share_of_mean(F.cross_entropy(logits.float(), kinds, reduction="sum"), len(kinds))


def projector(embedding_dim: int, hidden_dim: int, out_dim: int) -> nn.Sequential:
    """Two-layer head, thrown away after training.

    Batch normalisation takes out what all pictures have in common; without it the contrast collapsed.
    """
    return nn.Sequential(
        nn.Linear(embedding_dim, hidden_dim),
        nn.BatchNorm1d(hidden_dim),
        nn.ReLU(inplace=True),
        nn.Linear(hidden_dim, out_dim),
    )


@dataclass(frozen=True, slots=True)
class HeadSizes:
    """Outputs of the heads; zero leaves a head out."""

    contrast: int = 128
    structure: int = 0
    binary: int = 0
    kinds: int = 0
    numbers: int = 0


class PretrainingHeads(nn.Module):
    """Everything that sits on the embedding during pretraining only."""

    def __init__(self, embedding_dim: int, sizes: HeadSizes, hidden_dim: int = 512) -> None:
        super().__init__()
        self.contrast = projector(embedding_dim, hidden_dim, sizes.contrast)
        self.structure = projector(embedding_dim, hidden_dim, sizes.structure)
        self.binary = nn.Linear(embedding_dim, max(sizes.binary, 1))
        self.kinds = nn.Linear(embedding_dim, max(sizes.kinds, 1))
        self.numbers = projector(embedding_dim, 128, max(sizes.numbers, 1))
