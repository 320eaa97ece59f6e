"""``benchmark latency``: how long the next grid takes."""

from __future__ import annotations

from pathlib import Path

import typer

from galcore.commands.as_json import AS_JSON


def register(benchmarks: typer.Typer) -> None:
    """Add the command to the benchmarks."""
    benchmarks.command("latency")(benchmark_latency)


def benchmark_latency(
    galaxies: int = typer.Option(10_000, "--galaxies", min=1, help="Galaxies in the campaign."),
    labels: int = typer.Option(500, "--labels", min=0, help="Labels there are already."),
    submissions: int = typer.Option(30, "--submissions", min=1, help="Submissions to time."),
    as_json: bool = AS_JSON,
    out: Path | None = typer.Option(None, "--out", help="Also write the JSON to this file."),
) -> None:
    """Time submit → next grid on the server, with simulated embeddings and a real label store on disk."""
    import tempfile

    from galcore.loop.timing import latency_result, time_submissions

    with tempfile.TemporaryDirectory() as folder:
        whole, fits = time_submissions(
            Path(folder), n_galaxies=galaxies, n_labels=labels, n_submissions=submissions
        )
    result = latency_result(galaxies, whole, fits)
    if out is not None:
        result.write(out)
    typer.echo(result.to_json() if as_json else result.table())
