"""``prepare``, ``embed`` and ``atlas``: make a workspace ready."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.exit_codes import ExitCode
from galcore.commands.left_out import tell_left_out
from galcore.commands.where import WORKSPACE_HELP, workspace_folder
from galcore.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from galcore.preparation import PreparationReport

WORKSPACE = typer.Argument(..., help=WORKSPACE_HELP)
MODEL = typer.Option(
    DEFAULT_MODEL, "--model", help="Encoder: a shipped one, any timm name, or a .safetensors file."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("prepare")(prepare_workspace)
    app.command("embed")(embed_workspace)
    app.command("atlas")(lay_out_atlas)


def prepare_workspace(
    workspace: str = WORKSPACE,
    model: str = MODEL,
    seed: int = typer.Option(0, help="Seed of the map."),
    renew: bool = typer.Option(
        False,
        "--renew",
        help="Where the model has other weights now: embed anew and keep what is there aside. Labels stay.",
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Embed, index and map a workspace: all that is missing, and only that. Resumable."""
    from galcore import renewal
    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.preparation import prepare
    from galcore.workspace import Workspace

    progress, cancel = progress_for_terminal_and_job(as_json)
    opened = Workspace.open(workspace_folder(workspace))
    run = renewal.renew if renew else prepare
    _finish(
        run(opened, model=model, seed=seed, progress=progress, cancel=cancel), as_json, cancelled=cancel()
    )


def embed_workspace(workspace: str = WORKSPACE, model: str = MODEL, as_json: bool = AS_JSON) -> None:
    """Run the encoder over the galaxies that have no embedding yet. Resumable."""
    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.preparation import embed
    from galcore.workspace import Workspace

    progress, cancel = progress_for_terminal_and_job(as_json)
    opened = Workspace.open(workspace_folder(workspace))
    _finish(embed(opened, model=model, progress=progress, cancel=cancel), as_json, cancelled=cancel())


def lay_out_atlas(
    workspace: str = WORKSPACE, model: str = MODEL, seed: int = typer.Option(0, help="Seed of the map.")
) -> None:
    """Lay out the map of a workspace that has embeddings."""
    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.preparation import build_atlas
    from galcore.workspace import Workspace

    progress, _ = progress_for_terminal_and_job(False)
    made = build_atlas(Workspace.open(workspace_folder(workspace)), model=model, seed=seed, progress=progress)
    typer.echo("the map is ready" if made else "the map was up to date")


def _finish(report: PreparationReport, as_json: bool, *, cancelled: bool) -> None:
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(report)))
    else:
        made = ", ".join(report.done) or "nothing was missing"
        typer.echo(
            f"{report.n_embedded:,} of {report.n_galaxies:,} galaxies ready for {report.model} ({made})"
        )
        for kept in report.kept_aside:
            typer.echo(f"  kept aside: {kept}")
        tell_left_out(report.left_out, where="--json")
    if cancelled:
        raise typer.Exit(ExitCode.CANCELLED)
    if report.left_out:
        raise typer.Exit(ExitCode.LEFT_OUT)
