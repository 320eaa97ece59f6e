"""New weights under an old name: embed anew beside the old vectors, then change places in one go.

Until the new embeddings, index and map are complete, everything works on the old ones; then the old ones are
kept as ``<model>.<hash>`` and running campaigns take the new vectors at their next look. Labels are not
touched: they belong to galaxies, not to vectors.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

from galcore.preparation import PreparationReport, prepare
from galcore.settings import DEFAULT_MODEL
from galcore.types import CancelCheck, ProgressCallback
from galcore.workspace import Workspace
from galcore.workspace_files import model_folder_name

# What a model has in a workspace: folder, ending of its name, file in it that names the weights.
_PARTS = (
    ("embeddings", "", "manifest.json"),
    ("index", "", "manifest.json"),
    ("atlas", ".parquet", ".json"),
    ("atlas", ".npz", ".json"),
    ("atlas", ".json", ".json"),
)


def renew(
    workspace: Workspace,
    *,
    model: str = DEFAULT_MODEL,
    seed: int = 0,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> PreparationReport:
    """Prepare a workspace with the model as it is now, whatever made the vectors that are there.

    Where the weights are the same it is :func:`~galcore.preparation.prepare`. Killed or cancelled, the old
    vectors stay in place, and the same call goes on where it stopped.

    Returns:
        The report; ``kept_aside`` names what was moved away.

    Raises:
        GalcoreError: If the model cannot be loaded, or no image can be read.
    """
    from galcore.embed.store import read_manifest
    from galcore.model.checkpoints import load_encoder

    encoder = load_encoder(model)
    name = model_folder_name(model)
    waiting = f"{name}.{encoder.model_hash}.new"
    found = read_manifest(workspace.files.embeddings(name))
    if found is not None and found.model_hash != encoder.model_hash:
        report = prepare(
            workspace,
            model=model,
            encoder=encoder,
            folder_name=waiting,
            seed=seed,
            progress=progress,
            cancel=cancel,
        )
        if cancel is not None and cancel():
            return report
    kept = _change_places(workspace.folder, name, waiting)
    report = prepare(workspace, model=model, encoder=encoder, seed=seed, progress=progress, cancel=cancel)
    return replace(report, kept_aside=kept, done=(*(("renewed",) if kept else ()), *report.done))


def _change_places(folder: Path, name: str, waiting: str) -> tuple[str, ...]:
    """Put every part that waits in the place of the old one; what a kill left half done is finished."""
    kept = []
    for part, ending, about in _PARTS:
        fresh, current = (folder / part / f"{each}{ending}" for each in (waiting, name))
        if not fresh.exists():
            continue
        if current.exists():
            told = current / about if not ending else current.with_name(f"{name}{about}")
            aside = current.with_name(f"{name}.{_weights_of(told)}{ending}")
            shutil.rmtree(aside, ignore_errors=True)  # the same weights, kept aside once before
            current.replace(aside)
            kept.append(f"{part}/{aside.name}")
        fresh.replace(current)
    return tuple(kept)


def _weights_of(about: Path) -> str:
    try:
        return str(json.loads(about.read_text(encoding="utf-8"))["model_hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return "000000000000"  # damaged: kept under a hash that no weights have
