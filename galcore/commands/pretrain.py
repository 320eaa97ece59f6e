"""``pretrain``: train a foundation model from a plan."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from galcore.commands.exit_codes import ExitCode

if TYPE_CHECKING:
    from galcore.pretrain.plan import PretrainingPlan
    from galcore.pretrain.processes import Processes
    from galcore.pretrain.run import PretrainingRun
    from galcore.types import CancelCheck, ProgressCallback

CHECKPOINT = "checkpoint.pt"
_MAY_CHANGE = ("minutes", "steps", "start", "start_sha256", "start_command")
_SHOWN = ("contrast", "structure", "reconstruct_gain_db", "deconvolve_gain_db")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("pretrain")(pretrain)


def pretrain(
    config: Path = typer.Option(..., "--config", help="Plan of the run, a TOML file such as runs/tiny.toml."),
    out: Path | None = typer.Option(
        None, "--out", help="Folder for checkpoint, log, card and finished weights."
    ),
    resume: bool = typer.Option(False, "--resume", help="Go on from the checkpoint in the folder, if any."),
    describe: bool = typer.Option(False, "--describe", help="Only say what the plan would train."),
    real: Path | None = typer.Option(None, "--real", help="Folder of real sets; else GALCORE_REAL_DATA."),
    device: str = typer.Option("auto", "--device", help="auto, cpu or cuda."),
    threads: int = typer.Option(0, min=0, help="Threads to compute with; 0: as many as there are cores."),
    compiled: bool = typer.Option(False, "--compile", help="torch.compile; helps on a GPU only."),
    save_every: float = typer.Option(180.0, "--save-every", min=0, help="Seconds between checkpoints."),
    report_every: int = typer.Option(10, "--report-every", min=1, help="Steps between lines of the log."),
    quiet: bool = typer.Option(False, "--quiet", help="No progress on stderr."),
) -> None:
    """Pretrain one encoder with several tasks on real pictures (no labels) and simulations.

    Many processes: torchrun --nproc-per-node N -m galcore pretrain …
    """
    from galcore.pretrain.plan import read_plan

    plan = read_plan(config)
    if describe:
        from galcore.pretrain.describe import describe as describe_plan

        typer.echo(describe_plan(plan).to_text())
        return
    if out is None:
        raise typer.BadParameter("name a folder for the run", param_hint="--out")
    if threads:
        import torch

        torch.set_num_threads(threads)
    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.pretrain.processes import join_processes

    with join_processes(device) as processes:
        progress, cancel = progress_for_terminal_and_job(quiet or processes.rank > 0)
        run = _open_run(plan, config, out, real, processes, progress, resume=resume, compiled=compiled)
        _stop_gently(run)
        finished = _train(run, out, progress, cancel, save_every_s=save_every, report_every=report_every)
    if not finished:
        typer.echo(f"galcore: stopped at step {run.step} and saved; --resume goes on from there", err=True)
        raise typer.Exit(ExitCode.CANCELLED)


def _open_run(
    plan: PretrainingPlan,
    config: Path,
    out: Path,
    real: Path | None,
    processes: Processes,
    progress: ProgressCallback,
    *,
    resume: bool,
    compiled: bool,
) -> PretrainingRun:
    from galcore.pretrain.run import PretrainingRun
    from galcore.pretrain.start import create_model
    from galcore.pretrain.streams import open_real, open_simulated
    from galcore.settings import Settings
    from galcore.types import GalcoreError

    checkpoint = out / CHECKPOINT
    if checkpoint.exists() and not resume:
        raise GalcoreError(
            f"{out} holds a run already; add --resume to go on with it, or name another folder"
        )
    sets = real or Settings.from_environment().real_data_dir
    model = create_model(plan, folder=config.parent)
    with processes.first_alone():  # it writes the cache that the others read
        pictures = open_real(plan, sets, cache=out / "cache")
        simulated = open_simulated(plan, cache=out / "cache", progress=progress)
    run = PretrainingRun(plan, model, pictures, simulated, processes=processes, compiled=compiled)
    if checkpoint.exists():
        _check_same_plan(plan, checkpoint)
        run.resume(checkpoint)
    return run


def _check_same_plan(plan: PretrainingPlan, checkpoint: Path) -> None:
    import json

    from galcore.pretrain.run import read_checkpoint
    from galcore.types import GalcoreError

    now, then = json.loads(plan.to_json()), json.loads(read_checkpoint(checkpoint)["plan"])
    for name, value in then.items():
        if name not in _MAY_CHANGE and now.get(name) != value:
            raise GalcoreError(
                f"{checkpoint}: was trained with {name} = {value!r}, the plan now says {now.get(name)!r}; "
                f"put it back, or name another folder (only {', '.join(_MAY_CHANGE)} may change)"
            )


def _stop_gently(run: PretrainingRun) -> None:
    """Let the first Ctrl-C finish the step and save; the second ends at once."""

    def stop(*_: object) -> None:
        run.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, stop)


def _train(
    run: PretrainingRun,
    out: Path,
    progress: ProgressCallback,
    cancel: CancelCheck,
    *,
    save_every_s: float,
    report_every: int,
) -> bool:
    """Train to the end of the plan; False where it was stopped."""
    from galcore.pretrain.finish import finish
    from galcore.pretrain.run_log import RunLog

    first = run.processes.rank == 0
    log = RunLog(run, out) if first else None
    if first and log is not None and log.board is None:
        typer.echo("galcore: no TensorBoard events; pip install tensorboard for them", err=True)
    show = _reporter(run, progress)

    def report(row: Mapping[str, float]) -> None:
        if log is not None:
            log.write_row(row)
        show(row)

    run.train(
        out / CHECKPOINT,
        save_every_s=save_every_s,
        report_every=report_every,
        report=report,
        saved=log.write_pictures if log is not None else None,
        cancel=cancel,
    )
    if log is not None:
        log.close()
    finished = run.share_done >= 1
    if finished and first:
        written = finish(run, out)
        typer.echo(f"{written}: {written.stat().st_size / 1e6:.1f} MB")
    return finished


def _reporter(run: PretrainingRun, progress: ProgressCallback) -> Callable[[Mapping[str, float]], None]:
    """Progress by steps where the plan counts them, else by seconds."""
    from galcore.types import Progress

    def show(row: Mapping[str, float]) -> None:
        plan = run.plan
        done, total = (run.step, plan.steps) if plan.steps else (round(run.seconds), round(60 * plan.minutes))
        losses = "  ".join(f"{name} {row[name]:.3f}" for name in _SHOWN if name in row)
        shares = " ".join(
            f"{name[6:][:3]} {100 * value:.0f} %" for name, value in row.items() if name.startswith("share_")
        )
        message = f"step {run.step}  {row['images_per_s']:.0f} images/s  {losses}  ({shares})"
        progress(Progress("pretrain", min(done, total), total, message))

    return show
