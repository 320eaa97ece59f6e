"""``import``: bring images, and a table about them, into a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.exit_codes import ExitCode
from galcore.commands.left_out import tell_left_out
from galcore.commands.where import WORKSPACE_HELP, workspace_folder

if TYPE_CHECKING:
    from galcore.catalog.report import ImportReport


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("import")(import_images)


def import_images(
    path: Path = typer.Argument(help="Folder, picture, FITS file, or HDF5/NPY/NPZ stack."),
    workspace: str = typer.Option(..., "--workspace", "-w", help=WORKSPACE_HELP + " Made when absent."),
    table: Path | None = typer.Option(
        None,
        "--table",
        "-t",
        help="CSV, Parquet, FITS or ECSV table; joined on id or file name, all columns kept.",
    ),
    title: str = typer.Option("", help="Name people read, for a new workspace."),
    as_json: bool = AS_JSON,
) -> None:
    """Add images to a workspace. Files stay where they are; what cannot be used is named and left out.

    Exit code 3: images came in, but something was left out.
    """
    from galcore.catalog.importer import import_path
    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.workspace import Workspace

    folder = workspace_folder(workspace)
    progress, cancel = progress_for_terminal_and_job(as_json)
    report = import_path(path, folder, table=table, progress=progress, cancel=cancel)
    Workspace.create(folder, title=title)
    finish(report, folder, as_json)


def finish(report: ImportReport, folder: Path, as_json: bool) -> None:
    """Say what an import did, keep its report, and end with the exit code that fits."""
    import json
    from dataclasses import asdict

    from galcore.catalog.report import write_report

    written = write_report(report, folder)
    if as_json:
        typer.echo(
            json.dumps(
                {**asdict(report), "workspace": str(folder), "report": str(written)}, ensure_ascii=False
            )
        )
    else:
        typer.echo(f"{report.n_imported:,} galaxies added, {report.n_total:,} in {folder}")
        if report.n_known:
            typer.echo(f"{report.n_known:,} were there already and kept their ids")
        for note in report.notes:
            typer.echo(note)
    tell_left_out(report.left_out, where=str(written))
    if report.left_out:
        raise typer.Exit(ExitCode.LEFT_OUT)
