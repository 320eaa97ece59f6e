"""Pretrain galcore-tiny: `python -m runs.pretrain_tiny --real DIR --minutes 80`.

A killed run goes on when started again.
"""

from __future__ import annotations

import argparse
import csv
import json
import signal
from pathlib import Path

import torch

from galcore.model.checkpoints import create_backbone
from galcore.model.corpus import build_corpus, list_pictures
from galcore.model.pretraining import PretrainingPlan, PretrainingRun
from galcore.model.simulated_corpus import TINY_PARTS, build_simulated_corpus
from galcore.settings import ROOT, Settings

QUOTAS = {"gz1": 68, "efigi": 52, "pool": 16, "cfhtls": 8}


def real_sets(folder: Path) -> dict[str, list[Path]]:
    """Files of the unlabelled stream; only `annotated` is read, to leave out pictures with arrows in them."""
    with (folder / "lenszoo_guide" / "labels.csv").open() as table:
        drawn_on = frozenset(row["file"] for row in csv.DictReader(table) if row["annotated"] == "1")
    return {
        "gz1": list_pictures(folder / "gz1_sdss_6class"),
        "efigi": list_pictures(folder / "efigi_88px"),
        "pool": list_pictures(folder / "sdss_equatorial_pool"),
        "cfhtls": list_pictures(folder / "spacewarps_cfhtls_lenses")
        + list_pictures(folder / "lenszoo_guide", leave_out=drawn_on),
    }


def main() -> None:
    """Run or go on with a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, default=Settings.from_environment().real_data_dir)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "out")
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--simulated", type=int, default=64, help="simulations in a batch")
    parser.add_argument("--real-only", action="store_true", help="leave simulations out")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    real = build_corpus(real_sets(arguments.real), cache=arguments.out)
    simulated = None
    if not arguments.real_only:
        simulated = build_simulated_corpus(TINY_PARTS, cache=arguments.out)
    streams = {"real": real} | ({} if simulated is None else {"simulated": simulated.corpus})
    print(
        json.dumps({name: f"{len(corpus)} pictures, {corpus.data_hash}" for name, corpus in streams.items()})
    )
    plan = PretrainingPlan(
        minutes=arguments.minutes,
        seed=arguments.seed,
        quotas=QUOTAS,
        simulated=0 if simulated is None else arguments.simulated,
    )
    torch.manual_seed(plan.seed)
    run = PretrainingRun(plan, create_backbone(plan.backbone, seed=plan.seed), real, simulated)
    checkpoint = arguments.out / "galcore-tiny.pt"
    if checkpoint.exists():
        run.resume(checkpoint)
    signal.signal(signal.SIGTERM, lambda *_: setattr(run, "stopped", True))
    run.train(checkpoint, report=lambda row: print(json.dumps(row), flush=True))


if __name__ == "__main__":
    main()
