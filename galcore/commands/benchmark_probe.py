"""``benchmark probe``: what a linear model reads off frozen features with few labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from galcore.commands.where import WORKSPACE_HELP, workspace_folder
from galcore.types import GalcoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from galcore.evaluate.probe import ProbeRow
    from galcore.workspace import Workspace

FEATURES = ("model", "untrained", "hog", "pixel-pca")
_PIXEL_COMPONENTS = 64
_BATCH = 64


def register(benchmarks: typer.Typer) -> None:
    """Add the command to the benchmarks."""
    benchmarks.command("probe")(benchmark_probe)


def benchmark_probe(
    workspace: str = typer.Argument(..., help=WORKSPACE_HELP),
    column: str = typer.Option(..., "--column", help="Catalogue column with the true answer."),
    positive: str = typer.Option(..., "--positive", help="Value of the column that means yes."),
    negative: str = typer.Option("", "--negative", help="Value that means no; by default any other value."),
    labels: str = typer.Option("20,100,all", help="Numbers of labels, separated by commas."),
    seeds: int = typer.Option(5, min=1, help="Random draws of the labels per number."),
    model: str = typer.Option("", "--model", help="Encoder; by default the first that has embeddings here."),
    features: str = typer.Option(",".join(FEATURES), help="Features to compare, separated by commas."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object on standard output."),
) -> None:
    """AUROC of a linear probe on the model beside untrained weights, HOG and principal components of pixels.

    Half of the galaxies give labels, the other half is scored; the split and the labels change with the seed.
    """
    from galcore.evaluate.probe import probe, read_answers
    from galcore.evaluate.result import BenchmarkResult, Measure
    from galcore.workspace import Workspace

    opened = Workspace.open(workspace_folder(workspace))
    embeddings = opened.embeddings(model or None)
    catalog = opened.catalog.set_index("galaxy_id").reindex(embeddings.galaxy_ids)
    if column not in catalog:
        raise GalcoreError(
            f"workspace {opened.name}: no column '{column}'; it has {', '.join(catalog.columns)}"
        )
    rows_asked, truth = read_answers(catalog[column], positive, negative)
    asked = [str(galaxy_id) for galaxy_id in embeddings.galaxy_ids[rows_asked]]
    rows: list[ProbeRow] = []
    for kind in _chosen(features):
        if kind == "model":
            vectors = embeddings.vectors()[rows_asked]
        else:
            vectors = _compute(kind, opened, asked, embeddings.manifest.model)
        components = _PIXEL_COMPONENTS if kind == "pixel-pca" else None
        rows += probe(
            vectors,
            truth,
            features=kind,
            task=f"{column}={positive}",
            labels=_numbers(labels),
            seeds=seeds,
            components=components,
        )
    measures = tuple(
        Measure(f"AUROC of {row.features} at {row.labels or 'all'} labels", round(row.auroc, 4))
        for row in rows
    )
    command = f"python -m galcore benchmark probe {workspace} --column {column} --positive {positive}"
    result = BenchmarkResult("probe", command, measures, tuple(asdict(row) for row in rows))
    typer.echo(result.to_json() if as_json else result.table())


def _chosen(features: str) -> list[str]:
    chosen = [kind.strip() for kind in features.split(",") if kind.strip()]
    unknown = [kind for kind in chosen if kind not in FEATURES]
    if unknown or not chosen:
        raise GalcoreError(
            f"--features: {', '.join(unknown) or 'none given'}; choose from {', '.join(FEATURES)}"
        )
    return chosen


def _numbers(labels: str) -> list[int]:
    """Numbers of labels; ``all`` is 0."""
    try:
        numbers = [0 if part.strip() == "all" else int(part) for part in labels.split(",")]
    except ValueError as error:
        raise GalcoreError(f"--labels: '{labels}' is not a list of numbers such as 20,100,all") from error
    if any(number < 0 or 0 < number < 4 for number in numbers):
        raise GalcoreError("--labels: a probe needs at least 4 labels")
    return numbers


def _compute(kind: str, workspace: Workspace, galaxy_ids: Sequence[str], model: str) -> NDArray[np.floating]:
    """Features of the same framed pictures that the model sees."""
    import numpy as np
    import torch

    from galcore.evaluate.baselines import hog_features, raw_pixels
    from galcore.model.checkpoints import load_encoder
    from galcore.model.preprocessing import as_picture

    encoder = load_encoder(model, untrained=True)
    images = (workspace.images.load(galaxy_id) for galaxy_id in galaxy_ids)
    if kind != "untrained":
        framed = [encoder.preprocessing.crop(as_picture(image)) for image in images]
        return hog_features(framed) if kind == "hog" else raw_pixels(framed)
    prepared = [encoder.preprocessing.prepare(image) for image in images]
    batches = [torch.stack(prepared[start : start + _BATCH]) for start in range(0, len(prepared), _BATCH)]
    return np.concatenate([encoder.encode(batch).numpy() for batch in batches])
