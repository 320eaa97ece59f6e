"""What a run leaves behind while it goes: a line of JSON a report, TensorBoard events, a card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from galcore.pretrain.batches import CHUNK
from galcore.pretrain.board import Board, lay_out, open_board
from galcore.pretrain.finish import make_card
from galcore.pretrain.run import PretrainingRun
from galcore.whole_files import write_whole

LOG_FILE, CARD_FILE, BOARD_FOLDER = "log.jsonl", "card.json", "tensorboard"
_SAMPLE_STEP = 2**31  # of no run: these pictures are degraded as in training, but always the same
_SAMPLES = 4


class RunLog:
    """Log of one run; rows that a killed run wrote beyond its checkpoint are dropped.

    Args:
        run: The run, resumed already where it is.
        folder: The run's folder.
    """

    def __init__(self, run: PretrainingRun, folder: Path) -> None:
        self.run, self.folder = run, folder
        folder.mkdir(parents=True, exist_ok=True)
        with write_whole(folder / LOG_FILE) as unfinished:
            unfinished.write_text("".join(json.dumps(row) + "\n" for row in run.history), encoding="utf-8")
        self.board: Board | None = open_board(folder / BOARD_FOLDER, step=run.step)
        self.write_card()

    def write_row(self, row: Mapping[str, float]) -> None:
        """Append a report."""
        with (self.folder / LOG_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        if self.board is not None:
            self.board.write_row({**row, "learning_rate": self.run.learning_rate()})

    def write_pictures(self) -> None:
        """Restored samples of the averaged weights."""
        if self.board is not None:
            self.board.write_strips(restore_samples(self.run), self.run.step)

    def write_card(self) -> None:
        """Facts of the run so far."""
        with write_whole(self.folder / CARD_FILE) as unfinished:
            unfinished.write_text(make_card(self.run).to_json() + "\n", encoding="utf-8")

    def close(self) -> None:
        """Write the last pictures and the card."""
        self.write_pictures()
        self.write_card()
        if self.board is not None:
            self.board.close()


@torch.no_grad()
def restore_samples(run: PretrainingRun) -> dict[str, Tensor]:
    """Strips of input, result and truth for each restoration task of a run, from its averaged weights."""
    strips = {}
    model = run.average.eval()
    for task in ("reconstruct", "deconvolve"):
        if not run.schedule.base.get(task):
            continue
        batch = getattr(run.source.draw(_SAMPLE_STEP, {task: CHUNK * run.processes.world}), task)
        observed, prior, missing, target = (
            getattr(batch, name)[:_SAMPLES].to(run.device)
            for name in ("observed", "prior", "missing", "target")
        )
        restored, _ = model.restore(observed, prior, missing)
        strips[task] = lay_out(observed, restored, target)
    return strips
