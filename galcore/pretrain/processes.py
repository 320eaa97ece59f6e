"""Several processes that share each step: started by ``torchrun``, joined by gloo (CPU) or NCCL (GPU).

Every loss is divided by the number of pictures, rows or answers of all processes, and multiplied by the
number of processes; DistributedDataParallel then averages gradients. The step is that of one process with
the whole batch, however unevenly the pictures are dealt out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from galcore.model.encoder import choose_device
from galcore.types import GalcoreError

_LONGEST_WAIT = timedelta(hours=2)  # while the first process simulates


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that share a run.

    Attributes:
        rank: Its number, from 0; 0 alone writes.
        world: How many there are, on all machines.
        device: Where it computes.
    """

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def mean(self, values: dict[str, float]) -> dict[str, float]:
        """Mean of each number over the processes; all get the same."""
        if self.world == 1:
            return values
        total = torch.tensor(list(values.values()), dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return dict(zip(values, (total / self.world).tolist(), strict=True))

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """The first process does the block while the others wait; then they do it."""
        if self.rank:
            dist.barrier()
        yield
        if self.world > 1 and not self.rank:
            dist.barrier()


@contextmanager
def join_processes(device: str = "auto") -> Iterator[Processes]:
    """Join the processes that ``torchrun`` started; alone where it did not.

    Args:
        device: ``auto``, ``cpu``, ``cuda`` …; on ``cuda`` each process of a machine takes its own GPU.

    Raises:
        GalcoreError: If a machine has fewer GPUs than processes.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = choose_device(device)
    if chosen.type == "cuda" and chosen.index is None:
        local = int(os.environ.get("LOCAL_RANK", "0"))
        if local >= torch.cuda.device_count():
            raise GalcoreError(
                f"process {local} of this machine has no GPU: there are {torch.cuda.device_count()}; "
                "start torchrun with --nproc-per-node of that number"
            )
        chosen = torch.device("cuda", local)
        torch.cuda.set_device(chosen)
    if world == 1:
        yield Processes(device=chosen)
        return
    backend = "nccl" if chosen.type == "cuda" else "gloo"
    dist.init_process_group(backend, timeout=_LONGEST_WAIT)
    try:
        yield Processes(dist.get_rank(), dist.get_world_size(), chosen)
    finally:
        dist.destroy_process_group()


def count_processes() -> int:
    """Processes that share the step; 1 where none were joined."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


class _SumOverProcesses(torch.autograd.Function):
    """Sum over processes; every process's gradient comes back to every process."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total


def sum_over_processes(values: Tensor) -> Tensor:
    """The sum of a tensor over all processes, differentiable; itself on one."""
    return values if count_processes() == 1 else _SumOverProcesses.apply(values)


def share_of_mean(total: Tensor, count: Tensor | int) -> Tensor:
    """This process's part of a mean: parts averaged over processes give ``sum(total) / sum(count)``."""
    counted = torch.as_tensor(count, dtype=torch.float32, device=total.device)
    world = count_processes()
    return total * world / sum_over_processes(counted).clamp(min=1)


class _GatherRows(torch.autograd.Function):
    """Rows of all processes, in rank order; gradients of all processes come back to the rows' owner."""

    @staticmethod
    def forward(context: Any, rows: Tensor) -> Tensor:
        counts = [torch.zeros(1, dtype=torch.long, device=rows.device) for _ in range(dist.get_world_size())]
        dist.all_gather(counts, torch.tensor([len(rows)], device=rows.device))
        sizes = [int(count) for count in counts]
        longest = max(sizes)
        padded = F.pad(rows, (0, 0) * (rows.ndim - 1) + (0, longest - len(rows))).contiguous()
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        context.start, context.n_rows = sum(sizes[: dist.get_rank()]), len(rows)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total[context.start : context.start + context.n_rows]


def gather_rows(rows: Tensor) -> Tensor:
    """(B, …) of this process → rows of all, in rank order; differentiable, integers without gradient.

    Processes may bring different numbers of rows. On one process the rows themselves.
    """
    return rows if count_processes() == 1 else _GatherRows.apply(rows)


class SharedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation with the statistics of all processes, on any device.

    ``torch.nn.SyncBatchNorm`` works on GPUs only; this one follows its definition, and is what makes training
    on CPUs with several processes the same as with one.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        return

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, …) → the same shape."""
        if not self.training:
            return super().forward(images)
        assert self.running_mean is not None and self.running_var is not None
        dims = [0, *range(2, images.ndim)]
        shape = (1, -1, *[1] * (images.ndim - 2))
        values = images.float()
        count = sum_over_processes(values.new_tensor(float(values.numel() // values.shape[1])))
        mean = sum_over_processes(values.sum(dims)) / count
        centred = values - mean.view(shape)
        variance = sum_over_processes(centred.square().sum(dims)) / count
        with torch.no_grad():
            share = 0.1 if self.momentum is None else self.momentum
            self.running_mean.lerp_(mean, share)
            self.running_var.lerp_(variance * count / (count - 1).clamp(min=1), share)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
        scale = torch.rsqrt(variance + self.eps) * self.weight
        return (centred * scale.view(shape) + self.bias.view(shape)).to(images.dtype)


def share_batch_norm(network: nn.Module, processes: Processes) -> nn.Module:
    """A network whose batch normalisations see the batch of all processes; names of weights stay.

    Raises:
        GalcoreError: If it has a normalisation of another kind, on a CPU.
    """
    if processes.world == 1:
        return network
    if processes.device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for name, module in network.named_modules():
        if type(module) in (nn.BatchNorm1d, nn.BatchNorm2d):
            module.__class__ = SharedBatchNorm
        elif isinstance(module, nn.modules.batchnorm._BatchNorm) and type(module) is not SharedBatchNorm:
            raise GalcoreError(
                f"'{name}' ({type(module).__name__}) cannot share its statistics over processes on a CPU; "
                "train with one process, on GPUs, or with another backbone"
            )
    return network
