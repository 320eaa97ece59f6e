"""Running an encoder over many stamps, so that a kill costs at most one shard."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.code_version import code_version
from galcore.embed.pipeline import EncodedBatch, LoadImage, encode_in_parallel
from galcore.embed.store import (
    EmbeddingSet,
    Manifest,
    list_shards,
    read_manifest,
    read_shard_ids,
    write_manifest,
    write_shard,
)
from galcore.types import CancelCheck, GalcoreError, LeftOut, Progress, ProgressCallback

if TYPE_CHECKING:
    from galcore.model.encoder import Encoder

_SHARD_BATCHES = 16


def embed_images(
    galaxy_ids: Sequence[str],
    load_image: LoadImage,
    encoder: Encoder,
    *,
    folder: Path,
    catalog_hash: str,
    batch_size: int = 64,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> EmbeddingSet:
    """Embed every galaxy that the folder does not hold yet.

    Args:
        galaxy_ids: Galaxies wanted.
        load_image: Reads the stamp of one galaxy; called from several threads.
        encoder: The model.
        folder: Where vectors go; made if absent. What is there already is kept.
        catalog_hash: Recorded in the manifest.
        batch_size: Stamps per pass; a shard is sixteen batches.
        progress: Told after each batch.
        cancel: Asked after each batch; what is done by then is kept.

    Returns:
        All vectors of the folder. Galaxies whose pixels cannot be read are in ``manifest.left_out``; the
        next call tries them again.

    Raises:
        GalcoreError: If the folder holds vectors of another model or preprocessing, or no image could be
            read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = read_manifest(folder)
    manifest = _manifest_for(found, encoder, folder, catalog_hash)
    done = {galaxy_id for shard in list_shards(folder) for galaxy_id in read_shard_ids(shard)}
    missing = [galaxy_id for galaxy_id in dict.fromkeys(galaxy_ids) if galaxy_id not in done]
    if found is None:
        write_manifest(folder, manifest)
    writer = _ShardWriter(folder, batch_size * _SHARD_BATCHES)
    left_out: list[LeftOut] = []
    n_seen = 0
    with closing(encode_in_parallel(missing, load_image, encoder, batch_size=batch_size)) as batches:
        for batch in batches:
            left_out += batch.unreadable
            writer.add(batch)
            n_seen += len(batch.galaxy_ids) + len(batch.unreadable)
            if progress is not None:
                progress(Progress("embed", len(done) + n_seen, len(done) + len(missing)))
            if cancel is not None and cancel():
                break
    writer.flush()
    manifest = replace(manifest, left_out=tuple(left_out))
    if writer.n_written or manifest != found:
        write_manifest(folder, manifest)
    if left_out and not done and not writer.n_written:
        raise GalcoreError(
            f"none of {n_seen} images could be read; the first: {left_out[0].source}: {left_out[0].reason}"
        )
    return EmbeddingSet.open(folder)


class _ShardWriter:
    """Collects vectors and writes a shard whenever enough are there."""

    def __init__(self, folder: Path, shard_size: int) -> None:
        self._folder, self._shard_size = folder, shard_size
        self._names: list[str] = []
        self._blocks: list[NDArray[np.float32]] = []
        self.n_written = 0

    def add(self, batch: EncodedBatch) -> None:
        self._names += batch.galaxy_ids
        self._blocks.append(batch.vectors)
        if len(self._names) >= self._shard_size:
            self.flush()

    def flush(self) -> None:
        if self._names:
            write_shard(self._folder, self._names, np.concatenate(self._blocks))
            self.n_written += len(self._names)
            self._names, self._blocks = [], []


def _manifest_for(found: Manifest | None, encoder: Encoder, folder: Path, catalog_hash: str) -> Manifest:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    fresh = Manifest(
        model=encoder.name,
        model_hash=encoder.model_hash,
        preprocessing=encoder.preprocessing.to_json(),
        embedding_dim=encoder.embedding_dim,
        catalog_hash=catalog_hash,
        code_version=code_version(),
        created_at=now,
    )
    if found is None:
        return fresh
    if found.model_hash != encoder.model_hash:
        raise GalcoreError(
            f"{folder}: holds vectors of {found.model} ({found.model_hash}), which cannot be mixed with "
            f"{encoder.name} ({encoder.model_hash}): weights or preprocessing differ; "
            "run `prepare --renew` to keep these aside and embed anew (labels stay)"
        )
    return replace(found, catalog_hash=catalog_hash)
