from __future__ import annotations

import math

import pytest
import torch

from galcore.pretrain.objectives import (
    ProjectionMemory,
    contrastive_loss,
    masked_binary_loss,
    masked_regression_loss,
    restoration_loss,
    spread_loss,
)


def test_contrast_is_lowest_when_views_agree_and_others_differ() -> None:
    one_hot = torch.eye(8)
    groups = torch.zeros(8, dtype=torch.long)

    agree = contrastive_loss(one_hot, one_hot, groups, temperature=0.1)
    confused = contrastive_loss(one_hot, one_hot.roll(1, 0), groups, temperature=0.1)

    assert agree < 0.01 < confused


def test_pictures_of_other_surveys_are_no_negatives() -> None:
    same = torch.ones(2, 4)

    alone = contrastive_loss(same, same, torch.tensor([0, 1]), temperature=0.1)
    together = contrastive_loss(same, same, torch.tensor([0, 0]), temperature=0.1)

    assert alone == pytest.approx(0.0, abs=1e-6)
    assert together == pytest.approx(math.log(3), abs=1e-5)


def test_earlier_pictures_are_negatives_but_never_of_themselves() -> None:
    one_hot, groups = torch.eye(4), torch.zeros(4, dtype=torch.long)
    memory = ProjectionMemory(8, 4)

    def loss(pictures: list[int]) -> float:
        ids = torch.tensor(pictures)
        return float(contrastive_loss(one_hot, one_hot, groups, temperature=0.1, memory=memory, pictures=ids))

    alone = loss([0, 1, 2, 3])
    again = loss([0, 1, 2, 3])
    lookalikes = loss([4, 5, 6, 7])

    assert alone < 0.01
    assert again < 0.01
    assert lookalikes > 0.5


def test_questions_that_do_not_apply_teach_nothing() -> None:
    for loss in (
        lambda values, targets: masked_binary_loss(values, targets, torch.ones(2)),
        masked_regression_loss,
    ):
        values = torch.zeros(2, 2, requires_grad=True)
        targets = torch.tensor([[1.0, float("nan")], [float("nan"), float("nan")]])

        loss(values, targets).backward()

        assert values.grad is not None
        assert values.grad[0, 0] != 0
        assert (values.grad.flatten()[1:] == 0).all()


def test_a_restoration_counts_faint_and_bright_images_alike() -> None:
    target = torch.zeros(2, 3, 8, 8)
    restored = torch.cat([torch.full((1, 3, 8, 8), 0.1), torch.full((1, 3, 8, 8), 0.01)]).requires_grad_(True)

    log_error, error = restoration_loss(restored, target)
    log_error.backward()

    assert float(error) == pytest.approx((0.01 + 0.0001) / 2)
    assert restored.grad is not None
    relative = (restored.grad * restored.detach()).sum(dim=(1, 2, 3))
    assert float(relative[0]) == pytest.approx(float(relative[1]), rel=0.02)


def test_the_uncertainty_is_lowest_where_it_is_true_and_does_not_pull_the_mean() -> None:
    target = 0.1 * torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    restored = torch.zeros_like(target, requires_grad=True)
    true = 2 * math.log(0.1)
    everywhere = torch.ones_like(target[:, :1])
    losses = {
        shift: spread_loss(
            restored, torch.full_like(target, true + shift).requires_grad_(True), target, everywhere
        )
        for shift in (-1.0, 0.0, 1.0)
    }

    assert losses[0.0] < min(losses[-1.0], losses[1.0])
    losses[0.0].backward()
    assert restored.grad is None
