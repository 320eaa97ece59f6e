from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from galcore.model.hybrid import create_contrastive_network
from galcore.pretrain.knn_exam import KnnExam, knn_accuracy
from galcore.pretrain.simclr import train_simclr, write_curves
from galcore.pretrain.simclr_views import FramedPictures, SimclrPlan
from galcore.simulate.sample import simulate
from galcore.types import GalcoreError


@pytest.fixture(scope="module")
def framed(tmp_path_factory: pytest.TempPathFactory) -> FramedPictures:
    folder = tmp_path_factory.mktemp("pictures")
    files = []
    for number, stamp in enumerate(simulate(32, seed=3, size_px=64).rgb):
        files.append(folder / f"{number:02d}.png")
        Image.fromarray(stamp).save(files[-1])
    return FramedPictures.read(files)


def test_the_neighbours_of_well_separated_classes_vote_right() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)
    vectors = np.eye(3)[labels] + 0.1 * rng.normal(size=(60, 3))

    assert knn_accuracy(vectors, labels) == 1.0
    assert knn_accuracy(vectors, labels, vectors[::7], labels[::7]) == 1.0
    assert knn_accuracy(rng.normal(size=(60, 3)), labels) < 0.7


def test_a_picture_does_not_vote_for_itself() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 0.01], [1.0, 0.02]])

    assert knn_accuracy(vectors[:2], np.array([1, 0]), neighbours=15) == 0.0


def test_the_loss_falls_and_every_epoch_is_on_the_curve(framed: FramedPictures, tmp_path: Path) -> None:
    plan = SimclrPlan(size_px=32, epochs=3, batch=16, seed=1)
    labels = np.arange(len(framed)) % 2
    exam = KnnExam(framed, labels, framed.take(np.arange(20)), labels[:20])
    network = create_contrastive_network("hybrid", 32, 1)

    curve = train_simclr(network, framed, plan, exam=exam)
    write_curves(tmp_path / "curve.json", {"hybrid": curve}, plan)

    assert [row.epoch for row in curve] == [0, 1, 2, 3]
    assert curve[3].loss < curve[1].loss
    assert all(0 <= row.knn_leave_one_out <= 1 for row in curve)
    assert all(0 <= row.knn_train_to_test <= 1 for row in curve)
    written = json.loads((tmp_path / "curve.json").read_text())
    assert written["curves"]["hybrid"][0]["loss"] is None
    assert written["plan"]["temperature"] == 0.1


def test_the_same_seed_gives_the_same_curve(framed: FramedPictures) -> None:
    plan = SimclrPlan(size_px=32, epochs=1, batch=16, seed=5)
    losses = [
        train_simclr(create_contrastive_network("resnet18", 32, 5), framed, plan)[-1].loss for _ in range(2)
    ]

    assert losses[0] == losses[1]


def test_too_few_pictures_for_a_batch_are_reported(framed: FramedPictures) -> None:
    with pytest.raises(GalcoreError, match="32 pictures"):
        train_simclr(create_contrastive_network("resnet18", 32), framed, SimclrPlan(batch=64))


def test_a_folder_without_pictures_is_reported() -> None:
    with pytest.raises(GalcoreError, match="no pictures"):
        FramedPictures.read([])
