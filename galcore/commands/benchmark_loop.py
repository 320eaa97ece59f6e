"""``benchmark loop``: replay the loop against a column with the true answers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.where import WORKSPACE_HELP, workspace_folder
from galcore.types import GalcoreError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from galcore.workspace import Workspace


class Strategy(StrEnum):
    """How grids are chosen."""

    DEFAULT = "default"
    TOP = "top"
    MARGIN = "margin"
    RANDOM = "random"


class Features(StrEnum):
    """What the learner sees."""

    EMBEDDING = "embedding"
    HOG = "hog"
    PIXELS = "pixels"


def register(benchmarks: typer.Typer) -> None:
    """Add the command to the benchmarks."""
    benchmarks.command("loop")(benchmark_loop)


def benchmark_loop(
    workspace: str = typer.Argument(..., help=WORKSPACE_HELP),
    column: str = typer.Option(..., "--column", help="Catalogue column with the true answers."),
    positive: str = typer.Option(..., "--positive", help="Value of the wanted answer."),
    negative: str = typer.Option("", "--negative", help="Value of the other; by default every other value."),
    grid: int = typer.Option(9, "--grid", min=1, help="Galaxies in a grid."),
    loops: int = typer.Option(30, "--loops", min=1, help="Grids to submit."),
    seeds: int = typer.Option(5, "--seeds", min=1, help="Replays, each with its own split and start."),
    strategy: Strategy = typer.Option(Strategy.DEFAULT, "--strategy", help="How grids are chosen."),
    features: Features = typer.Option(Features.EMBEDDING, "--features", help="What the learner sees."),
    model: str = typer.Option("", "--model", help="Encoder; by default the first that has embeddings here."),
    lag: int = typer.Option(
        1, "--lag", min=0, max=1, help="1: the next grid waits ready, as in the dashboard; 0: composed last."
    ),
    test_fraction: float = typer.Option(
        1 / 3, "--test-fraction", help="Share of the galaxies that are never shown."
    ),
    as_json: bool = AS_JSON,
    out: Path | None = typer.Option(None, "--out", help="Also write the JSON to this file."),
) -> None:
    """Replay the annotation loop: a person who clicks every true positive, and a model judged on the rest.

    Prints clicks, positives found, AUC and average precision on galaxies never shown after each grid (median
    and range over seeds), and the loop at which the AUC first reaches 0.9.
    """
    from galcore.loop.replay import known_truth, replay_loop, replay_result
    from galcore.loop.space import FeatureSpace
    from galcore.workspace import Workspace

    opened = Workspace.open(workspace_folder(workspace))
    galaxy_ids, vectors = _vectors(opened, features, model or None)
    catalog = opened.catalog.set_index("galaxy_id")
    if column not in catalog:
        raise GalcoreError(f"--column {column}: the catalogue has {', '.join(map(str, catalog.columns))}")
    known, truth = known_truth(catalog[column].reindex(galaxy_ids), positive, negative or None)
    space = FeatureSpace.from_vectors(vectors).take(known)
    runs = tuple(
        replay_loop(
            space,
            truth[known],
            grid=grid,
            loops=loops,
            strategy=str(strategy),
            seed=seed,
            lag=lag,
            test_fraction=test_fraction,
        )
        for seed in range(seeds)
    )
    command = (
        f"python -m galcore benchmark loop {opened.name} --column {column} --positive {positive}"
        + (f" --negative {negative}" if negative else "")
        + f" --grid {grid} --loops {loops} --seeds {seeds} --strategy {strategy}"
        + f" --features {features} --lag {lag}"
    )
    result = replay_result(runs, name="loop", command=command)
    if out is not None:
        result.write(out)
    typer.echo(result.to_json() if as_json else result.table())


def _vectors(
    workspace: Workspace, features: Features, model: str | None
) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
    if features is Features.EMBEDDING:
        embeddings = workspace.embeddings(model)
        return embeddings.galaxy_ids, embeddings.vectors()
    from galcore.evaluate.baselines import hog_features, raw_pixels
    from galcore.images.stretch import to_rgb

    galaxy_ids = workspace.catalog["galaxy_id"].to_numpy(dtype=str)
    pictures = []
    readable = []
    for galaxy_id in galaxy_ids:
        try:
            pictures.append(to_rgb(workspace.images.load(galaxy_id), stretch="image"))
            readable.append(galaxy_id)
        except GalcoreError as error:
            typer.echo(f"left out: {error}", err=True)
    compute = hog_features if features is Features.HOG else raw_pixels
    return galaxy_ids[[galaxy_id in set(readable) for galaxy_id in galaxy_ids]], compute(pictures)
