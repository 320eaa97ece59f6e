"""A map on disk: ``<model>.parquet`` (galaxy_id, x, y), ``<model>.json`` (what made it), ``<model>.npz``.

The ``.npz`` holds the principal components that new galaxies are placed by; nothing is pickled. The three
files carry one layout id, and the JSON, replaced last, says which: a half-written map is never read.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from galcore.atlas.layout import Atlas, AtlasParameters
from galcore.search.projection import Projection
from galcore.types import GalcoreError

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class SavedAtlas:
    """A map with the galaxies it shows.

    Attributes:
        galaxy_ids: Strings, ``(N,)``.
        xy: Positions, ``(N, 2)``.
        layout_id: Changes with every layout; part of immutable addresses.
        parameters: What made it.
        model_hash: Encoder of the embeddings.
        catalog_hash: Catalogue of the embeddings.
        path: The Parquet file.
    """

    galaxy_ids: NDArray
    xy: NDArray[np.float32]
    layout_id: str
    parameters: AtlasParameters
    model_hash: str
    catalog_hash: str
    path: Path

    def with_points(self) -> Atlas:
        """The map with what :meth:`Atlas.transform` needs, read now.

        Raises:
            GalcoreError: If that file is missing or belongs to another layout.
        """
        path = self.path.with_suffix(".npz")
        try:
            with np.load(path, allow_pickle=False) as arrays:
                if str(arrays["layout_id"]) != self.layout_id:
                    raise GalcoreError(f"{path}: belongs to another map; run `atlas` again")
                projection = Projection(arrays["mean"], arrays["scale"], arrays["axes"])
                points = arrays["points"].astype(np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise GalcoreError(f"{path}: cannot be read ({error}); run `atlas` again") from error
        return Atlas(self.xy, points, projection, self.parameters)


def save_atlas(
    atlas: Atlas,
    path: Path,
    galaxy_ids: Sequence[str] | NDArray,
    *,
    model_hash: str = "",
    catalog_hash: str = "",
) -> SavedAtlas:
    """Write ``atlas`` of ``galaxy_ids`` to ``path`` (``atlas/<model>.parquet``) and its two companions.

    Raises:
        GalcoreError: If the number of ids is not the number of points.
    """
    path = Path(path)
    if len(galaxy_ids) != len(atlas.xy):
        raise GalcoreError(f"{len(galaxy_ids)} galaxy ids for a map of {len(atlas.xy)} points")
    path.parent.mkdir(parents=True, exist_ok=True)
    ids = [str(galaxy_id) for galaxy_id in galaxy_ids]
    layout_id = uuid.uuid4().hex[:16]
    table = pa.table({"galaxy_id": ids, "x": atlas.xy[:, 0], "y": atlas.xy[:, 1]})
    about = {
        "format_version": FORMAT_VERSION,
        "layout_id": layout_id,
        "model_hash": model_hash,
        "catalog_hash": catalog_hash,
        "n_galaxies": len(ids),
        "parameters": asdict(atlas.parameters),
    }
    waiting = path.with_name(f".{path.stem}-{layout_id}")
    with waiting.open("wb") as stream:
        projection = atlas.projection
        np.savez(
            stream,
            layout_id=np.array(layout_id),
            points=atlas.points.astype(np.float32),
            mean=projection.mean,
            scale=projection.scale,
            axes=projection.axes,
        )
    os.replace(waiting, path.with_suffix(".npz"))
    pq.write_table(table.replace_schema_metadata({"layout_id": layout_id}), waiting)
    os.replace(waiting, path)
    waiting.write_text(json.dumps(about, indent=2))
    os.replace(waiting, path.with_suffix(".json"))
    return SavedAtlas(
        np.array(ids, dtype=object), atlas.xy, layout_id, atlas.parameters, model_hash, catalog_hash, path
    )


def load_atlas(path: Path) -> SavedAtlas:
    """The map at ``path``.

    Raises:
        GalcoreError: If there is none, or its files do not belong together.
    """
    path = Path(path)
    if not path.exists():
        raise GalcoreError(f"{path}: there is no map yet; run `prepare`")
    try:
        about = json.loads(path.with_suffix(".json").read_text())
        table = pq.read_table(path)
        layout_id = (table.schema.metadata or {}).get(b"layout_id", b"").decode()
        if about["format_version"] != FORMAT_VERSION or about["layout_id"] != layout_id:
            raise GalcoreError(f"{path}: its parts belong to different maps; run `atlas` again")
        xy = np.stack([table.column(name).to_numpy() for name in ("x", "y")], axis=1)
        parameters = AtlasParameters(**about["parameters"])
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise GalcoreError(f"{path}: cannot be read ({error}); run `atlas` again") from error
    ids = np.array(table.column("galaxy_id").to_pylist(), dtype=object)
    return SavedAtlas(
        ids,
        xy.astype(np.float32),
        layout_id,
        parameters,
        about["model_hash"],
        about["catalog_hash"],
        path,
    )
