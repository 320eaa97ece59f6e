"""Linear-probe table on the real sets: `python -m benchmarks.probe_table [--model NAME] [--features …]`.

Pictures are embedded straight from their folders; labels serve the probe only. Every kind of feature gets
the same framed pictures; `first` are the weights of an earlier release, given as `--first FILE`, with their
own preprocessing. With `--out` the table is written as JSON; rows of other features in the file are kept.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from benchmarks.targets import FEATURES, WANTED
from galcore.embed.pipeline import encode_in_parallel
from galcore.evaluate.baselines import hog_features, raw_pixels
from galcore.evaluate.probe import ProbeRow, probe
from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.model.checkpoints import load_encoder
from galcore.model.encoder import Encoder
from galcore.settings import Settings


@dataclass(frozen=True, slots=True)
class Task:
    """A yes/no question of one set: rows answered neither way are left out."""

    name: str
    folder: str
    column: str
    positive: tuple[object, ...]
    negative: tuple[object, ...] = ()  # empty: every other answer


TASKS = (
    Task("spiral", "gz1_sdss_6class", "spiral_vs_elliptical", ("spiral",), ("elliptical",)),
    Task("merger", "gz1_sdss_6class", "gz1_class", ("merger",)),
    Task("dont_know", "gz1_sdss_6class", "gz1_class", ("dont_know",)),
    Task("barred", "efigi_88px", "barred", (1.0,), (0.0,)),
    Task("ringed", "efigi_88px", "ringed", (1.0,), (0.0,)),
    Task("edge_on", "efigi_88px", "edge_on", (1.0,), (0.0,)),
    Task("disturbed", "efigi_88px", "disturbed", (1.0,), (0.0,)),
    Task("late_early", "efigi_88px", "hubble_group", ("spiral", "irregular"), ("elliptical", "lenticular")),
    Task("lens", "spacewarps_cfhtls_lenses", "lens_label", ("likely_lens",), ("unlikely_lens",)),
    Task("lens_zoo", "lenszoo_guide", "label", ("known_lens_real",), ("non_lens",)),
)
_BATCH = 64
_PIXEL_COMPONENTS = 64


def read_set(folder: Path) -> tuple[pd.DataFrame, list[NDArray[np.uint8]]]:
    """Labels and pictures of a set; pictures with drawings on them are left out."""
    table = pd.read_csv(folder / "labels.csv", dtype={"id": str})
    if "annotated" in table:
        table = table[table["annotated"] == 0]
    pictures = []
    for name in table["file"]:
        with Image.open(folder / "images" / name) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    return table.reset_index(drop=True), pictures


def embed(pictures: list[NDArray[np.uint8]], encoder: Encoder) -> NDArray[np.float32]:
    """Vectors of pictures by one encoder."""
    numbers = [str(number) for number in range(len(pictures))]
    batches = encode_in_parallel(numbers, lambda number: pictures[int(number)], encoder, batch_size=_BATCH)
    return np.concatenate([batch.vectors for batch in batches])


def compute_features(
    kind: str, pictures: list[NDArray[np.uint8]], model: str, first: Path | None = None
) -> NDArray[np.float32]:
    """Features of one kind; pixels are reduced later, inside each split."""
    if kind == "first":
        return embed(pictures, load_encoder(str(first)))
    encoder = load_encoder(model, untrained=kind != "model")
    if kind in ("model", "untrained"):
        return embed(pictures, encoder)
    framed = [encoder.preprocessing.crop(picture) for picture in pictures]
    return hog_features(framed) if kind == "hog" else raw_pixels(framed)


def probe_task(
    task: Task, table: pd.DataFrame, vectors: NDArray[np.floating], kind: str
) -> tuple[ProbeRow, ...]:
    """Rows of one task."""
    answers = table[task.column]
    yes = answers.isin(list(task.positive)).to_numpy()
    asked = (answers.isin(list(task.negative)) if task.negative else answers.notna()).to_numpy() | yes
    components = _PIXEL_COMPONENTS if kind == "pixel-pca" else None
    return probe(vectors[asked], yes[asked], features=kind, task=task.name, components=components)


def main() -> None:
    """Print a table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="galcore-tiny")
    parser.add_argument("--real", type=Path, default=Settings.from_environment().real_data_dir)
    parser.add_argument("--features", default="model", help=f"comma-separated, of {', '.join(FEATURES)}")
    parser.add_argument("--first", type=Path, help=".safetensors file of an earlier release")
    parser.add_argument("--out", type=Path, help="JSON file, e.g. benchmarks/results/probe.json")
    arguments = parser.parse_args()
    kinds = arguments.features.split(",")
    if unknown := set(kinds) - set(FEATURES):
        parser.error(f"--features: {', '.join(sorted(unknown))}; choose from {', '.join(FEATURES)}")
    if "first" in kinds and arguments.first is None:
        parser.error("--features first needs --first FILE")
    started = time.monotonic()
    rows: list[ProbeRow] = []
    for folder in dict.fromkeys(task.folder for task in TASKS):
        table, pictures = read_set(arguments.real / folder)
        for kind in kinds:
            vectors = compute_features(kind, pictures, arguments.model, arguments.first)
            for task in (t for t in TASKS if t.folder == folder):
                found = probe_task(task, table, vectors, kind)
                rows += found
                print(f"{task.name:11s} {kind:10s}", *(f"{row.auroc:.3f}" for row in found), flush=True)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    if arguments.out:
        write_result(arguments.out, rows, arguments.model)


def write_result(path: Path, rows: list[ProbeRow], model: str) -> None:
    """Write rows in the common form of benchmark results; rows of other features in the file are kept."""
    new = [asdict(row) for row in rows]
    kinds = {row["features"] for row in new}
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    known = {task.name for task in TASKS}
    merged = [row for row in old if row["features"] not in kinds and row["task"] in known] + new
    merged.sort(
        key=lambda row: ([task.name for task in TASKS].index(row["task"]), FEATURES.index(row["features"]))
    )
    command = (
        f"python -m benchmarks.probe_table --model {model} --features {','.join(FEATURES)} "
        f"--first FILE --out {path.name}"
    )
    result = BenchmarkResult("probe", command, compare(merged), tuple(merged))
    result.write(path)
    print(result.table().split("\n\n")[1])


def compare(rows: list[dict[str, Any]]) -> tuple[Measure, ...]:
    """The model's figures beside what was wanted, then row by row beside the best of the other features."""
    measures = []
    own = {(row["task"], row["labels"]): row["auroc"] for row in rows if row["features"] == "model"}
    for name, target in WANTED.items():
        if (name, 100) in own:
            value = round(own[name, 100], 3)
            measures.append(Measure.at_least(f"{name}, AUROC at 100 labels", value, "", target))
    for (name, labels), value in own.items():
        others = {
            row["features"]: row["auroc"]
            for row in rows
            if (row["task"], row["labels"]) == (name, labels) and row["features"] != "model"
        }
        if others:
            best = max(others, key=lambda kind: others[kind])
            metric = f"{name} at {labels or 'all'} labels, AUROC above the best other ({best})"
            measures.append(Measure.at_least(metric, round(value - others[best], 3), "", 0.0))
    return tuple(measures)


if __name__ == "__main__":
    main()
