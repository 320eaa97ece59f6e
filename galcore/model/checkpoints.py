"""Finding and opening encoders: shipped weights, any timm backbone, Zoobot, a file of one's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from galcore.model.encoder import Encoder
from galcore.model.foreign import (
    WEIGHTS_SUFFIX,
    create_backbone,
    knows_backbone,
    load_weights,
    open_file,
    open_pretrained,
    refuse_pickle,
    split_file,
)
from galcore.model.foundation import Architecture, FoundationModel
from galcore.model.pooled import PooledEncoder
from galcore.model.preprocessing import Preprocessing
from galcore.settings import MODELS_DIR
from galcore.types import GalcoreError
from galcore.whole_files import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

_METADATA_KEY = "galcore"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model that ships with Galcore.

    Attributes:
        name: Name to load it by.
        path: Weights.
        backbone: timm name of the network.
        preprocessing: What its input goes through.
        summary: First paragraph of its card.
    """

    name: str
    path: Path
    backbone: str
    preprocessing: Preprocessing
    summary: str


def load_encoder(name: str, *, device: str = "auto", untrained: bool = False, seed: int = 0) -> Encoder:
    """Open an encoder by name.

    Args:
        name: A shipped name (``galcore-tiny``), ``timm:NAME`` or a bare timm name,
            ``hf_hub:mwalmsley/zoobot-encoder-…``, the path of a ``.safetensors`` file of Galcore's, or
            ``timm:NAME@FILE.safetensors`` for weights that say nothing about themselves.
        device: ``auto``, ``cpu``, ``cuda`` …
        untrained: Same network and preprocessing with random weights, for comparison.
        seed: Of the random weights.

    Returns:
        The encoder, ready to encode.

    Raises:
        GalcoreError: If there is no such model, its weights cannot be had, or its file is not safe to open.
    """
    foreign = split_file(name)
    path = None if foreign else _checkpoint_path(name)
    if foreign is not None:
        network, preprocessing = open_file(*foreign, untrained=untrained, seed=seed)
    elif path is not None:
        metadata, weights = _read_checkpoint(path)
        network = _open_network(metadata, weights, path, untrained=untrained, seed=seed)
        preprocessing = Preprocessing.from_json(metadata["preprocessing"])
    else:
        _check_backbone(name)
        network, preprocessing = open_pretrained(name, untrained=untrained, seed=seed)
    shown = f"{name} (untrained)" if untrained else name
    return Encoder(network, name=shown, preprocessing=preprocessing, device=device)


def load_foundation(name: str, *, untrained: bool = False, seed: int = 0) -> FoundationModel:
    """Open a whole foundation model, decoder included.

    Args:
        name: A shipped name, or the path of a ``.safetensors`` file.
        untrained: Same network with random weights.
        seed: Of the random weights.

    Raises:
        GalcoreError: If there is no such file, or it holds an encoder alone.
    """
    path = _checkpoint_path(name)
    if path is None:
        raise GalcoreError(f"'{name}' has no decoder; models that restore are {_shipped_names()}")
    metadata, weights = _read_checkpoint(path)
    if "architecture" not in metadata:
        raise GalcoreError(
            f"{path}: holds an encoder without a decoder, so it cannot restore pixels; weights that can are "
            "written by 'galcore pretrain'"
        )
    model = FoundationModel(Architecture.from_json(metadata["architecture"]), seed=seed)
    if not untrained:
        load_weights(model, weights, str(path))
    return model


def save_foundation(path: Path, model: FoundationModel, *, preprocessing: Preprocessing) -> None:
    """Write a foundation model in half precision with all that is needed to use it.

    Args:
        path: ``.safetensors`` file; replaced whole.
        model: The model, without heads.
        preprocessing: What the encoder's input goes through.
    """
    about = {"architecture": model.architecture.to_json(), "backbone": model.architecture.backbone}
    _save(path, model.state_dict(), about | {"preprocessing": preprocessing.to_json()})


def list_models(folder: Path = MODELS_DIR) -> tuple[ModelCard, ...]:
    """Models that ship with Galcore, in name order."""
    cards = []
    for path in sorted(folder.glob("*.safetensors")):
        metadata = _read_metadata(path)
        card = path.with_suffix(".md")
        cards.append(
            ModelCard(
                name=path.stem,
                path=path,
                backbone=metadata["backbone"],
                preprocessing=Preprocessing.from_json(metadata["preprocessing"]),
                summary=_first_paragraph(card) if card.exists() else "",
            )
        )
    return tuple(cards)


def save_checkpoint(
    path: Path, weights: Mapping[str, Tensor], *, backbone: str, preprocessing: Preprocessing
) -> None:
    """Write weights in half precision with all that is needed to use them.

    Args:
        path: ``.safetensors`` file; replaced whole.
        weights: State of the network, without heads.
        backbone: timm name of the network.
        preprocessing: What its input goes through.
    """
    _save(path, weights, {"backbone": backbone, "preprocessing": preprocessing.to_json()})


def _save(path: Path, weights: Mapping[str, Tensor], about: Mapping[str, str]) -> None:
    halved = {
        name: tensor.detach().cpu().half().contiguous()
        if tensor.is_floating_point()
        else tensor.cpu().contiguous()
        for name, tensor in weights.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(path) as unfinished:
        save_file(halved, unfinished, metadata={_METADATA_KEY: json.dumps(dict(about), sort_keys=True)})


def _open_network(
    metadata: Mapping[str, str], weights: Mapping[str, Tensor], path: Path, *, untrained: bool, seed: int
) -> nn.Module:
    """The encoder of a file: of a foundation model where it holds one, else a plain backbone."""
    if "architecture" not in metadata:
        backbone = create_backbone(metadata["backbone"], seed=seed)
        if not untrained:
            load_weights(backbone, weights, str(path))
        return backbone
    model = FoundationModel(Architecture.from_json(metadata["architecture"]), seed=seed)
    if not untrained:
        load_weights(model, weights, str(path))
    return PooledEncoder(model)


def _checkpoint_path(name: str) -> Path | None:
    shipped = MODELS_DIR / f"{name}.safetensors"
    if "/" not in name and "\\" not in name and shipped.exists():
        return shipped
    path = Path(name)
    refuse_pickle(path)
    if path.suffix != WEIGHTS_SUFFIX:
        return None
    if not path.is_file():
        raise GalcoreError(f"{name}: no such weights file; shipped models are {_shipped_names()}")
    return path


def _check_backbone(name: str) -> None:
    if not name.startswith(("hf_hub:", "hf-hub:")) and not knows_backbone(name):
        raise GalcoreError(
            f"no model named '{name}'; shipped models are {_shipped_names()}, any timm backbone goes by "
            "'timm:NAME', Zoobot by 'hf_hub:mwalmsley/zoobot-encoder-…', a file of your own by its path "
            "ending in .safetensors"
        )


def _shipped_names() -> str:
    return ", ".join(sorted(path.stem for path in MODELS_DIR.glob("*.safetensors"))) or "none"


def _read_metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_METADATA_KEY)
    except (SafetensorError, OSError) as error:
        raise GalcoreError(f"{path}: not a readable safetensors file ({error})") from error
    if text is None:
        raise GalcoreError(
            f"{path}: has no '{_METADATA_KEY}' entry in its metadata, so its network and preprocessing are "
            f"unknown; name the network, --model timm:NAME@{path}, or write the file with "
            "galcore.model.checkpoints.save_checkpoint"
        )
    return dict(json.loads(text))


def _read_checkpoint(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    metadata = _read_metadata(path)
    with safe_open(path, framework="pt") as file:
        return metadata, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)


def _first_paragraph(card: Path) -> str:
    paragraphs = card.read_text(encoding="utf-8").split("\n\n")
    return next((p.replace("\n", " ").strip() for p in paragraphs if p.strip() and not p.startswith("#")), "")
