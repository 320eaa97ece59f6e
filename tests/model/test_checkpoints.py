from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from galcore.model.checkpoints import list_models, load_encoder, save_checkpoint
from galcore.model.encoder import Encoder, list_looks, orient
from galcore.model.preprocessing import Preprocessing
from galcore.simulate.sample import simulate
from galcore.types import GalcoreError

SMALL = "timm:test_resnet"


@pytest.fixture(scope="module")
def tiny() -> Encoder:
    return load_encoder("galcore-tiny", device="cpu")


def test_the_shipped_model_embeds_galaxies(tiny: Encoder) -> None:
    stamps = simulate(3, seed=1, size_px=80).rgb
    batch = torch.stack([tiny.preprocessing.prepare(stamp) for stamp in stamps])

    vectors = tiny.encode(batch)

    assert vectors.shape == (3, tiny.embedding_dim)
    assert vectors.dtype == torch.float32
    assert torch.isfinite(vectors).all()
    assert tiny.count_parameters() > 1_000_000


def test_the_shipped_model_knows_a_galaxy_turned_around(tiny: Encoder) -> None:
    stamps = simulate(24, seed=2, size_px=96).rgb
    prepare = tiny.preprocessing.prepare
    upright = tiny.encode(torch.stack([prepare(stamp) for stamp in stamps]))
    turned = tiny.encode(torch.stack([prepare(np.rot90(stamp, 1).copy()) for stamp in stamps]))

    distances = torch.cdist(upright, turned)
    own, typical = distances.diagonal().median(), distances.median()

    assert own < 0.6 * typical


def test_shipped_weights_are_small_and_have_a_card() -> None:
    cards = {card.name: card for card in list_models()}

    card = cards["galcore-tiny"]
    assert card.path.stat().st_size < 40_000_000
    assert card.path.with_suffix(".md").exists()
    assert card.summary


def test_the_same_model_has_the_same_hash_and_other_weights_another(tiny: Encoder) -> None:
    again = load_encoder("galcore-tiny", device="cpu")
    untrained = load_encoder("galcore-tiny", device="cpu", untrained=True)

    assert len(tiny.model_hash) == 12
    assert again.model_hash == tiny.model_hash != untrained.model_hash
    assert untrained.embedding_dim == tiny.embedding_dim
    assert untrained.name != tiny.name


def test_untrained_weights_follow_their_seed() -> None:
    hashes = [load_encoder(SMALL, untrained=True, device="cpu", seed=seed).model_hash for seed in (0, 0, 1)]

    assert hashes[0] == hashes[1] != hashes[2]


def test_weights_that_are_saved_load_again_by_path(tmp_path: Path) -> None:
    made = load_encoder(SMALL, untrained=True, device="cpu")
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, made.state_dict(), backbone="test_resnet", preprocessing=made.preprocessing)

    loaded = load_encoder(str(path), device="cpu")

    images = torch.rand(2, 3, made.preprocessing.size_px, made.preprocessing.size_px)
    assert loaded.name == str(path)  # the name to load it by
    assert torch.allclose(loaded.encode(images), made.encode(images), atol=0.02)


def test_other_preprocessing_means_another_hash(tmp_path: Path) -> None:
    made = load_encoder(SMALL, untrained=True, device="cpu")
    hashes = []
    for size_px in (64, 96):
        path = tmp_path / f"mine{size_px}.safetensors"
        preprocessing = Preprocessing(size_px=size_px)
        save_checkpoint(path, made.state_dict(), backbone="test_resnet", preprocessing=preprocessing)
        hashes.append(load_encoder(str(path), device="cpu").model_hash)

    assert hashes[0] != hashes[1]


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps({"anything": 1}))

    with pytest.raises(GalcoreError, match=r"safetensors"):
        load_encoder(str(path))


@pytest.mark.parametrize(
    ("name", "says"),
    [("no-such-model", "no model named"), ("nowhere/x.safetensors", "no such weights file")],
)
def test_models_that_do_not_exist_are_reported_with_what_does(name: str, says: str) -> None:
    with pytest.raises(GalcoreError, match=says) as raised:
        load_encoder(name)

    assert "galcore-tiny" in str(raised.value)


def test_files_that_are_no_checkpoint_are_reported_by_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"not a checkpoint")

    with pytest.raises(GalcoreError, match=r"broken\.safetensors"):
        load_encoder(str(path))


def test_weights_that_cannot_be_fetched_say_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    for name in (SMALL, "hf_hub:mwalmsley/zoobot-encoder-convnext_nano"):
        with pytest.raises(GalcoreError, match="HF_HOME"):
            load_encoder(name)


def test_a_second_look_shows_the_middle_at_full_resolution() -> None:
    images = torch.rand(2, 3, 96, 96)

    whole, middle = list_looks(images, glimpse_px=64, views=1)

    assert whole.shape == middle.shape == (2, 3, 64, 64)
    assert torch.equal(middle, orient(images[:, :, 16:80, 16:80], 1))
    assert len(list_looks(images, glimpse_px=0, views=3)) == 3


def test_vectors_of_unit_length_weigh_both_looks_alike() -> None:
    network = load_encoder(SMALL, untrained=True, device="cpu").network
    settings = Preprocessing(size_px=96, glimpse_px=64, unit_length=True)
    images = torch.rand(3, 3, 96, 96)

    encoder = Encoder(network, name="x", preprocessing=settings, device="cpu")
    vectors = encoder.encode(images)

    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(3))
    alone = Encoder(network, name="x", preprocessing=replace(settings, unit_length=False), device="cpu")
    assert alone.model_hash != encoder.model_hash  # another space, not to be mixed
    looks = [
        Encoder(network, name="x", preprocessing=Preprocessing(size_px=64), device="cpu").encode(look)
        for look in list_looks(images, glimpse_px=64, views=1)
    ]
    expected = sum(look / look.norm(dim=1, keepdim=True) for look in looks)
    expected = expected / expected.norm(dim=1, keepdim=True)
    torch.testing.assert_close(vectors, expected, atol=0.02, rtol=0.02)


def test_the_eight_orientations_are_all_different() -> None:
    image = torch.arange(9.0).reshape(1, 1, 3, 3)

    assert len({tuple(orient(image, view).flatten().tolist()) for view in range(8)}) == 8
