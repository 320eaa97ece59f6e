"""The contrastive loss in its plain form, on one process or on many."""

from __future__ import annotations

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

from galcore.pretrain.processes import gather_rows


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
