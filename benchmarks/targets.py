"""What the loop and the probe are measured with and have to reach; imports nothing heavy."""

from __future__ import annotations

GRID, LOOPS, SEEDS = 9, 30, 5  # of the loop: images a grid, grids, replays
SPIRAL_TARGETS = {3: 0.90, 10: 0.97}  # AUC wanted of the loop after so many grids
FEATURES = ("model", "first", "untrained", "hog", "pixel-pca")
# AUROC wanted of the model at 100 labels
WANTED = {
    "spiral": 0.985,
    "edge_on": 0.975,
    "ringed": 0.90,
    "barred": 0.85,
    "disturbed": 0.88,
    "dont_know": 0.93,
    "lens": 0.75,
    "lens_zoo": 0.90,
}
