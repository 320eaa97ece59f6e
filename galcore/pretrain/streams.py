"""The pictures a plan asks for: real sets by folder, and simulations."""

from __future__ import annotations

import csv
from pathlib import Path

from galcore.pretrain.corpus import Corpus, build_corpus, list_pictures
from galcore.pretrain.plan import PretrainingPlan
from galcore.pretrain.simulated_corpus import (
    TINY_PARTS,
    SimulatedCorpus,
    build_simulated_corpus,
    scale_parts,
)
from galcore.types import GalcoreError, ProgressCallback


def open_real(plan: PretrainingPlan, folder: Path, *, cache: Path) -> Corpus:
    """Real pictures of a plan.

    Args:
        plan: Its ``data`` names folders below ``folder``.
        folder: The folder of real sets.
        cache: Where decoded pictures are kept.

    Raises:
        GalcoreError: If the plan names no set or a set is not there.
    """
    if not plan.data:
        raise GalcoreError("data: the plan names no real pictures; give folders by group, see runs/tiny.toml")
    if not folder.is_dir():
        wanted = ", ".join(sorted({name for names in plan.data.values() for name in names}))
        raise GalcoreError(
            f"{folder}: the folder of real sets is not there; set GALCORE_REAL_DATA or give --real FOLDER, "
            f"with the sets of the plan in it: {wanted}"
        )
    sets = {}
    for group, names in plan.data.items():
        sets[group] = [path for name in names for path in _pictures_of(folder / name)]
    return build_corpus(sets, cache=cache)


def open_simulated(
    plan: PretrainingPlan, *, cache: Path, progress: ProgressCallback | None = None
) -> SimulatedCorpus | None:
    """Simulations of a plan, or None where it wants none."""
    if plan.simulated <= 0:
        return None
    parts = scale_parts(TINY_PARTS, plan.simulated)
    return build_simulated_corpus(parts, cache=cache, progress=progress)


def _pictures_of(folder: Path) -> list[Path]:
    table = folder / "labels.csv"
    drawn_on: frozenset[str] = frozenset()
    if table.exists():
        with table.open(encoding="utf-8") as rows:
            drawn_on = frozenset(row["file"] for row in csv.DictReader(rows) if row.get("annotated") == "1")
    return list_pictures(folder, leave_out=drawn_on)
