"""How far the whole network gets on the spiral labels of gz1_sdss_6class, given most of them.

    python -m benchmarks.label_ceiling [--json]

The shipped encoder is fine-tuned on two thirds of the spiral and elliptical labels (about 2,600) and judged
on the rest. A loop of ten grids has 90 labels and a frozen encoder: it cannot be expected above this. Needs
the real sets (GALCORE_REAL_DATA). Writes benchmarks/results/label_ceiling.json.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from galcore.evaluate.metrics import auroc
from galcore.evaluate.result import BenchmarkResult, Measure
from galcore.model.checkpoints import create_backbone, load_encoder
from galcore.model.encoder import Encoder, orient
from galcore.settings import ROOT, Settings

FOLDER = "gz1_sdss_6class"
EPOCHS, BATCH, SEED = 6, 64, 0
LOOK_PX = 64  # what the shipped network was trained at


def read_set(encoder: Encoder) -> tuple[torch.Tensor, NDArray[np.bool_]]:
    """Prepared pictures (N, 3, H, W) and whether each is labelled a spiral."""
    folder = Settings.from_environment().real_data_dir / FOLDER
    table = pd.read_csv(folder / "labels.csv", dtype={"id": str})
    table = table[table["spiral_vs_elliptical"].notna()]
    pictures = [np.asarray(Image.open(folder / "images" / name).convert("RGB")) for name in table["file"]]
    images = torch.stack([encoder.preprocessing.prepare(picture) for picture in pictures])
    return images, (table["spiral_vs_elliptical"] == "spiral").to_numpy()


def look(images: torch.Tensor, zoom: float) -> torch.Tensor:
    """The middle (zoom 0) up to the whole (zoom 1) of each image, brought to the size of the network."""
    side = round(LOOK_PX + (images.shape[-1] - LOOK_PX) * zoom)
    start = (images.shape[-1] - side) // 2
    part = images[..., start : start + side, start : start + side]
    return F.interpolate(part, size=(LOOK_PX, LOOK_PX), mode="bilinear", antialias=True)


def fine_tune(
    network: torch.nn.Module, head: torch.nn.Linear, images: torch.Tensor, truth: NDArray[np.bool_]
) -> None:
    """Train network and head on all images, AdamW with a cosine schedule."""
    rng = np.random.default_rng(SEED)
    groups = [{"params": network.parameters(), "lr": 3e-4}, {"params": head.parameters(), "lr": 3e-3}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * (len(truth) // BATCH))
    network.train()
    for _ in range(EPOCHS):
        order = rng.permutation(len(truth))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            rows = order[start : start + BATCH]
            views = look(orient(images[rows], int(rng.integers(8))), rng.random())
            scores = head(network(views.contiguous(memory_format=torch.channels_last)))[:, 0]
            loss = F.binary_cross_entropy_with_logits(scores, torch.from_numpy(truth[rows]).float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    network.eval()


def score(network: torch.nn.Module, head: torch.nn.Linear, images: torch.Tensor) -> NDArray[np.float32]:
    """Mean score of the whole and the middle of each image, (N,)."""
    with torch.inference_mode():
        batches = [
            sum(head(network(look(batch, zoom)))[:, 0] for zoom in (0.0, 1.0)) for batch in images.split(128)
        ]
    return torch.cat(batches).numpy()


def main() -> None:
    """Fine-tune, judge, write the result."""
    torch.manual_seed(SEED)
    encoder = load_encoder("galcore-tiny")
    images, truth = read_set(encoder)
    order = np.random.default_rng(SEED).permutation(len(truth))
    judged, learned = order[: len(order) // 3], order[len(order) // 3 :]
    network, head = create_backbone("resnet18"), torch.nn.Linear(encoder.embedding_dim, 1)
    network.load_state_dict(encoder.state_dict())
    fine_tune(network, head, images[learned], truth[learned])
    value = auroc(truth[judged], score(network, head, images[judged]))
    result = BenchmarkResult(
        name="label_ceiling",
        command="python -m benchmarks.label_ceiling",
        results=(
            Measure(
                f"AUROC on {len(judged):,} galaxies, {len(learned):,} labels, whole network",
                value,
                "",
                "",
                None,
            ),
        ),
        rows=(),
    )
    result.write(ROOT / "benchmarks" / "results" / "label_ceiling.json")
    print(result.to_json() if "--json" in sys.argv else result.table())


if __name__ == "__main__":
    main()
