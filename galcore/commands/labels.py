"""``labels``: labels kept somewhere else, brought back, checked, taken in and given out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.exit_codes import ExitCode
from galcore.commands.left_out import tell_left_out
from galcore.commands.where import WORKSPACE_HELP, workspace_folder

if TYPE_CHECKING:
    from galcore.labels.quarantine import LabelCheck

WORKSPACE = typer.Argument(..., help=WORKSPACE_HELP)


def register(app: typer.Typer) -> None:
    """Add the group, and the names two of its commands had before."""
    group = typer.Typer(help="Keep, bring back, check, take in and give out labels.", no_args_is_help=True)
    group.command("backup")(back_up_labels)
    group.command("restore")(restore_labels)
    group.command("check")(check)
    group.command("import")(import_votes)
    group.command("export")(export_votes)
    app.add_typer(group, name="labels")
    app.command("backup", hidden=True)(back_up_labels)
    app.command("restore-labels", hidden=True)(restore_labels)


def back_up_labels(
    workspace: str = WORKSPACE,
    out: Path = typer.Option(..., "--out", help="Folder for the copy, best on another disk."),
    as_json: bool = AS_JSON,
) -> None:
    """Copy all labels of a workspace into a new dated folder; also while the dashboard is open."""
    from galcore.labels import keep_snapshot
    from galcore.types import GalcoreError
    from galcore.workspace import Workspace

    opened = Workspace.open(workspace_folder(workspace))
    try:
        with opened.labels as labels:
            made, source = labels.backup(out), opened.files.labels
    except GalcoreError as held:
        if "in use by" not in str(held):
            raise
        made, source = keep_snapshot(opened.files.label_snapshot, out), opened.files.label_snapshot
    if as_json:
        typer.echo(json.dumps({"backup": str(made), "source": source.name}))
        return
    typer.echo(f"labels kept in {made} (from {source.name})")


def restore_labels(
    backup: Path = typer.Argument(..., help="Folder that `labels backup` or the dashboard made."),
    workspace: str = WORKSPACE,
    replace: bool = typer.Option(
        False, "--replace", help="Move the label file that is there aside first; it is not deleted."
    ),
) -> None:
    """Bring the labels of a backup into a workspace that has no label file."""
    from galcore.labels import restore_backup
    from galcore.labels.quarantine import move_aside
    from galcore.workspace import Workspace

    opened = Workspace.open(workspace_folder(workspace))
    labels = opened.files.labels
    for moved in move_aside(labels, why="replaced") if replace and labels.exists() else ():
        typer.echo(f"the labels that were there are in {moved}")
    restore_backup(backup, labels)
    typer.echo(f"labels of {backup.name} are in {opened.folder.name}")


def check(
    workspace: str = WORKSPACE,
    quarantine: bool = typer.Option(
        False, "--quarantine", help="Set aside what is wrong, in labels.quarantine; nothing is deleted."
    ),
    bring_back: Path | None = typer.Option(
        None, "--return", help="Put the rows of this quarantine file back into the labels instead."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Look the labels of a workspace over. Exit code 3: something is wrong, and it is named."""
    from dataclasses import asdict

    from galcore.labels.quarantine import check_workspace_labels, quarantine_labels, return_quarantined
    from galcore.workspace import Workspace

    files = Workspace.open(workspace_folder(workspace)).files
    if bring_back is not None:
        typer.echo(f"{return_quarantined(files.labels, bring_back):,} events are back")
        return
    found: LabelCheck | None
    if quarantine:
        found = quarantine_labels(files.labels)
    else:
        found = check_workspace_labels(files.labels, snapshot=files.label_snapshot)
    if as_json:
        told = {"healthy": found is None or found.healthy, "check": asdict(found) if found else None}
        typer.echo(json.dumps(told, ensure_ascii=False, default=str))
    elif found is None:
        typer.echo("nobody has labelled here yet")
    else:
        _tell(found)
    if found is not None and not found.healthy:
        raise typer.Exit(ExitCode.LEFT_OUT)


def _tell(found: LabelCheck) -> None:
    if found.healthy:
        typer.echo(f"{found.n_events:,} events in {found.path}: nothing is wrong")
    for problem in found.problems:
        number = f"{problem.n_events:,} × " if problem.n_events else ""
        typer.echo(f"{number}{problem.kind}: {problem.detail}", err=True)
    for file in found.set_aside:
        typer.echo(f"set aside in {file}")
    if not found.healthy and not found.set_aside:
        typer.echo("--quarantine sets this aside; nothing is deleted")


def import_votes(
    file: Path = typer.Argument(
        help="CSV, Parquet or FITS: one row a vote, a galaxy, a classification or a message."
    ),
    workspace: str = typer.Option(..., "--workspace", "-w", help=WORKSPACE_HELP),
    campaign: str = typer.Option(..., "--campaign", "-c", help="Name or id of an open campaign."),
    anonymous_counts: bool = typer.Option(
        False, "--anonymous-counts", help="Take numbers of votes per galaxy as votes of nobody in particular."
    ),
    task: list[str] = typer.Option(
        [], "--task", help="Zooniverse: TASK=QUESTION, such as T0=smooth-or-featured; repeat. Else guessed."
    ),
    subject_key: str = typer.Option("", help="Zooniverse: field of a subject with the galaxy's id."),
    as_json: bool = AS_JSON,
) -> None:
    """Take votes into a campaign; doing it again takes in nothing new.

    Exit code 3: votes came in, but something was left out; file, line and column are named.
    """
    from dataclasses import asdict

    from galcore.exchange import take_in
    from galcore.export.sources import find_campaign
    from galcore.types import GalcoreError
    from galcore.workspace import Workspace

    tasks = dict(each.partition("=")[::2] for each in task)
    if any("=" not in each for each in task):
        raise GalcoreError(f"--task {task[0]}: write TASK=QUESTION, such as T0=smooth-or-featured")
    opened = Workspace.open(workspace_folder(workspace))
    known = frozenset(opened.catalog["galaxy_id"].astype(str))
    with opened.labels as labels:
        brought = take_in(
            labels, file, find_campaign(labels, campaign), known=known,
            anonymous_counts=anonymous_counts, tasks=tasks or None, subject_key=subject_key,
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(asdict(brought), ensure_ascii=False))
    else:
        what = "messages" if brought.format == "comments" else "votes"
        typer.echo(f"{brought.n_new:,} {what} taken in from {file.name} ({brought.n_known:,} were there)")
        for note in brought.notes:
            typer.echo(note)
        tell_left_out(brought.left_out, where="--json")
    if brought.left_out:
        raise typer.Exit(ExitCode.LEFT_OUT)


def export_votes(
    workspace: str = WORKSPACE,
    campaign: str = typer.Option(..., "--campaign", "-c", help="Name or id of the campaign."),
    out: Path = typer.Option(..., "--out", "-o", help="File to write; .csv, .parquet or .fits."),
    pseudonymous: bool = typer.Option(
        False, "--pseudonymous", help="Names of people replaced and comments left out."
    ),
    comments: Path | None = typer.Option(
        None, "--comments", help="Also the discussions of galaxies, one row a message, in this file."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Write the votes that stand, one row each; `labels import` reads them back exactly."""
    from galcore.export import export_campaign

    report = export_campaign(
        workspace_folder(workspace), campaign, None, votes=out, comments=comments, pseudonymous=pseudonymous
    )
    if as_json:
        told = {
            "n_votes": report.n_votes,
            "n_comments": report.n_comments,
            "files": [str(file) for file in report.files],
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"{report.n_votes:,} votes of {report.campaign!r} in {report.files[0]}")
    if comments is not None:
        typer.echo(f"{report.n_comments:,} messages, edits and withdrawals in {comments}")
