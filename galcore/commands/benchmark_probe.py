"""``benchmark probe``: what a linear model reads off frozen features with few labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from galcore.commands.as_json import AS_JSON
from galcore.commands.where import WORKSPACE_HELP, workspace_folder
from galcore.settings import DEFAULT_MODEL
from galcore.types import GalcoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from galcore.evaluate.probe import ProbeRow
    from galcore.model.encoder import Encoder
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
    model: str = typer.Option(
        "", "--model", help="Encoder, by default the first that has embeddings here; without any it runs now."
    ),
    features: str = typer.Option(",".join(FEATURES), help="Features to compare, separated by commas."),
    as_json: bool = AS_JSON,
) -> None:
    """AUROC of a linear probe on the model beside untrained weights, HOG and principal components of pixels.

    Half of the galaxies give labels, the other half is scored; the split and the labels change with the seed.
    """
    import numpy as np

    from galcore.evaluate.probe import probe, read_answers
    from galcore.evaluate.result import BenchmarkResult, Measure
    from galcore.workspace import Workspace

    opened = Workspace.open(workspace_folder(workspace))
    kinds, numbers = _chosen(features), _numbers(labels)
    catalog = opened.catalog.set_index("galaxy_id")
    if column not in catalog:
        raise GalcoreError(
            f"workspace {opened.name}: no column '{column}'; it has {', '.join(catalog.columns)}"
        )
    rows_asked, truth = read_answers(catalog[column], positive, negative)
    answers = dict(zip(catalog.index[rows_asked].astype(str), truth.tolist(), strict=True))
    name, asked, model_vectors = _model_features(opened, model, list(answers))
    rows: list[ProbeRow] = []
    for kind in kinds:
        vectors = model_vectors if kind == "model" else _compute(kind, opened, asked, name)
        components = _PIXEL_COMPONENTS if kind == "pixel-pca" else None
        rows += probe(
            vectors,
            np.array([answers[galaxy_id] for galaxy_id in asked]),
            features=kind,
            task=f"{column}={positive}",
            labels=numbers,
            seeds=seeds,
            components=components,
        )
    measures = tuple(
        Measure(f"AUROC of {row.features} at {row.labels or 'all'} labels", round(row.auroc, 4))
        for row in rows
    )
    command = f"python -m galcore benchmark probe {workspace} --column {column} --positive {positive}"
    command += f" --negative {negative}" if negative else ""
    command += f" --labels {labels} --seeds {seeds} --model {name}"
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


def _model_features(
    workspace: Workspace, model: str, galaxy_ids: list[str]
) -> tuple[str, list[str], NDArray[np.float32]]:
    """The encoder's name, galaxies that could be read, and their vectors: those on disk, else made now."""
    from galcore.model.checkpoints import load_encoder
    from galcore.workspace_files import model_folder_name

    stored = model_folder_name(model) if model else next(iter(workspace.models()), "")
    embeddings = workspace.embeddings(stored) if stored in workspace.models() else None
    name = model or (embeddings.manifest.model if embeddings else DEFAULT_MODEL)
    encoder = load_encoder(name)
    if embeddings is not None and embeddings.model_hash == encoder.model_hash:
        row_of = {galaxy_id: row for row, galaxy_id in enumerate(embeddings.galaxy_ids.tolist())}
        known = [galaxy_id for galaxy_id in galaxy_ids if galaxy_id in row_of]
        return name, known, embeddings.vectors()[[row_of[galaxy_id] for galaxy_id in known]]
    typer.echo(
        f"workspace {workspace.name} has no embeddings by {name} as it is now: encoding "
        f"{len(galaxy_ids):,} galaxies for this run alone; `python -m galcore prepare {workspace.name} "
        f"--model {name} --renew` keeps them",
        err=True,
    )
    known, vectors = _encode(workspace, galaxy_ids, encoder)
    return name, known, vectors


def _encode(
    workspace: Workspace, galaxy_ids: Sequence[str], encoder: Encoder
) -> tuple[list[str], NDArray[np.float32]]:
    """Galaxies that could be read, and their vectors."""
    import numpy as np

    from galcore.embed.pipeline import encode_in_parallel

    batches = list(encode_in_parallel(galaxy_ids, workspace.images.load, encoder, batch_size=_BATCH))
    known = [galaxy_id for batch in batches for galaxy_id in batch.galaxy_ids]
    if not known:
        first = next(left_out for batch in batches for left_out in batch.unreadable)
        raise GalcoreError(f"no image could be read; the first: {first.source}: {first.reason}")
    return known, np.concatenate([batch.vectors for batch in batches])


def _compute(kind: str, workspace: Workspace, galaxy_ids: Sequence[str], model: str) -> NDArray[np.floating]:
    """Features of the same framed pictures that the model sees."""
    from galcore.evaluate.baselines import hog_features, raw_pixels
    from galcore.model.checkpoints import load_encoder
    from galcore.model.preprocessing import as_picture

    encoder = load_encoder(model, untrained=True)
    if kind == "untrained":
        return _encode(workspace, galaxy_ids, encoder)[1]
    framed = [encoder.preprocessing.crop(as_picture(workspace.images.load(name))) for name in galaxy_ids]
    return hog_features(framed) if kind == "hog" else raw_pixels(framed)
