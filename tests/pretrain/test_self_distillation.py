from __future__ import annotations

import torch
from torch import Tensor

from galcore.model.foreign import create_backbone
from galcore.pretrain.self_distillation import SelfDistillation


def views(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.rand(8, 3, 32, 32, generator=generator)
    return pictures, (pictures + 0.05 * torch.randn(pictures.shape, generator=generator)).flip(3)


def make(seed: int = 0) -> SelfDistillation:
    torch.manual_seed(seed)
    return SelfDistillation(create_backbone("test_resnet", seed=seed), n_answers=64, momentum=0.9)


def test_the_student_learns_to_answer_as_the_teacher() -> None:
    pair = make()
    optimiser = torch.optim.AdamW(pair.student.parameters(), lr=1e-3)
    losses = []
    for _ in range(30):
        loss = pair(*views(0))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        pair.after_step()
        losses.append(float(loss.detach()))

    assert losses[-1] < losses[0]
    pair.teacher.eval()
    answers = pair.teacher(views(0)[0])
    assert answers.std(dim=0).max() > 1e-4  # pictures still get different answers: no collapse


def test_the_teacher_follows_the_student_and_never_a_gradient() -> None:
    pair = make()
    pair(*views(1)).backward()
    assert all(weights.grad is None for weights in pair.teacher.parameters())

    with torch.no_grad():
        pair.student[1][0].weight.add_(1.0)
    before = pair.teacher[1][0].weight.clone()
    pair.after_step()

    assert torch.allclose(pair.teacher[1][0].weight, before + 0.1, atol=1e-5)
