"""Where a run starts: random weights, a timm backbone's weights, or a foundation model's."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from galcore.model.backbone import add_band, fold_batch_norm
from galcore.model.foreign import refuse_pickle
from galcore.model.foundation import FoundationModel
from galcore.pretrain.plan import PretrainingPlan
from galcore.types import GalcoreError


def create_model(plan: PretrainingPlan, *, folder: Path) -> FoundationModel:
    """The network a plan starts from.

    Args:
        plan: Names the architecture and, in ``start`` and ``start_decoder``, weights.
        folder: What ``start`` is relative to.

    Raises:
        GalcoreError: If the weights are not there, are others, or do not fit the architecture.
    """
    model = _start_whole(plan, folder)
    if plan.start_decoder:
        path = folder / plan.start_decoder
        _require(path, "start_decoder", "put it there", otherwise="the decoder begins as 'start' leaves it")
        weights = _load(path, "start_decoder")
        decoder = {name: tensor for name, tensor in weights.items() if name.startswith("decoder.")}
        if not decoder:
            raise GalcoreError(
                f"start_decoder: {plan.start_decoder} holds no decoder; name a foundation model"
            )
        _fit(model, model.state_dict() | decoder, f"start_decoder: {plan.start_decoder}")
    return model


def _start_whole(plan: PretrainingPlan, folder: Path) -> FoundationModel:
    if not plan.start:
        return FoundationModel(plan.architecture, seed=plan.seed)
    weights = _read(plan, folder / plan.start)
    if any(name.startswith("encoder.") for name in weights):
        model = FoundationModel(plan.architecture, seed=plan.seed)
        _fit(model, weights, plan.start)
        return model
    plain = FoundationModel(replace(plan.architecture, norm="as_built"), seed=plan.seed)
    own = plain.encoder.network.state_dict()
    _fit(
        plain,
        {f"encoder.network.{name}": _widen(name, tensor, own) for name, tensor in weights.items()},
        plan.start,
    )
    if plan.architecture.norm != "folded":
        return plain
    fold_batch_norm(plain.encoder.network)
    model = FoundationModel(plan.architecture, seed=plan.seed)
    model.load_state_dict(plain.state_dict())
    return model


def _read(plan: PretrainingPlan, path: Path) -> dict[str, Tensor]:
    how = f"\n  {plan.start_command}\nbrings it" if plan.start_command else "put it there"
    _require(path, "start", how, otherwise="training begins from random weights")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(plan.start_sha256):
        raise GalcoreError(
            f"start: {path} holds other weights than the plan means: its sha256 begins {digest[:12]}, not "
            f"{plan.start_sha256[:12]}; {how}"
        )
    return _load(path, "start")


def _require(path: Path, setting: str, how: str, *, otherwise: str) -> None:
    refuse_pickle(path)
    if not path.is_file():
        raise GalcoreError(
            f"{setting}: {path} is not there; {how}; without the line '{setting}' in the plan {otherwise}"
        )


def _load(path: Path, setting: str) -> dict[str, Tensor]:
    try:
        return {name: tensor.float() for name, tensor in load_file(path).items()}
    except (SafetensorError, OSError) as error:
        raise GalcoreError(f"{setting}: {path} is not a readable safetensors file ({error})") from error


def _widen(name: str, tensor: Tensor, own: dict[str, Tensor]) -> Tensor:
    wanted = own.get(name)
    if wanted is None or wanted.ndim != 4 or wanted.shape[1] == tensor.shape[1]:
        return tensor
    return add_band(tensor, wanted.shape[1])


def _fit(model: FoundationModel, weights: dict[str, Tensor], source: str) -> None:
    try:
        left = model.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise GalcoreError(f"{source}: weights do not fit {model.architecture.backbone} ({error})") from error
    lacking = [name for name in left.missing_keys if name.startswith("encoder.")]
    if left.unexpected_keys or lacking:
        raise GalcoreError(
            f"{source}: weights do not fit {model.architecture.backbone} "
            f"(lacking {lacking[:2]}, unknown {left.unexpected_keys[:2]})"
        )
