from __future__ import annotations

from pathlib import Path

import pytest
import torch

from galcore.model.checkpoints import load_encoder, save_checkpoint
from galcore.model.encoder import Encoder
from galcore.model.hybrid import CONTRASTIVE_NAMES, create_by_backbone_name, create_contrastive_network
from galcore.model.linformer import LinformerAttention
from galcore.model.preprocessing import Preprocessing
from galcore.types import GalcoreError


@pytest.mark.parametrize("name", CONTRASTIVE_NAMES)
def test_every_contrastive_network_makes_vectors_and_a_map(name: str) -> None:
    network = create_contrastive_network(name, 64).eval()
    images = torch.rand(2, 3, 64, 64)

    with torch.inference_mode():
        vectors, maps = network(images), network.forward_features(images)

    assert vectors.shape == (2, network.num_features)
    assert torch.isfinite(vectors).all()
    assert maps.shape[0] == 2


def test_weights_of_a_contrastive_network_follow_the_seed() -> None:
    weights = [create_contrastive_network("hybrid", 64, seed).patches.weight for seed in (3, 3, 4)]

    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_all_of_the_hybrid_learns() -> None:
    network = create_contrastive_network("hybrid", 32)

    network(torch.rand(4, 3, 32, 32)).pow(2).mean().backward()

    still = [name for name, weights in network.named_parameters() if weights.grad is None]
    assert still == []


def test_low_rank_attention_with_the_identity_is_plain_attention() -> None:
    torch.manual_seed(0)
    attention = LinformerAttention(width=16, heads=2, n_tokens=9, rank=9)
    with torch.no_grad():
        attention.mix_keys.copy_(torch.eye(9))
        attention.mix_values.copy_(torch.eye(9))
    tokens = torch.randn(2, 9, 16)

    query, key, value = (
        part.reshape(2, 9, 2, 8).transpose(1, 2) for part in attention.to_qkv(tokens).chunk(3, -1)
    )
    weights = (query @ key.transpose(-1, -2) / 8**0.5).softmax(dim=-1)
    plain = attention.out((weights @ value).transpose(1, 2).reshape(2, 9, 16))

    assert torch.allclose(attention(tokens), plain, atol=1e-5)


def test_the_hybrid_runs_inside_an_encoder() -> None:
    encoder = Encoder(
        create_contrastive_network("hybrid", 64),
        name="hybrid",
        preprocessing=Preprocessing(size_px=64),
        device="cpu",
    )

    assert encoder.encode(torch.rand(2, 3, 64, 64)).shape == (2, 448)


@pytest.mark.parametrize(("name", "size_px"), [("resnet19", 64), ("hybrid", 50)])
def test_networks_that_cannot_be_made_say_why(name: str, size_px: int) -> None:
    with pytest.raises(GalcoreError, match=name):
        create_contrastive_network(name, size_px)


def test_a_saved_hybrid_opens_as_an_encoder(tmp_path: Path) -> None:
    made = create_contrastive_network("hybrid", 64, seed=1)
    before = Encoder(made, name="made", preprocessing=Preprocessing(size_px=64), device="cpu")
    path = tmp_path / "mine.safetensors"
    save_checkpoint(
        path, made.state_dict(), backbone="galcore:hybrid@64", preprocessing=Preprocessing(size_px=64)
    )

    opened = load_encoder(str(path), device="cpu")

    images = torch.rand(2, 3, 64, 64)
    assert torch.allclose(opened.encode(images), before.encode(images), atol=0.05)
    assert load_encoder(str(path), device="cpu", untrained=True).model_hash != opened.model_hash


def test_a_backbone_of_ours_without_its_size_is_refused() -> None:
    with pytest.raises(GalcoreError, match="input size"):
        create_by_backbone_name("galcore:hybrid")
