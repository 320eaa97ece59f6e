"""DINO (Caron et al. 2021): a student tells what a slow average of itself sees in another view; no negatives.

The teacher's answers are centred and sharpened, which keeps them from collapsing onto one answer. Both views
are whole: the small crops of the original are left out, because on a galaxy the scale of a feature is what is
to be learned.
"""

from __future__ import annotations

import copy

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn


def distillation_loss(student: Tensor, teacher: Tensor, *, student_temperature: float = 0.1) -> Tensor:
    """Cross-entropy of the student's answers under the teacher's, each view against the other.

    ``H(P_t(v), P_s(v'))`` for the two ordered pairs of different views (Caron et al. 2021, eq. 3).

    Args:
        student: (2, B, K) logits of two views.
        teacher: (2, B, K) probabilities of the same views, without gradient.
        student_temperature: Sharpness of the student.

    Returns:
        Scalar.

    Example:
        >>> sure = F.one_hot(torch.tensor([[0, 1], [0, 1]])).float()
        >>> bool(distillation_loss(sure, sure) < distillation_loss(sure.flip(1), sure))
        True
    """
    answers = F.log_softmax(student.float() / student_temperature, dim=-1)
    return -(teacher.flip(0) * answers).sum(dim=-1).mean()


class SelfDistillation(nn.Module):
    """Student and teacher with their heads; ``forward`` gives the loss, ``after_step`` moves the teacher.

    Attributes:
        student: Network and head that are trained.
        teacher: Their moving average, the one to keep.

    Args:
        network: (B, 3, H, W) → (B, ``num_features``).
        n_answers: Length K of the answers.
        momentum: Share of the teacher that stays at each update.
        teacher_temperature: Sharpness of the teacher.
        centre_momentum: Share of the centre that stays at each step.
    """

    centre: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        n_answers: int = 1024,
        momentum: float = 0.99,
        teacher_temperature: float = 0.04,
        centre_momentum: float = 0.9,
    ) -> None:
        super().__init__()
        width = int(network.num_features)  # type: ignore[arg-type]
        self.student = nn.Sequential(network, _head(width, n_answers))
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)
        self.momentum, self.centre_momentum = momentum, centre_momentum
        self.teacher_temperature = teacher_temperature
        self.register_buffer("centre", torch.zeros(n_answers))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Loss of two views (B, 3, H, W) of the same pictures."""
        views = torch.cat([first, second])
        with torch.no_grad():
            logits = self.teacher(views).float()
            probabilities = F.softmax((logits - self.centre) / self.teacher_temperature, dim=-1)
            self._follow_centre(logits)
        student = self.student(views)
        return distillation_loss(torch.stack(student.chunk(2)), torch.stack(probabilities.chunk(2)))

    @property
    def kept(self) -> nn.Module:
        """The teacher's network, to use afterwards."""
        return self.teacher[0]

    @torch.no_grad()
    def after_step(self) -> None:
        """Move the teacher a little towards the student; call after every optimiser step."""
        pairs = zip(self.teacher.state_dict().values(), self.student.state_dict().values(), strict=True)
        for kept, new in pairs:
            if kept.is_floating_point():
                kept.lerp_(new, 1 - self.momentum)
            else:
                kept.copy_(new)

    def _follow_centre(self, logits: Tensor) -> None:
        mean = logits.mean(dim=0)
        if dist.is_available() and dist.is_initialized():
            dist.all_reduce(mean)
            mean /= dist.get_world_size()
        self.centre.lerp_(mean, 1 - self.centre_momentum)


class _UnitLength(nn.Module):
    def forward(self, vectors: Tensor) -> Tensor:
        return F.normalize(vectors, dim=-1)


def _head(width: int, n_answers: int) -> nn.Sequential:
    """Three layers, a bottleneck of unit length and a last layer of unit columns."""
    last = nn.utils.parametrizations.weight_norm(nn.Linear(128, n_answers, bias=False))
    last.parametrizations.weight.original0.data.fill_(1.0)
    last.parametrizations.weight.original0.requires_grad_(False)
    return nn.Sequential(
        nn.Linear(width, 512),
        nn.GELU(),
        nn.Linear(512, 512),
        nn.GELU(),
        nn.Linear(512, 128),
        _UnitLength(),
        last,
    )
