"""``pretrain``: train a foundation model from a plan."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("pretrain")(pretrain)


def pretrain(
    config: Path = typer.Option(..., "--config", help="Plan of the run, a TOML file such as runs/tiny.toml."),
    out: Path = typer.Option(..., "--out", help="Folder for checkpoints, logs and the finished weights."),
    resume: bool = typer.Option(False, "--resume", help="Go on from the checkpoint in the folder."),
    real: Path | None = typer.Option(None, "--real", help="Folder of real sets; else GALCORE_REAL_DATA."),
    threads: int = typer.Option(0, min=0, help="Threads to compute with; 0: as many as there are cores."),
) -> None:
    """Pretrain one encoder with several tasks on real pictures (no labels) and simulations."""
    import torch

    from galcore.pretrain.finish import finish
    from galcore.pretrain.plan import read_plan
    from galcore.pretrain.run import PretrainingRun
    from galcore.pretrain.start import create_model
    from galcore.pretrain.streams import open_real, open_simulated
    from galcore.settings import Settings
    from galcore.types import GalcoreError

    plan = read_plan(config)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise GalcoreError(
            f"{out} holds a run already; add --resume to go on with it, or name another folder"
        )
    if threads:
        torch.set_num_threads(threads)
    pictures = open_real(plan, real or Settings.from_environment().real_data_dir, cache=out / "cache")
    simulated = open_simulated(plan, cache=out / "cache")
    run = PretrainingRun(plan, create_model(plan, folder=config.parent), pictures, simulated)
    if checkpoint.exists():
        run.resume(checkpoint)
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "stopped", True))
    run.train(checkpoint, report=lambda row: typer.echo(json.dumps(row)))
    if not run.stopped:
        written = finish(run, out)
        typer.echo(f"{written}: {written.stat().st_size / 1e6:.1f} MB")
