from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from galcore.model.checkpoints import create_backbone, load_encoder
from galcore.model.foreign import split_file
from galcore.settings import ROOT
from galcore.types import GalcoreError

STAMP = torch.rand(1, 3, 160, 160)


def whole_network(name: str = "test_resnet") -> torch.nn.Module:
    """As people save it: with its classifier."""
    import timm

    torch.manual_seed(5)
    return timm.create_model(name, num_classes=10)


@pytest.fixture
def plain_file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    save_file(whole_network().state_dict(), path)
    return path


def test_a_plain_state_of_a_timm_network_opens_with_the_network_named(plain_file: Path) -> None:
    encoder = load_encoder(f"timm:test_resnet@{plain_file}", device="cpu")

    expected = whole_network().eval()
    expected.reset_classifier(0)
    pictures = STAMP[..., : encoder.preprocessing.size_px, : encoder.preprocessing.size_px]
    with torch.inference_mode():
        vectors = expected(pictures)
    assert torch.allclose(encoder.encode(pictures), vectors, atol=0.03 * float(vectors.abs().max()))
    assert encoder.preprocessing.mean == (0.5, 0.5, 0.5)  # as timm's configuration of that network says
    assert load_encoder(encoder.name, device="cpu").model_hash == encoder.model_hash
    assert load_encoder(encoder.name, device="cpu", untrained=True).model_hash != encoder.model_hash


def test_a_plain_state_without_its_network_named_says_how_to_name_it(plain_file: Path) -> None:
    with pytest.raises(GalcoreError, match="timm:NAME@"):
        load_encoder(str(plain_file))


def test_weights_of_another_network_are_refused_not_half_loaded(plain_file: Path) -> None:
    with pytest.raises(GalcoreError, match=r"mine\.safetensors.*do not fit|none of its"):
        load_encoder(f"timm:test_vit@{plain_file}")

    weights = load_file(plain_file)
    gone = next(name for name in weights if name.startswith("layer2") and name.endswith("weight"))
    del weights[gone]
    save_file(weights, plain_file)
    with pytest.raises(GalcoreError, match=gone):
        load_encoder(f"timm:test_resnet@{plain_file}")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("timm:no_such_net@{file}", "no network of timm"),
        ("timm:test_resnet@nowhere/x.safetensors", "no such weights file"),
        ("timm:test_resnet@nowhere/x.pth", "weights_only=True"),
        ("nowhere/x.pth", "weights_only=True"),
    ],
)
def test_what_cannot_be_opened_says_why(plain_file: Path, name: str, says: str) -> None:
    with pytest.raises(GalcoreError, match=says):
        load_encoder(name.format(file=plain_file))


def test_the_printed_command_turns_a_pickle_into_a_file_that_opens(tmp_path: Path) -> None:
    old = tmp_path / "mine.pth"
    torch.save(whole_network().state_dict(), old)
    with pytest.raises(GalcoreError) as refused:
        load_encoder(str(old))
    code = str(refused.value).split('python -c "', 1)[1].split('" and name', 1)[0]

    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)

    assert load_encoder(f"timm:test_resnet@{old.with_suffix('.safetensors')}", device="cpu").embedding_dim > 0


def test_a_pickle_that_runs_code_is_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    for name in ("trap.pth", "trap.bin", "trap.ckpt"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap()))
        for asked in (str(tmp_path / name), f"timm:test_resnet@{tmp_path / name}"):
            with pytest.raises(GalcoreError, match="pickle"):
                load_encoder(asked)
    (tmp_path / "trap.safetensors").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(GalcoreError, match="not a readable safetensors file"):
        load_encoder(f"timm:test_resnet@{tmp_path / 'trap.safetensors'}")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("name", "size_px"),
    [
        ("timm:vit_small_patch14_dinov2.lvd142m", 224),
        ("timm:vit_small_patch16_dinov3.lvd1689m", 256),
    ],
)
def test_dino_takes_whole_patches_with_the_normalisation_of_its_training(name: str, size_px: int) -> None:
    encoder = load_encoder(name, untrained=True, device="cpu")
    assert encoder.preprocessing.size_px == size_px
    assert encoder.preprocessing.mean == (0.485, 0.456, 0.406)
    assert encoder.embedding_dim == 384


def test_a_file_of_dino_at_its_own_size_is_used_at_the_reduced_one(tmp_path: Path) -> None:
    path = tmp_path / "dino.safetensors"
    network = create_backbone("vit_small_patch14_dinov2.lvd142m", seed=3)
    save_file(network.state_dict(), path)
    encoder = load_encoder(f"timm:vit_small_patch14_dinov2.lvd142m@{path}", device="cpu")
    assert encoder.preprocessing.size_px == 224


def test_only_a_weights_file_after_the_at_sign_counts_as_one() -> None:
    assert split_file("hf_hub:mwalmsley/zoobot-encoder-convnext_nano@v2") is None
    assert split_file("me@home/x.safetensors") == ("me", Path("home/x.safetensors"))


OPEN = """
import sys
from galcore.model.checkpoints import load_encoder
from galcore.types import GalcoreError
for name in sys.argv[1:]:
    try:
        encoder = load_encoder(name, device="cpu")
        print(name, encoder.preprocessing.size_px, encoder.preprocessing.mean)
    except GalcoreError as error:
        print("GalcoreError", error)
"""


def open_offline(names: list[str], cache: Path, **environment: str) -> list[str]:
    quiet = {"HF_HOME": str(cache), "HF_HUB_DISABLE_PROGRESS_BARS": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", OPEN, *names],
        cwd=ROOT,
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    return done.stdout.strip().splitlines()


def fill_cache(cache: Path, repository: str, commit: str = "0" * 40) -> None:
    """A folder as huggingface_hub leaves it after fetching a small timm model."""
    folder = cache / "hub" / f"models--{repository.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    snapshot = folder / "snapshots" / commit
    snapshot.mkdir(parents=True)
    config = {
        "architecture": "test_resnet",
        "num_classes": 10,
        "pretrained_cfg": {
            "input_size": [3, 160, 160],
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "num_classes": 10,
            "first_conv": "conv1.0",
            "classifier": "fc",
        },
    }
    (snapshot / "config.json").write_text(json.dumps(config))
    save_file(whole_network().state_dict(), snapshot / "model.safetensors")


def test_cached_models_open_offline_and_one_that_is_not_cached_says_what_to_copy(tmp_path: Path) -> None:
    fill_cache(tmp_path, "mwalmsley/zoobot-encoder-small")
    fill_cache(tmp_path, "someone/galaxies")
    cached = ["hf_hub:mwalmsley/zoobot-encoder-small", "hf_hub:someone/galaxies"]
    missing = "hf_hub:mwalmsley/zoobot-encoder-large"

    said = open_offline([*cached, missing], tmp_path, HF_HUB_OFFLINE="1")

    assert said[:2] == [
        f"{cached[0]} 224 (0.0, 0.0, 0.0)",  # Zoobot takes plain 0-1 pictures, whatever its file lists
        f"{cached[1]} 160 (0.5, 0.5, 0.5)",
    ]
    assert said[2].startswith(f"GalcoreError {missing}")
    assert "HF_HOME" in said[2]


def test_a_cached_model_opens_where_the_hub_cannot_be_reached(tmp_path: Path) -> None:
    fill_cache(tmp_path, "someone/galaxies")
    said = open_offline(["hf_hub:someone/galaxies"], tmp_path, HF_ENDPOINT="http://127.0.0.1:9")
    assert said == ["hf_hub:someone/galaxies 160 (0.5, 0.5, 0.5)"]
