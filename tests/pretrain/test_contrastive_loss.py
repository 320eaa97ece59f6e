"""The contrastive loss against the textbook, and shared by two processes."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from torch import Tensor

from galcore.pretrain.objectives import contrastive_loss

ONE = torch.zeros(6, dtype=torch.long)
SHARES = ((0, 1, 2, 3), (4, 5))  # rows of two processes, not as many each


def textbook_loss(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Chen et al. 2020, eq. 1, written out pair by pair."""
    z = F.normalize(torch.cat([first, second]), dim=1)
    B, losses = len(first), []
    for i in range(2 * B):
        j = (i + B) % (2 * B)
        others = torch.stack([z[i] @ z[k] / temperature for k in range(2 * B) if k != i])
        losses.append(torch.logsumexp(others, 0) - z[i] @ z[j] / temperature)
    return torch.stack(losses).mean()


def views() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 5, generator=generator), torch.randn(6, 5, generator=generator)


def test_the_loss_is_the_textbook_one() -> None:
    found = contrastive_loss(*views(), ONE, temperature=0.1)

    assert torch.allclose(found, textbook_loss(*views(), 0.1))


def test_groups_apart_cost_what_each_costs_alone() -> None:
    first, second = views()
    groups = torch.tensor([0, 0, 0, 1, 1, 1])

    together = contrastive_loss(first, second, groups, temperature=0.1)

    halves = (slice(0, 3), slice(3, 6))
    each = [contrastive_loss(first[half], second[half], ONE[half], temperature=0.1) for half in halves]
    assert torch.allclose(together, torch.stack(each).mean())


def test_two_processes_take_the_step_of_one(tmp_path: Path) -> None:
    first, second = views()
    layer = torch.nn.Linear(5, 4, bias=False)
    whole = contrastive_loss(layer(first), layer(second), ONE, temperature=0.1)
    whole.backward()
    torch.save(layer.state_dict(), tmp_path / "layer.pt")

    mp.spawn(_one_process, args=(str(tmp_path),), nprocs=2)

    found = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1)]
    assert torch.allclose(
        torch.stack([each["gradient"] for each in found]).mean(0), layer.weight.grad, atol=1e-6
    )
    assert torch.allclose(torch.stack([each["loss"] for each in found]).mean(), whole.detach(), atol=1e-6)


def _one_process(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    layer = torch.nn.Linear(5, 4, bias=False)
    layer.load_state_dict(torch.load(Path(folder) / "layer.pt", weights_only=True))
    rows = torch.tensor(SHARES[rank])
    first, second = (part[rows] for part in views())
    loss = contrastive_loss(layer(first), layer(second), ONE[rows], temperature=0.1, positions=rows)
    loss.backward()
    torch.save({"gradient": layer.weight.grad, "loss": loss.detach()}, Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()
