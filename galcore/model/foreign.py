"""Encoders that others trained: timm, DINOv2 and v3, Zoobot, and weight files without Galcore's metadata.

Their preprocessing is that of their training, read from timm's configuration, with Galcore's framing of the
central object. Zoobot is the exception that has to be known by name (:func:`_preprocessing`).
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

import galcore.model.torchvision_guard  # noqa: F401  (must come before timm)
from galcore.model.hybrid import PREFIX, create_by_backbone_name
from galcore.model.preprocessing import Preprocessing
from galcore.types import GalcoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

WEIGHTS_SUFFIX = ".safetensors"
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".tar")
_ZOOBOT_SIZE_PX = 224
_LARGEST_PX = 256  # a stamp has no more to show; DINOv2's 518 px would cost eight times as much as 224
_REDUCED_PX = 224

_log = logging.getLogger(__name__)


def create_backbone(backbone: str, *, seed: int = 0, pretrained: bool = False) -> nn.Module:
    """A network without its classifier; the same seed gives the same random weights.

    Args:
        backbone: timm name, or one of our own such as ``galcore:hybrid@64`` (input size at the end).
        seed: Of the random weights.
        pretrained: With timm's weights; our own networks have none but those of a checkpoint.
    """
    import timm

    if backbone.startswith(PREFIX):
        return create_by_backbone_name(backbone, seed=seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return timm.create_model(backbone, pretrained=pretrained, num_classes=0)


def knows_backbone(name: str) -> bool:
    """Whether timm has a network of this name (``timm:`` before it is allowed), tag of its weights or not."""
    import timm

    bare = name.removeprefix("timm:")
    return bool(timm.is_model(bare.split(".")[0]))


def split_file(name: str) -> tuple[str, Path] | None:
    """Backbone and file of ``timm:NAME@FILE.safetensors``; ``None`` for any other name.

    >>> split_file("timm:resnet18@weights/mine.safetensors")
    ('resnet18', PosixPath('weights/mine.safetensors'))
    """
    backbone, at, file = name.partition("@")
    if not at or Path(name).is_file() or Path(file).suffix not in (WEIGHTS_SUFFIX, *PICKLES):
        return None
    return backbone.removeprefix("timm:"), Path(file)


def open_pretrained(name: str, *, untrained: bool, seed: int) -> tuple[nn.Module, Preprocessing]:
    """A network of timm or of the Hugging Face hub with its own weights, from the cache or the net.

    Raises:
        GalcoreError: If its weights cannot be had here.
    """
    backbone = name.removeprefix("timm:").replace("hf_hub:", "hf-hub:")
    try:
        network = create_backbone(backbone, seed=seed, pretrained=not untrained)
    except Exception as error:  # hub, HTTP and socket libraries raise dozens of types
        _log.debug("%s cannot be opened", name, exc_info=True)
        reason = (str(error).strip().splitlines() or [""])[0][:160]
        raise GalcoreError(
            f"{name}: pretrained weights could not be fetched ({type(error).__name__}: {reason}). Without a "
            "network, fetch the model once on a machine that has one and copy its Hugging Face cache folder "
            "(HF_HOME, by default ~/.cache/huggingface) here; or use a shipped model, a weights file "
            "('timm:NAME@file.safetensors'), or untrained=True"
        ) from error
    _reduce_input(network)
    return network, _preprocessing(network, from_zoobot="zoobot" in backbone)


def open_file(backbone: str, path: Path, *, untrained: bool, seed: int) -> tuple[nn.Module, Preprocessing]:
    """A timm network with the weights of a file that says nothing about itself.

    Args:
        backbone: timm name.
        path: ``.safetensors`` file with a state of that network; its classifier is dropped.
        untrained: Leave the weights random.
        seed: Of random weights.

    Raises:
        GalcoreError: If there is no such network or file, or they do not fit each other in every weight.
    """
    refuse_pickle(path)
    if not knows_backbone(backbone):
        raise GalcoreError(f"'{backbone}' (before the @) is no network of timm; see timm.list_models()")
    if not path.is_file():
        raise GalcoreError(f"{path}: no such weights file")
    network = create_backbone(backbone, seed=seed)
    if not untrained:
        try:
            weights = load_file(path)
        except (SafetensorError, OSError) as error:
            raise GalcoreError(f"{path}: not a readable safetensors file ({error})") from error
        load_weights(network, _without_classifier(network, weights, path), f"{path} ({backbone})")
    _reduce_input(network)
    return network, _preprocessing(network, from_zoobot=False)


def load_weights(network: nn.Module, weights: Mapping[str, torch.Tensor], source: str) -> None:
    """Fill every weight of a network, in float32.

    Raises:
        GalcoreError: If a weight is missing, left over or of another shape.
    """
    try:
        network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in weights.items()})
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:4]]
        raise GalcoreError(f"{source}: weights do not fit the network ({' '.join(lines)[:300]})") from error


def refuse_pickle(path: Path) -> None:
    """Raise for a file that could run code when it is opened, and say how to make a safe one of it."""
    if path.suffix in PICKLES:
        safe = path.with_suffix(WEIGHTS_SUFFIX)
        raise GalcoreError(
            f"{path}: weights in a pickle can run any code when opened. Convert them to safetensors where "
            'you trust them: python -c "import torch, safetensors.torch as s; '
            f"s.save_file(torch.load('{path}', map_location='cpu', weights_only=True), '{safe}')\" "
            f"and name the network: --model timm:NAME@{safe}"
        )


def _without_classifier(
    network: nn.Module, weights: Mapping[str, torch.Tensor], path: Path
) -> dict[str, torch.Tensor]:
    classifier = getattr(network, "pretrained_cfg", {}).get("classifier") or ()
    heads = tuple(f"{head}." for head in ([classifier] if isinstance(classifier, str) else classifier))
    wanted = network.state_dict().keys()
    kept = {name: tensor for name, tensor in weights.items() if name in wanted or not name.startswith(heads)}
    if not kept.keys() & wanted:
        raise GalcoreError(
            f"{path}: none of its {len(weights)} tensors is one of the network's; it has "
            f"{', '.join(sorted(weights)[:2])}, the network {', '.join(sorted(wanted)[:2])}"
        )
    return kept


def _reduce_input(network: Any) -> None:
    """Bring a transformer of very large input to a usual one; its table of positions is interpolated."""
    size_px = int(_data_config(network)["input_size"][-1])
    if size_px <= _LARGEST_PX or not hasattr(network, "set_input_size"):
        return
    patch_px = int(network.patch_embed.patch_size[0])
    reduced_px = _REDUCED_PX // patch_px * patch_px
    network.set_input_size(img_size=(reduced_px, reduced_px))
    network.pretrained_cfg = {**network.pretrained_cfg, "input_size": (3, reduced_px, reduced_px)}


def _preprocessing(network: nn.Module, *, from_zoobot: bool) -> Preprocessing:
    if from_zoobot:  # trained on plain 0-1 pictures although its configuration lists ImageNet's mean and std
        return Preprocessing(size_px=_ZOOBOT_SIZE_PX, framing="frame", crop_fraction=0.8)
    config = _data_config(network)
    return Preprocessing(
        size_px=int(config["input_size"][-1]), mean=tuple(config["mean"]), std=tuple(config["std"])
    )


def _data_config(network: nn.Module) -> dict:
    import timm.data

    return dict(timm.data.resolve_data_config({}, model=network))
