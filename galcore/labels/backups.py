"""Which of the dated backups of a folder are kept: the newest ones, and the last one of each day."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

NEWEST = 12
DAYS = 14
_NAME = re.compile(r"labels-(\d{4}-\d\d-\d\d)T\d{6}\.\d{6}Z")


def kept_backups(names: Iterable[str], *, newest: int = NEWEST, days: int = DAYS) -> frozenset[str]:
    """Names to keep: the ``newest``, and the last of each of the last ``days`` that have any.

    >>> day = "labels-2026-01-0{}T0{}0000.000000Z".format
    >>> sorted(kept_backups([day(1, 1), day(1, 2), day(2, 1), day(2, 2)], newest=1, days=2))
    ['labels-2026-01-01T020000.000000Z', 'labels-2026-01-02T020000.000000Z']
    """
    dated = sorted(name for name in names if _NAME.fullmatch(name))
    last_of_day = {name[: len("labels-2026-01-01")]: name for name in dated}
    return frozenset([*dated[max(0, len(dated) - newest) :], *list(last_of_day.values())[-days:]])


def prune_backups(folder: Path, *, newest: int = NEWEST, days: int = DAYS) -> int:
    """Remove the backups that are not kept and return their number; nothing else in the folder is touched."""
    names = [path.name for path in folder.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)]
    old = set(names) - kept_backups(names, newest=newest, days=days)
    for name in old:
        shutil.rmtree(folder / name, ignore_errors=True)
    return len(old)
