"""What TensorBoard shows of a run: losses, shares, learning rate, and strips of restored pictures.

The one place that imports tensorboard. It is not needed to train: without it a run writes ``log.jsonl`` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

_ABOUT = ("images_per_s", "learning_rate", "norm", "samples")
_NOT_SHOWN = ("step", "share", "left_s")


class Board:
    """Events of one run.

    Args:
        folder: Where ``tensorboard --logdir`` finds them.
        step: Step the run goes on from; what an interrupted run wrote beyond it is hidden.
    """

    def __init__(self, folder: Path, *, step: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder), purge_step=step + 1 if step else None)

    def write_row(self, row: Mapping[str, float]) -> None:
        """Numbers of one report."""
        step = int(row["step"])
        for name, value in row.items():
            if name in _NOT_SHOWN:
                continue
            kind = "share" if name.startswith("share_") else ("run" if name in _ABOUT else "loss")
            self._writer.add_scalar(f"{kind}/{name.removeprefix('share_')}", value, step)

    def write_strips(self, strips: Mapping[str, Tensor], step: int) -> None:
        """Pictures (3, H, W) from 0 to 1 by name."""
        for name, strip in strips.items():
            self._writer.add_image(f"restored/{name}", strip, step)
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def open_board(folder: Path, *, step: int = 0) -> Board | None:
    """A board in a folder, or None where tensorboard is not installed."""
    try:
        return Board(folder, step=step)
    except ModuleNotFoundError:
        return None


def lay_out(observed: Tensor, restored: Tensor, target: Tensor) -> Tensor:
    """Rows of input, result and truth beside each other.

    Args:
        observed: (B, 3, H, W).
        restored: (B, 3, H, W).
        target: (B, 3, H, W).

    Returns:
        (3, B · H, 3 · W) from 0 to 1.

    Example:
        >>> one = torch.zeros(2, 3, 8, 8)
        >>> lay_out(one, one, one).shape
        torch.Size([3, 16, 24])
    """
    rows = torch.cat([observed, restored, target], dim=3)
    return torch.cat(list(rows.float().cpu()), dim=1).clamp(0, 1)
