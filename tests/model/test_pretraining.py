from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from galcore.model.augmentations import Augmentation, augment, resample
from galcore.model.checkpoints import create_backbone
from galcore.model.corpus import STORED_PX, Corpus, build_corpus, list_pictures, store_corpus
from galcore.model.objectives import ProjectionMemory, contrastive_loss, masked_binary_loss
from galcore.model.pretraining import PretrainingPlan, PretrainingRun
from galcore.model.simulated_corpus import SimulatedPart, build_simulated_corpus
from galcore.model.structure import STRUCTURE_DIM, measure_structure
from galcore.simulate.sample import simulate
from galcore.simulate.surveys import SDSS
from galcore.types import GalcoreError

ONE_STILL_VIEW = Augmentation(
    zoom=(1.0, 1.0), shift=0, gain=0, colour=0, gamma=0, pedestal=0, grey=0, blur=0, noise=0
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("set") / "images"
    folder.mkdir()
    for index, rgb in enumerate(simulate(24, seed=1, size_px=48).rgb):
        Image.fromarray(rgb).save(folder / f"{index}.png")
    files = list_pictures(folder.parent)
    return build_corpus({"near": files[:12], "far": files[12:]}, cache=folder.parent / "cache")


def plan(**changes: object) -> PretrainingPlan:
    base = PretrainingPlan(
        minutes=0.02, sizes=((0.0, 32),), quotas={"near": 6, "far": 4}, simulated=0, warmup_share=0.1
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def start(corpus: Corpus, **changes: object) -> PretrainingRun:
    torch.manual_seed(0)
    return PretrainingRun(plan(**changes), create_backbone("test_resnet"), corpus)


def test_pictures_are_decoded_once_and_kept(corpus: Corpus, tmp_path: Path) -> None:
    assert corpus.pictures.shape == (24, STORED_PX, STORED_PX, 3)
    assert corpus.structure.shape == (24, STRUCTURE_DIM)
    assert np.isfinite(corpus.structure).all()
    assert list(np.bincount(corpus.groups)) == [12, 12]
    with pytest.raises(GalcoreError, match="no JPEG or PNG"):
        list_pictures(tmp_path)


def test_structure_does_not_care_how_a_galaxy_is_turned() -> None:
    stamps = simulate(12, seed=3, size_px=96, classes=("spiral", "barred", "elliptical")).rgb
    upright = np.stack([measure_structure(stamp) for stamp in stamps])
    turned = np.stack([measure_structure(np.rot90(stamp, 1).copy()) for stamp in stamps])
    mirrored = np.stack([measure_structure(stamp[:, ::-1].copy()) for stamp in stamps])

    typical = np.abs(upright - np.roll(upright, 1, axis=0)).mean()
    assert np.abs(upright - turned).mean() < 0.2 * typical
    assert np.abs(upright - mirrored).mean() < 0.2 * typical


def test_views_stay_pictures_and_follow_their_seed() -> None:
    pictures = torch.randint(0, 255, (6, 3, 40, 40), dtype=torch.uint8)
    views = [
        augment(
            pictures,
            torch.ones(6),
            size_px=32,
            strength=Augmentation(),
            generator=torch.Generator().manual_seed(seed),
        )
        for seed in (0, 0, 1)
    ]

    assert views[0].shape == (6, 3, 32, 32)
    assert views[0].min() >= 0
    assert views[0].max() <= 1
    assert torch.equal(views[0], views[1])
    assert not torch.equal(views[0], views[2])


def test_rotation_keeps_a_round_galaxy_round() -> None:
    axis = torch.linspace(-1, 1, 64)
    blob = torch.exp(-8 * (axis[:, None] ** 2 + axis[None, :] ** 2)).expand(4, 3, 64, 64).contiguous()

    turned = resample(
        blob, torch.ones(4), size_px=64, strength=ONE_STILL_VIEW, generator=torch.Generator().manual_seed(0)
    )

    assert (turned - blob).abs().max() < 0.05


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
    assert together == pytest.approx(np.log(3), abs=1e-5)


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
    logits = torch.zeros(2, 2, requires_grad=True)
    targets = torch.tensor([[1.0, float("nan")], [float("nan"), float("nan")]])

    masked_binary_loss(logits, targets, torch.ones(2)).backward()

    assert logits.grad is not None
    assert logits.grad[0, 0] != 0
    assert (logits.grad.flatten()[1:] == 0).all()


def test_a_run_learns_and_goes_on_after_a_kill(corpus: Corpus, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.pt"
    run = start(corpus)
    before = (
        run.average.state_dict()["conv1.weight"].clone()
        if "conv1.weight" in run.average.state_dict()
        else None
    )
    for _ in range(3):
        losses = run.take_step()
    run.save(checkpoint)
    onward = start(corpus)
    onward.resume(checkpoint)

    expected, got = run.take_step(), onward.take_step()

    assert np.isfinite(list(losses.values())).all()
    assert onward.step == 4
    assert got == pytest.approx(expected, rel=1e-3)
    if before is not None:
        assert not torch.equal(before, run.average.state_dict()["conv1.weight"])


def test_a_run_ends_when_its_time_is_used_up(corpus: Corpus, tmp_path: Path) -> None:
    run = start(corpus, minutes=0.01)
    run.train(tmp_path / "run.pt", report=lambda row: None)

    assert run.share_done >= 1
    assert run.learning_rate() < 0.05 * run.plan.learning_rate
    assert (tmp_path / "run.pt").exists()


def test_simulations_teach_their_truth_beside_real_pictures(corpus: Corpus, tmp_path: Path) -> None:
    parts = (SimulatedPart("sdss", SDSS, 20, 48),)
    simulated = build_simulated_corpus(parts, cache=tmp_path)
    again = build_simulated_corpus(parts, cache=tmp_path)
    network = create_backbone("test_resnet")
    run = PretrainingRun(plan(simulated=8), network, corpus, simulated)

    losses = run.take_step()

    assert {"contrast", "structure", "binary", "kinds", "numbers"} <= set(losses)
    assert np.isfinite(list(losses.values())).all()
    assert simulated.binary.shape == (20, len(simulated.binary_names))
    assert np.array_equal(simulated.corpus.pictures, again.corpus.pictures)


def test_an_interrupted_corpus_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    target = tmp_path / "corpus"
    with pytest.raises(IndexError):
        store_corpus(
            target,
            pictures=np.zeros((2, 8), np.uint8),
            scales=np.ones(2, np.float32),
            groups=np.zeros(2, np.int64),
            group_names=("a",),
        )

    assert not target.exists()
