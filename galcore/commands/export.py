"""``export``: results of a campaign as a file to publish from."""

from __future__ import annotations

from pathlib import Path

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.where import WORKSPACE_HELP, workspace_folder


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("export")(export_results)


def export_results(
    workspace: str = typer.Argument(help=WORKSPACE_HELP),
    campaign: str = typer.Option(..., "--campaign", "-c", help="Name or id of the campaign."),
    out: Path = typer.Option(..., "--out", "-o", help="File to write; .csv, .parquet or .fits."),
    all_galaxies: bool = typer.Option(
        False, "--all", help="Every galaxy with its model probability, not only the labelled ones."
    ),
    catalog: bool = typer.Option(False, "--catalog", help="Also every other column of the catalogue."),
    events: Path | None = typer.Option(
        None, "--events", help="Also the raw label events, one row each, in this file."
    ),
    votes: Path | None = typer.Option(
        None,
        "--votes",
        help="Also the votes that stand, one row each, in this file; `labels import` reads it.",
    ),
    pseudonymous: bool = typer.Option(
        False, "--pseudonymous", help="Names of people replaced and comments left out, in every file."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Write labels, votes and model probabilities of a campaign, with everything that made them.

    Works while the dashboard runs. Provenance is in the file (FITS, Parquet) or beside it (CSV).
    """
    import json
    from dataclasses import asdict

    from galcore.export import export_campaign

    report = export_campaign(
        workspace_folder(workspace),
        campaign,
        out,
        all_galaxies=all_galaxies,
        catalog_columns=catalog,
        events=events,
        votes=votes,
        pseudonymous=pseudonymous,
    )
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, default=str))
        return
    typer.echo(report.message)
    for file in report.files:
        typer.echo(f"wrote {file}")
    for note in report.left_out:
        typer.echo(f"note: {note}", err=True)
