from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from benchmarks.probe_table import TASKS, compare, compute_features, probe_task, read_set
from galcore.settings import MODELS_DIR
from galcore.simulate.sample import simulate


def row(task: str, features: str, auroc: float, labels: int = 100) -> dict[str, object]:
    return {"task": task, "features": features, "labels": labels, "auroc": auroc}


def test_the_model_is_held_against_its_target_and_the_best_of_the_others() -> None:
    rows = [row("barred", "model", 0.84), row("barred", "hog", 0.6), row("barred", "first", 0.85)]
    target, above = compare(rows)
    assert (target.value, target.target, target.met) == (0.84, ">= 0.85", False)
    assert "above the best other (first)" in above.metric
    assert (above.value, above.met) == (-0.01, False)


def test_late_against_early_types_leaves_dwarfs_out() -> None:
    task = next(task for task in TASKS if task.name == "late_early")
    groups = ["spiral", "irregular", "elliptical", "lenticular"] * 4 + ["dE"] * 3
    table = pd.DataFrame({"hubble_group": groups})
    late = table["hubble_group"].isin(["spiral", "irregular"]).to_numpy(dtype=float)
    (first, *_) = probe_task(task, table, np.stack([late, -late], axis=1), "model")
    assert (first.n_positive, first.n_negative) == (4, 4)
    assert first.auroc == 1


def test_earlier_weights_are_read_from_the_file_given(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for number, rgb in enumerate(simulate(3, seed=1, size_px=48).rgb):
        Image.fromarray(rgb).save(tmp_path / "images" / f"{number}.png")
    files = [f"{number}.png" for number in range(3)]
    pd.DataFrame({"id": range(3), "file": files, "annotated": [0, 0, 1]}).to_csv(tmp_path / "labels.csv")
    table, pictures = read_set(tmp_path)
    assert len(table) == len(pictures) == 2  # one has drawings on it
    shipped = MODELS_DIR / "galcore-tiny.safetensors"
    first = compute_features("first", pictures, "timm:test_resnet", shipped)
    assert np.allclose(first, compute_features("model", pictures, "galcore-tiny"), atol=0.02)
