"""The contrastive loss, on one process or on many: the one place where projections are gathered."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor


class _GatherWithGradient(torch.autograd.Function):
    """All rows of all processes; gradients of all processes come back to the rows' owner, summed."""

    @staticmethod
    def forward(context: Any, rows: Tensor) -> Tensor:
        context.n_rows = len(rows)
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        start = dist.get_rank() * context.n_rows
        return total[start : start + context.n_rows]


def gather_rows(rows: Tensor) -> Tensor:
    """(B, …) of this process → (world · B, …) of all, in rank order; differentiable.

    On one process the rows themselves. Every process must bring the same number of rows. Integers are
    gathered without gradient.
    """
    if not (dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1):
        return rows
    return _GatherWithGradient.apply(rows)


def contrast(first: Tensor, second: Tensor, *, temperature: float, groups: Tensor | None = None) -> Tensor:
    """NT-Xent, the loss of SimCLR (Chen et al. 2020, eq. 1).

    ``l(i, j) = -log( exp(z_i·z_j / t) / sum_{k ≠ i} exp(z_i·z_k / t) )`` over the 2 N views of a batch.

    On several processes each scores its own rows against the views of all. With gradients averaged over
    processes, as DistributedDataParallel does, both the mean loss and the step equal those of one process
    with the whole batch. (Batch normalisation does not: use ``SyncBatchNorm`` for that.)

    Args:
        first: (B, P) projections of one view.
        second: (B, P) projections of another view of the same pictures.
        temperature: ``t``.
        groups: (B,) int; where given, only pictures of the same group are negatives, so that nothing is
            learned from what tells surveys apart.

    Returns:
        Scalar, the mean over the rows of this process.

    Example:
        >>> apart = torch.eye(4)
        >>> bool(contrast(apart, apart, temperature=0.1) < contrast(apart, apart.roll(1, 0), temperature=0.1))
        True
    """
    mine = F.normalize(torch.stack([first, second], dim=1).float(), dim=2).flatten(
        0, 1
    )  # (2B, P), views beside
    everyone = gather_rows(mine)
    start = dist.get_rank() * len(mine) if len(everyone) > len(mine) else 0
    rows = torch.arange(len(mine), device=mine.device)
    logits = mine @ everyone.T / temperature
    if groups is not None:
        own = groups.repeat_interleave(2)
        logits = logits.masked_fill(own[:, None] != gather_rows(own)[None, :], float("-inf"))
    logits = logits.index_put((rows, rows + start), logits.new_tensor(float("-inf")))
    return F.cross_entropy(logits, (rows ^ 1) + start)
