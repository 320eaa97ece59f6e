from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from galcore.model.checkpoints import load_encoder
from galcore.model.finetune import FinetunePlan, finetune, split_stages, turn_at_random
from galcore.model.foreign import create_backbone
from galcore.simulate.sample import simulate
from galcore.types import GalcoreError


@pytest.fixture(scope="module")
def discs() -> tuple[Tensor, Tensor]:
    """Blue discs and red balls: 24 of each, (48, 3, 32, 32)."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:32, :32] - 15.5
    images, answers = [], []
    for number in range(48):
        yes = number % 2
        q = 0.3 if yes else 1.0
        light = np.exp(-np.hypot(rows / (9 * q), columns / 9) * rng.uniform(0.9, 1.1))
        images.append(np.stack([light * (0.4 + 0.6 * (1 - yes)), light, light * (0.4 + 0.6 * yes)]))
        answers.append(yes)
    noise = 0.05 * rng.normal(size=(48, 3, 32, 32))
    return torch.tensor(np.stack(images) + noise, dtype=torch.float32), torch.tensor(answers)


def small() -> torch.nn.Module:
    return create_backbone("test_resnet", seed=0)


@pytest.mark.parametrize("mode", ["head", "progressive", "all"])
def test_an_easy_question_is_learned(mode: str, discs: tuple[Tensor, Tensor]) -> None:
    images, answers = discs
    plan = FinetunePlan(mode=mode, steps=40, batch=8, head_learning_rate=0.02)

    classifier = finetune(small(), images[:32], answers[:32], plan)

    right = (classifier.probabilities(images[32:]).argmax(1) == answers[32:]).float().mean()
    assert right >= 0.9


def test_the_encoder_stays_as_it_was_when_only_the_head_learns(discs: tuple[Tensor, Tensor]) -> None:
    network = small()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    finetune(network, *discs, FinetunePlan(mode="head", steps=5))

    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_unfreezing_step_by_step_changes_the_last_stages_only(discs: tuple[Tensor, Tensor]) -> None:
    network = small()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    finetune(network, *discs, FinetunePlan(mode="progressive", steps=9))

    changed = {
        name.split(".")[0] for name, now in network.state_dict().items() if not torch.equal(now, before[name])
    }
    children = [name for name, child in network.named_children() if any(True for _ in child.parameters())]
    assert changed == set(children[-2:])


def test_a_new_head_starts_undecided(discs: tuple[Tensor, Tensor]) -> None:
    classifier = finetune(small(), *discs, FinetunePlan(mode="head", steps=0))

    assert (classifier.probabilities(discs[0]) - 0.5).abs().max() < 0.1


def test_the_same_seed_learns_the_same(discs: tuple[Tensor, Tensor]) -> None:
    plan = FinetunePlan(mode="all", steps=4, seed=3)

    first, second = (finetune(small(), *discs, plan).probabilities(discs[0]) for _ in range(2))

    assert torch.equal(first, second)


def test_a_turned_galaxy_keeps_its_light(discs: tuple[Tensor, Tensor]) -> None:
    turned = turn_at_random(discs[0], torch.Generator().manual_seed(0))

    assert turned.shape == discs[0].shape
    assert torch.allclose(turned.mean(), discs[0].mean(), rtol=0.2)


def test_the_shipped_encoder_learns_from_ten_labels() -> None:
    encoder = load_encoder("galcore-tiny", device="cpu")
    made = simulate(80, seed=5, size_px=96, classes={"elliptical": 0.5, "edge_on": 0.5})
    answers = torch.tensor((made.truth["kind"] == "edge_on").to_numpy().astype(np.int64))
    images = torch.stack([encoder.preprocessing.prepare(stamp) for stamp in made.rgb])
    plan = FinetunePlan(mode="head", steps=30, batch=10)

    classifier = finetune(encoder.network, images[:10], answers[:10], plan)

    right = (classifier.probabilities(images[10:]).argmax(1) == answers[10:]).float().mean()
    assert right > 0.8


def test_stages_are_found_inside_wrappers() -> None:
    inner = small()

    assert split_stages(torch.nn.Sequential(inner)) == split_stages(inner)
    assert len(split_stages(inner)) > 3


def test_labels_that_teach_nothing_are_refused(discs: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(GalcoreError, match="same answer"):
        finetune(small(), discs[0], torch.zeros(48, dtype=torch.long), FinetunePlan())
