from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from galcore.model.checkpoints import load_encoder
from galcore.model.encoder import Encoder
from galcore.model.framing import central_object
from galcore.model.hot_pixels import explain_stamp, show_hot_pixels
from galcore.model.hybrid import create_contrastive_network
from galcore.model.preprocessing import Preprocessing
from galcore.simulate.sample import simulate
from galcore.types import GalcoreError


@pytest.fixture(scope="module")
def tiny() -> Encoder:
    return load_encoder("galcore-tiny", device="cpu")


def test_hot_pixels_lie_on_the_galaxy_and_not_on_the_sky(tiny: Encoder) -> None:
    stamps = simulate(8, seed=2, size_px=96).rgb
    contrasts = []
    for stamp in stamps:
        found = central_object(stamp.astype(np.float32).mean(axis=2))
        assert found is not None
        heat = explain_stamp(tiny, stamp)
        assert heat.shape == stamp.shape[:2]
        assert 0 <= heat.min() <= heat.max() <= 1
        contrasts.append(heat[found[0]].mean() / max(heat[~found[0]].mean(), 1e-6))

    assert np.median(contrasts) > 3
    assert np.mean(np.array(contrasts) > 1) > 0.8


def test_hot_pixels_follow_a_galaxy_that_is_off_centre() -> None:
    encoder = load_encoder("galcore-tiny", device="cpu")
    picture = np.zeros((96, 96, 3), np.uint8)
    rows, columns = np.mgrid[:96, :96]
    for number, (y, x) in enumerate([(28, 28), (66, 60)]):
        blob = 230 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 60)
        picture = np.zeros_like(picture) + blob[..., None].astype(np.uint8)
        prepared = torch.from_numpy(picture.transpose(2, 0, 1).astype(np.float32) / 255)
        mean, std = (
            torch.tensor(t)[:, None, None] for t in (encoder.preprocessing.mean, encoder.preprocessing.std)
        )
        side = encoder.preprocessing.size_px
        image = torch.nn.functional.interpolate(((prepared - mean) / std)[None], size=(side, side))
        heat = show_hot_pixels(encoder, image)[0].numpy()
        weights = heat / heat.sum()
        centre = [(weights.sum(axis=1 - axis) * np.arange(side)).sum() * 96 / side for axis in (0, 1)]
        assert abs(centre[0] - y) < 14 and abs(centre[1] - x) < 14, (number, centre)


def test_opposite_directions_light_up_different_pixels(tiny: Encoder) -> None:
    images = torch.stack([tiny.preprocessing.prepare(stamp) for stamp in simulate(2, seed=3, size_px=96).rgb])
    direction = torch.randn(tiny.embedding_dim, generator=torch.Generator().manual_seed(0))

    towards = show_hot_pixels(tiny, images, direction=direction)
    away = show_hot_pixels(tiny, images, direction=-direction)

    assert towards.shape == images[:, 0].shape
    assert (towards - away).abs().mean() > 0.02


def test_the_map_of_a_galaxy_does_not_depend_on_its_batch(tiny: Encoder) -> None:
    images = torch.stack([tiny.preprocessing.prepare(stamp) for stamp in simulate(2, seed=4, size_px=96).rgb])

    together, alone = show_hot_pixels(tiny, images)[1], show_hot_pixels(tiny, images[1:2])[0]

    assert torch.allclose(together, alone, atol=1e-3)


def test_two_people_looking_at_once_do_not_see_each_others_galaxy(tiny: Encoder) -> None:
    stamps = simulate(4, seed=6, size_px=96).rgb
    alone = [explain_stamp(tiny, stamp) for stamp in stamps]

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda stamp: explain_stamp(tiny, stamp), stamps))

    assert all(np.allclose(*pair, atol=1e-3) for pair in zip(alone, together, strict=True))


@pytest.mark.parametrize("name", ["hybrid", "vit", "linformer"])
def test_other_kinds_of_network_have_hot_pixels_too(name: str) -> None:
    network = create_contrastive_network(name, 64)
    encoder = Encoder(network, name=name, preprocessing=Preprocessing(size_px=64), device="cpu")

    heat = show_hot_pixels(encoder, torch.rand(1, 3, 64, 64))

    assert heat.shape == (1, 64, 64)
    assert heat.max() == 1


def test_a_direction_of_another_length_is_refused(tiny: Encoder) -> None:
    with pytest.raises(GalcoreError, match="numbers"):
        show_hot_pixels(tiny, torch.zeros(1, 3, 96, 96), direction=np.ones(7))
