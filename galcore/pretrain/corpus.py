"""Pictures to pretrain on, decoded and framed once and kept as one array.

A corpus holds every picture at one size with a margin around the frame that the encoder will see, so that
rotations and zooms in training have pixels to look at. No label of a real set is read.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from galcore.model.framing import central_fraction, crop_centre
from galcore.model.held_out import is_held_out
from galcore.pretrain.structure import STRUCTURE_DIM, measure_structure
from galcore.types import GalcoreError

STORED_PX = 160
STORED_MARGIN = 1.25  # stored frame over the frame the encoder sees
FRAME_MARGIN = 1.4
SMALLEST_FRACTION = 0.3
_PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Framed pictures.

    Attributes:
        pictures: (N, STORED_PX, STORED_PX, 3) uint8.
        scales: (N,) share of the stored picture that the encoder's frame takes.
        structure: (N, STRUCTURE_DIM) float32, see :mod:`galcore.pretrain.structure`.
        groups: (N,) int, index into ``group_names``: contrasts are drawn within a group.
        group_names: Where the pictures come from.
        data_hash: Short sha256 over the pictures.
    """

    pictures: NDArray[np.uint8]
    scales: NDArray[np.float32]
    structure: NDArray[np.float32]
    groups: NDArray[np.int64]
    group_names: tuple[str, ...]
    data_hash: str

    def __len__(self) -> int:
        return len(self.pictures)


def frame_for_storage(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Picture cut around its object with a margin, and the share of it that the encoder sees."""
    fraction = central_fraction(rgb, margin=FRAME_MARGIN, smallest=SMALLEST_FRACTION)
    stored = min(1.0, fraction * STORED_MARGIN)
    return crop_centre(rgb, stored, STORED_PX), fraction / stored


def list_pictures(folder: Path, *, leave_out: frozenset[str] = frozenset()) -> list[Path]:
    """Picture files of a set in name order, without the named ones."""
    images = folder / "images"
    found = sorted(p for p in images.glob("*") if p.suffix.lower() in _PICTURES and p.name not in leave_out)
    if not found:
        raise GalcoreError(f"{images}: no JPEG or PNG pictures found; give the folder of the real sets.")
    return found


def build_corpus(sets: dict[str, list[Path]], *, cache: Path) -> Corpus:
    """Decode and frame every picture, or open the cached result of an earlier call.

    A tenth of the files is left out, to judge restoration on pictures that no network has seen.

    Args:
        sets: Files by group name.
        cache: Folder for the arrays; written whole, so a folder that exists is complete.

    Returns:
        The corpus, pictures memory-mapped from ``cache``.
    """
    sets = {name: [path for path in files if not is_held_out(path.name)] for name, files in sets.items()}
    framing = [STORED_PX, STORED_MARGIN, FRAME_MARGIN, SMALLEST_FRACTION]
    listing = json.dumps([framing, {name: [p.name for p in files] for name, files in sets.items()}])
    target = cache / f"corpus_{hashlib.sha256(listing.encode()).hexdigest()[:12]}"
    if not target.exists():
        files = [(group, path) for group, paths in enumerate(sets.values()) for path in paths]
        parts = [_read(path) for _, path in files]
        store_corpus(
            target,
            pictures=np.stack([part[0] for part in parts]),
            scales=np.array([part[1] for part in parts], dtype=np.float32),
            groups=np.array([group for group, _ in files], dtype=np.int64),
            group_names=tuple(sets),
        )
    return open_corpus(target)


def store_corpus(
    target: Path,
    *,
    pictures: NDArray[np.uint8],
    scales: NDArray[np.float32],
    groups: NDArray[np.int64],
    group_names: tuple[str, ...],
) -> None:
    """Measure structure and write all arrays under a temporary name, then rename."""
    temporary = target.with_name(f"{target.name}.{os.getpid()}.part")
    temporary.mkdir(parents=True, exist_ok=True)
    structure = np.empty((len(pictures), STRUCTURE_DIM), dtype=np.float32)
    for index, picture in enumerate(pictures):
        structure[index] = measure_structure(picture)
    np.save(temporary / "pictures.npy", pictures)
    np.savez(temporary / "tables.npz", scales=scales, structure=structure, groups=groups)
    digest = hashlib.sha256(pictures.tobytes()).hexdigest()[:12]
    (temporary / "corpus.json").write_text(json.dumps({"groups": group_names, "data_hash": digest}))
    temporary.replace(target)


def open_corpus(folder: Path) -> Corpus:
    """Open what :func:`store_corpus` wrote."""
    tables = np.load(folder / "tables.npz")
    about = json.loads((folder / "corpus.json").read_text())
    return Corpus(
        pictures=np.load(folder / "pictures.npy", mmap_mode="r"),
        scales=tables["scales"],
        structure=tables["structure"],
        groups=tables["groups"],
        group_names=tuple(about["groups"]),
        data_hash=about["data_hash"],
    )


def _read(path: Path) -> tuple[NDArray[np.uint8], float]:
    with Image.open(path) as picture:
        return frame_for_storage(np.asarray(picture.convert("RGB")))
