"""Linear-probe table on the real sets: `python -m benchmarks.probe_table [--model NAME] [--features …]`.

Pictures are embedded straight from their folders; labels serve the probe only. Every kind of feature gets
the same framed pictures. With `--out` the table is written as JSON.
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
import torch
from numpy.typing import NDArray
from PIL import Image

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
    Task("lens", "spacewarps_cfhtls_lenses", "lens_label", ("likely_lens",), ("unlikely_lens",)),
    Task("lens_guide", "lenszoo_guide", "label", ("known_lens_real",), ("non_lens",)),
)
FEATURES = ("model", "untrained", "hog", "pixel-pca")
# what the first try reached at 20 / 100 / all labels; a result must not fall below it
FIRST_TRY = {
    "spiral": (0.96, 0.97, 0.99),
    "edge_on": (0.95, 0.96, 0.97),
    "ringed": (0.74, 0.83, 0.87),
    "barred": (0.71, 0.76, 0.81),
    "disturbed": (0.70, 0.81, 0.86),
    "lens": (0.65, 0.66, 0.66),
}
_BATCH = 128
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
    blocks = []
    for start in range(0, len(pictures), _BATCH):
        batch = [encoder.preprocessing.prepare(picture) for picture in pictures[start : start + _BATCH]]
        blocks.append(encoder.encode(torch.stack(batch)).numpy())
    return np.concatenate(blocks)


def compute_features(kind: str, pictures: list[NDArray[np.uint8]], model: str) -> NDArray[np.float32]:
    """Features of one kind; pixels are reduced later, inside each split."""
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
    parser.add_argument("--out", type=Path, help="JSON file, e.g. benchmarks/results/probe.json")
    arguments = parser.parse_args()
    started = time.monotonic()
    rows: list[ProbeRow] = []
    for folder in dict.fromkeys(task.folder for task in TASKS):
        table, pictures = read_set(arguments.real / folder)
        for kind in arguments.features.split(","):
            vectors = compute_features(kind, pictures, arguments.model)
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
    merged = [row for row in old if row["features"] not in kinds] + new
    merged.sort(
        key=lambda row: ([task.name for task in TASKS].index(row["task"]), FEATURES.index(row["features"]))
    )
    command = (
        f"python -m benchmarks.probe_table --model {model} --features {','.join(FEATURES)} --out {path.name}"
    )
    BenchmarkResult("probe", command, compare_with_first_try(merged), tuple(merged)).write(path)


def compare_with_first_try(rows: list[dict[str, Any]]) -> tuple[Measure, ...]:
    """The model's figures beside those of the first try, both to two decimals."""
    measures = []
    for name, floor in FIRST_TRY.items():
        own = [row for row in rows if row["task"] == name and row["features"] == "model"]
        for row, target in zip(own, floor, strict=False):
            metric = f"{name}, AUROC at {row['labels'] or 'all'} labels"
            measures.append(Measure.at_least(metric, round(row["auroc"], 2), "", target))
    return tuple(measures)


if __name__ == "__main__":
    main()
