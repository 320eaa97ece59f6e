"""What an import did."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from galcore.types import LeftOut
from galcore.whole_files import write_json


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought in, and by name what it did not.

    Attributes:
        n_imported: Galaxies added now.
        n_total: Galaxies in the catalogue after it.
        left_out: Files, rows and members that were not taken, and why.
        columns: The user's columns in the catalogue.
        n_known: Images that were in the catalogue already and kept their id.
        ignored: Files beside the images that are none (read-me files, tables); not counted as left out.
        notes: What else the user should know, as sentences.
    """

    n_imported: int
    n_total: int
    left_out: tuple[LeftOut, ...]
    columns: tuple[str, ...]
    n_known: int = 0
    ignored: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def write_report(report: ImportReport, folder: Path) -> Path:
    """Keep the report in ``imports/`` of the workspace; its path."""
    path = folder / "imports" / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 1_000_000:06d}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, asdict(report))
    return path
