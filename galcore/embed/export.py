"""Write embeddings for other tools."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from galcore.embed.store import EmbeddingSet
from galcore.types import GalcoreError
from galcore.whole_files import write_whole


def write_parquet(embeddings: EmbeddingSet, path: Path) -> None:
    """Write ``galaxy_id`` (string) and ``vector`` (list of float32) to a Parquet file, written whole.

    The file's metadata names the model and its hash.

    Raises:
        GalcoreError: If the file cannot be written.
    """
    vectors = embeddings.vectors()
    dimension = vectors.shape[1]
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), dimension)
    table = pa.table({"galaxy_id": pa.array(embeddings.galaxy_ids.tolist(), pa.string()), "vector": column})
    manifest = embeddings.manifest
    table = table.replace_schema_metadata(
        {"model": manifest.model, "model_hash": manifest.model_hash, "catalog_hash": manifest.catalog_hash}
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_whole(path) as unfinished:
            pq.write_table(table, unfinished)
    except OSError as error:
        raise GalcoreError(f"{path}: cannot be written ({error}); choose another --out") from error
