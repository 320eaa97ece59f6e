"""Everything that decides how a pretraining run goes, in one TOML file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from galcore.model.foundation import SIZES, Architecture
from galcore.pretrain.augmentations import Augmentation
from galcore.pretrain.schedule import SCHEDULES
from galcore.types import GalcoreError

_KINDS: dict[str, Any] = {"int": int, "float": (int, float), "str": str}
TASKS = ("contrast", "truth", "reconstruct", "deconvolve")


@dataclass(frozen=True, slots=True)
class PretrainingPlan:
    """Settings of a run; stored in its checkpoint and card.

    Attributes:
        size: ``tiny``, ``small`` or ``base``; gives the architecture, whose fields may be overridden.
        minutes: Training time, where ``steps`` is 0; pauses and start-up do not count.
        steps: Updates of the weights, where not 0: the way to runs that repeat exactly.
        start: Weights to start from (a .safetensors of a plain timm backbone or of a foundation model),
            relative to the plan's file.
        start_command: What brings that file where it is not there, for the message.
        start_sha256: First digits of the sha256 of that file, checked where not empty.
        start_decoder: Weights whose decoder takes the place of that of ``start``, where not empty.
        trained: ``all``, or ``decoder``: the encoder stays as it starts and the decoder is trained on it.
        data: Folders of real pictures below the folder of real sets, by group: contrasts are drawn within a
            group. Pictures that a set's ``labels.csv`` calls ``annotated`` are left out; no other column is
            read.
        simulated: Simulations to train on, over the numbers of ``TINY_PARTS``; 0 leaves them out.
        view_px: Side of the views of the contrast and truth tasks.
        early_view_px: Side of those views in the first ``early_share`` of the run, where not 0: small views
            first are more views in the same time (progressive resizing).
        early_share: Share of the run with small views.
        input_px: Side of the finished encoder's input, where not 0: larger than ``view_px``, the network
            sees it whole, brought to ``view_px``, and its middle (see ``Preprocessing.glimpse_px``).
        restore_px: Side of the crops of the restoration tasks, at the scale of a frame of ``view_px``.
        degraded_share: Share of the masked pictures that also have a survey's seeing and noise.
        pictures: Pictures in a step, a contrast counting two.
        tasks: Share of each task in the pictures of a step.
        schedule: ``uniform`` or ``active``.
        floor: Part of each share that the active schedule leaves alone.
        quotas: Share of each group in the real pictures of a contrast.
        memory: Projections of earlier steps that serve as negatives.
    """

    size: str = "tiny"
    architecture: Architecture = field(default_factory=Architecture)
    seed: int = 0
    minutes: float = 60.0
    steps: int = 0
    start: str = ""
    start_command: str = ""
    start_sha256: str = ""
    start_decoder: str = ""
    trained: str = "all"
    data: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    simulated: float = 1.0
    view_px: int = 128
    early_view_px: int = 0
    early_share: float = 0.5
    input_px: int = 0
    restore_px: int = 64
    degraded_share: float = 0.5
    pictures: int = 256
    tasks: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(TASKS, 1.0))
    schedule: str = "uniform"
    floor: float = 0.5
    quotas: Mapping[str, float] = field(default_factory=dict)
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warmup_share: float = 0.03
    ema_decay: float = 0.995
    clip_norm: float = 5.0
    temperature: float = 0.1
    memory: int = 4096
    weight_structure: float = 2.0
    weight_binary: float = 1.0
    weight_kinds: float = 0.5
    weight_numbers: float = 0.5
    weight_pixels: float = 0.3
    weight_spread: float = 0.1
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_json(self) -> str:
        """The plan as text, for checkpoints and cards."""
        return json.dumps(asdict(self), sort_keys=True)


def read_plan(path: Path) -> PretrainingPlan:
    """A plan from a TOML file.

    Raises:
        GalcoreError: Naming the file and the field that is unknown or out of range.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise GalcoreError(f"{path}: not a readable TOML file ({error})") from error
    return plan_from(given, where=str(path))


def plan_from(given: Mapping[str, Any], *, where: str) -> PretrainingPlan:
    """A plan from fields as they stand in TOML or in a checkpoint."""
    size = str(given.get("size", "tiny"))
    if size not in SIZES:
        raise GalcoreError(f"{where}: size '{size}' is none of {', '.join(SIZES)}")
    values = dict(given)
    base = asdict(SIZES[size]) | {"size_px": given.get("view_px", 128)}
    values["architecture"] = _build(Architecture, base | dict(given.get("architecture", {})), where)
    values["augmentation"] = _build(Augmentation, dict(given.get("augmentation", {})), where)
    plan = _build(PretrainingPlan, values, where)
    _check(plan, where)
    return plan


def _build(kind: type, values: Mapping[str, Any], where: str) -> Any:
    names = {entry.name for entry in fields(kind)}
    unknown = sorted(set(values) - names)
    if unknown:
        raise GalcoreError(f"{where}: unknown setting '{unknown[0]}'; known are {', '.join(sorted(names))}")
    for entry in fields(kind):
        given, kinds = values.get(entry.name, entry.default), _KINDS.get(str(entry.type))
        if kinds is not None and (not isinstance(given, kinds) or isinstance(given, bool)):
            raise GalcoreError(f"{where}: {entry.name} must be of type {entry.type}, not {given!r}")
    return kind(**{name: _frozen(value) for name, value in values.items()})


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _frozen(inner) for name, inner in value.items()}
    return tuple(value) if isinstance(value, list) else value


def _check(plan: PretrainingPlan, where: str) -> None:
    unknown = sorted(set(plan.tasks) - set(TASKS))
    if unknown:
        raise GalcoreError(f"{where}: tasks: unknown task '{unknown[0]}'; known are {', '.join(TASKS)}")
    if any(share < 0 for share in plan.tasks.values()) or not sum(plan.tasks.values()):
        raise GalcoreError(f"{where}: tasks: shares must not be negative, and one above 0")
    stray = sorted(set(plan.quotas) - set(plan.data))
    if stray:
        raise GalcoreError(f"{where}: quotas: no group '{stray[0]}' in data; it has {', '.join(plan.data)}")
    if plan.schedule not in SCHEDULES:
        raise GalcoreError(f"{where}: schedule '{plan.schedule}' is none of {', '.join(SCHEDULES)}")
    if plan.steps <= 0 and plan.minutes <= 0:
        raise GalcoreError(f"{where}: give steps or minutes above 0")
    if plan.restore_px < 32 or plan.view_px < 32 or plan.early_view_px % 32:
        raise GalcoreError(f"{where}: view_px, early_view_px and restore_px must be multiples of 32")
    if plan.input_px and plan.input_px < plan.view_px:
        raise GalcoreError(f"{where}: input_px must not be smaller than view_px, or 0")
    if plan.restore_px % 32 or plan.view_px % 32:
        raise GalcoreError(f"{where}: view_px and restore_px must be multiples of 32")
