"""``embeddings``: write ids and vectors to Parquet."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.where import WORKSPACE_HELP, workspace_folder


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("embeddings")(write_embeddings)


def write_embeddings(
    workspace: str = typer.Argument(..., help=WORKSPACE_HELP),
    out: Path = typer.Option(
        ..., "--out", help="Parquet file to write: galaxy_id, then one list of floats a row."
    ),
    model: str = typer.Option("", "--model", help="Encoder; by default the first that has embeddings here."),
    as_json: bool = AS_JSON,
) -> None:
    """Write the embedding of every galaxy to a Parquet file (columns galaxy_id and vector)."""
    from galcore.embed.export import write_parquet
    from galcore.workspace import Workspace

    embeddings = Workspace.open(workspace_folder(workspace)).embeddings(model or None)
    write_parquet(embeddings, out)
    summary = {
        "out": str(out),
        "n_galaxies": len(embeddings.galaxy_ids),
        "dimension": embeddings.embedding_dim,
        "model": embeddings.manifest.model,
        "model_hash": embeddings.manifest.model_hash,
    }
    typer.echo(json.dumps(summary) if as_json else f"wrote {summary['n_galaxies']:,} vectors to {out}")
