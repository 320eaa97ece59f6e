"""``benchmark load``: many annotators over the websockets of a running dashboard."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from galcore.commands.as_json import AS_JSON


def register(benchmarks: typer.Typer) -> None:
    """Add the command to the benchmarks."""
    benchmarks.command("load")(benchmark_load)


def benchmark_load(
    annotators: int = typer.Option(50, "--annotators", min=1, help="People at once."),
    minutes: float = typer.Option(5.0, "--minutes", min=0.05, help="Time in which they submit."),
    galaxies: int = typer.Option(100_000, "--galaxies", min=100, help="Galaxies in the workspace."),
    pace: float = typer.Option(5.0, "--pace", min=0.1, help="Seconds between two grids of one person."),
    kills: int = typer.Option(0, "--kills", min=0, help="Kill the server so often meanwhile."),
    browsers: int = typer.Option(0, "--browsers", min=0, help="Real browsers beside them."),
    as_json: bool = AS_JSON,
    out: Path | None = typer.Option(None, "--out", help="Also write the JSON to this file."),
) -> None:
    """Serve a simulated workspace, let people annotate it at once, and look for every answer afterwards."""
    from galcore.load.crowd import LoadPlan
    from galcore.load.measure import load_result, measure_load

    plan = LoadPlan(annotators, 60 * minutes, pace_s=pace, kills=kills, browsers=browsers)
    outcome = measure_load(plan, n_galaxies=galaxies, tell=lambda words: typer.echo(words, err=True))
    command = f"python -m galcore benchmark load --annotators {annotators} --minutes {minutes:g}"
    command += f" --galaxies {galaxies}" + (f" --pace {pace:g}" if pace != 5 else "")
    command += (f" --kills {kills}" if kills else "") + (f" --browsers {browsers}" if browsers else "")
    result = load_result(outcome, command=command)
    if out is not None:
        result.write(out)
    figures = {"galaxies": galaxies, "annotators": annotators, **outcome.figures}
    typer.echo(json.dumps(figures | json.loads(result.to_json())) if as_json else result.table())
