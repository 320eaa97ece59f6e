"""``backup`` and ``restore-labels``: labels kept somewhere else, and brought back."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from galcore.commands.where import WORKSPACE_HELP, workspace_folder

WORKSPACE = typer.Argument(..., help=WORKSPACE_HELP)
AS_JSON = typer.Option(False, "--json", help="Print one JSON object on standard output and nothing else.")


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("backup")(back_up_labels)
    app.command("restore-labels")(restore_labels)


def back_up_labels(
    workspace: str = WORKSPACE,
    out: Path = typer.Option(..., "--out", help="Folder for the copy, best on another disk."),
    as_json: bool = AS_JSON,
) -> None:
    """Copy all labels of a workspace into a new dated folder; also while the dashboard is open."""
    from galcore.labels import keep_snapshot
    from galcore.types import GalcoreError
    from galcore.workspace import SNAPSHOT_FOLDER, Workspace

    opened = Workspace.open(workspace_folder(workspace))
    try:
        with opened.labels as labels:
            made, source = labels.backup(out), "labels.duckdb"
    except GalcoreError as held:
        if "in use by" not in str(held):
            raise
        made, source = keep_snapshot(opened.folder / SNAPSHOT_FOLDER, out), SNAPSHOT_FOLDER
    if as_json:
        typer.echo(json.dumps({"backup": str(made), "source": source}))
        return
    typer.echo(f"labels kept in {made} (from {source})")


def restore_labels(
    backup: Path = typer.Argument(..., help="Folder that `backup` made."), workspace: str = WORKSPACE
) -> None:
    """Bring the labels of a backup into a workspace that has no label file (move an old one away first)."""
    from galcore.labels import restore_backup
    from galcore.workspace import Workspace

    opened = Workspace.open(workspace_folder(workspace))
    restore_backup(backup, opened.folder / "labels.duckdb")
    typer.echo(f"labels of {backup.name} are in {opened.folder.name}")
