"""``simulate``: a folder of simulated galaxies whose truth is known."""

from __future__ import annotations

from pathlib import Path

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.exit_codes import ExitCode


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("simulate")(simulate)


def simulate(
    n: int = typer.Option(1000, "--n", min=1, help="Number of galaxies."),
    survey: str = typer.Option("SDSS", "--survey", help="SDSS, DECaLS, HSC, CSST or Euclid."),
    seed: int = typer.Option(0, "--seed", min=0, help="The same seed gives the same galaxies."),
    size_px: int = typer.Option(128, "--size-px", min=32, max=1024, help="Side of a stamp in pixels."),
    out: Path = typer.Option(..., "--out", help="Folder to write; an unfinished one is continued."),
    as_json: bool = AS_JSON,
) -> None:
    """Write colour stamps and truth.csv; then: import OUT --table OUT/truth.csv -w WORKSPACE."""
    import json

    from galcore.jobs.reporting import progress_for_terminal_and_job
    from galcore.simulate.write import write_survey

    progress, cancel = progress_for_terminal_and_job(as_json)
    written = write_survey(
        out, n, survey=survey, seed=seed, size_px=size_px, progress=progress, cancel=cancel
    )
    if as_json:
        typer.echo(
            json.dumps(
                {"folder": str(out), "n_total": written.n_total, "n_written": written.n_written},
                ensure_ascii=False,
            )
        )
    else:
        typer.echo(f"{written.n_written:,} of {written.n_total:,} galaxies in {out}")
    if written.n_written < written.n_total:
        raise typer.Exit(ExitCode.CANCELLED)
