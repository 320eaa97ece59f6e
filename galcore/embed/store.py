"""Vectors of a workspace on disk.

A folder holds pairs of ``shard_00000.npy`` (float16 vectors) and ``shard_00000.json`` (their galaxies),
and one ``manifest.json`` that says which model and which pixels made them. A shard is
there when its ``.json`` is there: the vectors are written first, each file under a temporary name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from galcore.types import GalcoreError, LeftOut
from galcore.whole_files import write_json, write_whole

MANIFEST_FILE = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What made the vectors of a folder.

    Attributes:
        model: Name of the encoder.
        model_hash: Hash of its weights and preprocessing; vectors of other hashes are refused.
        preprocessing: The encoder's preprocessing as text.
        embedding_dim: Length D of a vector.
        catalog_hash: Catalogue that was current at the last call.
        code_version: Version of Galcore.
        created_at: ISO time, UTC.
        left_out: Galaxies whose pixels could not be read at the last call.
    """

    model: str
    model_hash: str
    preprocessing: str
    embedding_dim: int
    catalog_hash: str
    code_version: str
    created_at: str
    left_out: tuple[LeftOut, ...] = ()


class EmbeddingSet:
    """Vectors of one model for the galaxies of one workspace, as they are on disk now.

    Attributes:
        folder: Where they lie.
        manifest: What made them.
        galaxy_ids: (N,) identifiers in the order of the vectors.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, shards: Sequence[Path], galaxy_ids: Sequence[str]
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.galaxy_ids: NDArray[np.str_] = np.array(galaxy_ids, dtype=str)
        self._shards = tuple(shards)

    @classmethod
    def open(cls, folder: Path) -> EmbeddingSet:
        """Open the vectors in a folder.

        Raises:
            GalcoreError: If there are none, or a file does not fit the manifest.
        """
        manifest = read_manifest(folder)
        if manifest is None:
            raise GalcoreError(
                f"{folder}: no embeddings here yet; run `python -m galcore prepare` on the workspace"
            )
        shards = list_shards(folder)
        galaxy_ids = [galaxy_id for shard in shards for galaxy_id in read_shard_ids(shard)]
        return cls(folder, manifest, shards, galaxy_ids)

    def __len__(self) -> int:
        return len(self.galaxy_ids)

    @property
    def model_hash(self) -> str:
        """Hash of the weights and preprocessing that made the vectors."""
        return self.manifest.model_hash

    @property
    def embedding_dim(self) -> int:
        """Length D of a vector."""
        return self.manifest.embedding_dim

    @property
    def memory_map(self) -> tuple[NDArray[np.float16], ...]:
        """The shards as float16 (n, D) arrays that stay on disk, in the order of ``galaxy_ids``."""
        return tuple(np.load(_vectors_of(shard), mmap_mode="r", allow_pickle=False) for shard in self._shards)

    def vectors(self) -> NDArray[np.float32]:
        """All vectors in memory, (N, D) float32 (scoring float16 by chunk costs three times as much).

        Raises:
            GalcoreError: If other weights embedded the folder anew since it was opened.
        """
        now = read_manifest(self.folder)
        if now is None or now.model_hash != self.model_hash:
            raise GalcoreError(f"{self.folder}: was embedded anew in this moment; try again")
        out = np.empty((len(self), self.embedding_dim), dtype=np.float32)
        start = 0
        for block in self.memory_map:
            if block.ndim != 2 or block.shape[1] != self.embedding_dim:
                raise GalcoreError(
                    f"{self.folder}: a shard does not fit its manifest; delete the folder and embed again"
                )
            out[start : start + len(block)] = block
            start += len(block)
        return out


def list_shards(folder: Path) -> list[Path]:
    """Complete shards of a folder in the order they were made."""
    return [path for path in sorted(folder.glob("shard_*.json")) if _vectors_of(path).exists()]


def read_shard_ids(shard: Path) -> list[str]:
    """Galaxies of a shard."""
    return list(json.loads(shard.read_text(encoding="utf-8"))["galaxy_ids"])


def write_shard(folder: Path, galaxy_ids: Sequence[str], vectors: NDArray[np.floating]) -> Path:
    """Add a shard; it counts from the moment its list of galaxies is in place."""
    number = 1 + max((int(p.stem.split("_")[1]) for p in folder.glob("shard_*.json")), default=-1)
    shard = folder / f"shard_{number:05d}.json"
    with write_whole(_vectors_of(shard)) as unfinished, unfinished.open("wb") as file:
        np.save(file, np.asarray(vectors, dtype=np.float16), allow_pickle=False)
    write_json(shard, {"galaxy_ids": list(galaxy_ids)}, indent=None)
    return shard


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, or None where nothing was embedded yet.

    Raises:
        GalcoreError: If it is damaged or of another format.
    """
    path = folder / MANIFEST_FILE
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != _FORMAT:
            raise GalcoreError(
                f"{path}: written by another version of Galcore; delete the folder and embed again"
            )
        content["left_out"] = tuple(LeftOut(**entry) for entry in content["left_out"])
        return Manifest(**content)
    except (ValueError, TypeError, KeyError) as error:
        raise GalcoreError(f"{path}: not readable ({error}); delete the folder and embed again") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest as a whole."""
    write_json(folder / MANIFEST_FILE, {"format": _FORMAT, **asdict(manifest)})


def _vectors_of(shard: Path) -> Path:
    return shard.with_suffix(".npy")
