from __future__ import annotations

from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from torch import Tensor

from galcore.pretrain.contrast import contrast


def textbook_loss(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Chen et al. 2020, eq. 1, written out pair by pair."""
    z = F.normalize(torch.cat([first, second]), dim=1)
    B, losses = len(first), []
    for i in range(2 * B):
        j = (i + B) % (2 * B)
        others = torch.stack([z[i] @ z[k] / temperature for k in range(2 * B) if k != i])
        losses.append(torch.logsumexp(others, 0) - z[i] @ z[j] / temperature)
    return torch.stack(losses).mean()


def views(seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(6, 5, generator=generator), torch.randn(6, 5, generator=generator)


def test_the_loss_is_the_textbook_one() -> None:
    first, second = views()

    assert torch.allclose(contrast(first, second, temperature=0.1), textbook_loss(first, second, 0.1))


def test_views_that_agree_cost_less_than_views_that_do_not() -> None:
    first, second = views()

    assert contrast(first, first, temperature=0.1) < contrast(first, second, temperature=0.1)


def test_pictures_of_another_group_are_no_negatives() -> None:
    first, second = views()
    groups = torch.tensor([0, 0, 0, 1, 1, 1])

    apart = contrast(first, second, temperature=0.1, groups=groups)
    each = [contrast(first[part], second[part], temperature=0.1) for part in (slice(0, 3), slice(3, 6))]

    assert torch.allclose(apart, torch.stack(each).mean())


def test_two_processes_take_the_step_of_one(tmp_path: Path) -> None:
    first, second = views()
    layer = torch.nn.Linear(5, 4, bias=False)
    whole = contrast(layer(first), layer(second), temperature=0.1)
    whole.backward()
    torch.save(layer.state_dict(), tmp_path / "layer.pt")

    mp.spawn(_one_process, args=(str(tmp_path),), nprocs=2)

    found = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1)]
    gradient = torch.stack([each["gradient"] for each in found]).mean(0)
    loss = torch.stack([each["loss"] for each in found]).mean()
    assert torch.allclose(gradient, layer.weight.grad, atol=1e-6)
    assert torch.allclose(loss, whole.detach(), atol=1e-6)


def _one_process(rank: int, folder: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    layer = torch.nn.Linear(5, 4, bias=False)
    layer.load_state_dict(torch.load(Path(folder) / "layer.pt", weights_only=True))
    first, second = (part.chunk(2)[rank] for part in views())
    groups = torch.zeros(3, dtype=torch.long)
    loss = contrast(layer(first), layer(second), temperature=0.1, groups=groups)
    loss.backward()
    torch.save({"gradient": layer.weight.grad, "loss": loss.detach()}, Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()
