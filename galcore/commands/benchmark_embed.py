"""``benchmark embed``: how fast galaxies become vectors."""

from __future__ import annotations

from pathlib import Path

import typer

from galcore.commands.as_json import AS_JSON
from galcore.settings import DEFAULT_MODEL


def register(benchmarks: typer.Typer) -> None:
    """Add the command to the benchmarks."""
    benchmarks.command("embed")(benchmark_embed)


def benchmark_embed(
    model: str = typer.Option(DEFAULT_MODEL, "--model", help="Encoder, as for `embed`."),
    images: Path | None = typer.Option(None, "--images", help="Folder of stamps; by default simulated ones."),
    n: int = typer.Option(1024, "--n", min=1, help="Stamps to embed, again in each round."),
    size: int = typer.Option(128, "--size", min=16, help="Side of a simulated stamp, px."),
    rounds: int = typer.Option(5, "--rounds", min=1, help="Turns of embedding and of the bare forward pass."),
    as_json: bool = AS_JSON,
    out: Path | None = typer.Option(None, "--out", help="Also write the JSON to this file."),
) -> None:
    """Images per second from file to vector on disk, and the ratio to the network's bare forward pass."""
    import tempfile

    from galcore.evaluate.embed_timing import embed_result, time_embedding, write_stamps
    from galcore.model.checkpoints import load_encoder

    encoder = load_encoder(model)
    with tempfile.TemporaryDirectory() as folder:
        stamps = images or write_stamps(Path(folder) / "stamps", n, size_px=size)
        times = time_embedding(encoder, stamps, Path(folder) / "workspace", rounds=rounds, limit=n)
    what = f"--images {images.name}" if images else f"--size {size}"
    command = f"python -m galcore benchmark embed --model {model} {what} --n {n} --rounds {rounds}"
    result = embed_result(encoder, times, command=command)
    if out is not None:
        result.write(out)
    typer.echo(result.to_json() if as_json else result.table())
