"""Turn a pretraining checkpoint into shipped weights: `python -m runs.export_tiny --size 96`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from galcore.code_version import code_version
from galcore.evaluate.result import hardware
from galcore.model.checkpoints import create_backbone, save_checkpoint
from galcore.model.preprocessing import Preprocessing
from galcore.model.run_card import RunCard, mean_losses
from galcore.settings import MODELS_DIR, ROOT


def main() -> None:
    """Write the averaged weights with their preprocessing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "runs" / "out" / "galcore-tiny.pt")
    parser.add_argument("--out", type=Path, default=MODELS_DIR / "galcore-tiny.safetensors")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--glimpse", type=int, default=64, help="size the last stage was trained at")
    parser.add_argument("--views", type=int, default=1)
    parser.add_argument(
        "--data", default="", help="hashes of the corpora, as runs/pretrain_tiny.py prints them"
    )
    arguments = parser.parse_args()
    state = torch.load(arguments.checkpoint, weights_only=True)
    plan = json.loads(state["plan"])
    network = create_backbone(plan["backbone"])
    network.load_state_dict(state["average"])
    preprocessing = Preprocessing(
        size_px=arguments.size,
        mean=tuple(plan["mean"]),
        std=tuple(plan["std"]),
        glimpse_px=arguments.glimpse,
        views=arguments.views,
    )
    save_checkpoint(
        arguments.out, network.state_dict(), backbone=plan["backbone"], preprocessing=preprocessing
    )
    card = RunCard(
        plan=state["plan"],
        data=arguments.data,
        code_version=code_version(),
        hardware=f"{hardware()}; shared with other work",
        steps=state["counters"]["step"],
        views=state["counters"]["samples"],
        minutes=round(state["counters"]["seconds"] / 60, 1),
        losses=mean_losses(json.loads(state["history"])),
    )
    arguments.out.with_suffix(".json").write_text(card.to_json() + "\n", encoding="utf-8")
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB, {state['counters']}")


if __name__ == "__main__":
    main()
