"""A workspace of simulated galaxies whose wanted ones are known, written in the workspace's own formats."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from galcore.catalog.store import catalog_hash, write_catalog
from galcore.code_version import code_version
from galcore.embed.store import Manifest, write_manifest, write_shard
from galcore.loop.timing import clustered_vectors
from galcore.settings import DEFAULT_MODEL
from galcore.simulate.write import write_survey
from galcore.types import Campaign
from galcore.workspace import Workspace

WORKSPACE = "load"
CAMPAIGN = "load"
DIMENSION = 512
_PICTURES = 64  # stamps on disk; galaxies share them, since nobody here looks at them
_STAMP_PX = 64
_SHARD_ROWS = 8192


def make_sky(folder: Path, n_galaxies: int, *, rows: int = 4, columns: int = 4, overlap: int = 1) -> set[str]:
    """Write a prepared workspace with one open campaign into ``folder``.

    Args:
        folder: A new folder.
        n_galaxies: Galaxies in the catalogue, a quarter of which are wanted.
        rows: Rows of a grid.
        columns: Columns of a grid.
        overlap: People who answer each galaxy.

    Returns:
        Ids of the wanted galaxies.
    """
    vectors, wanted = clustered_vectors(n_galaxies, DIMENSION)
    galaxy_ids = np.array([f"simulated-{row:07d}" for row in range(n_galaxies)])
    workspace = Workspace.create(folder, title="Simulated load")
    write_survey(folder / "images", _PICTURES, seed=1, size_px=_STAMP_PX)
    stamps = [f"images/images/SIM{number:06d}.png" for number in range(_PICTURES)]
    catalog = pd.DataFrame(
        {"galaxy_id": galaxy_ids, "source": [stamps[row % _PICTURES] for row in range(n_galaxies)]}
    )
    write_catalog(catalog, folder)
    embeddings = workspace.files.embeddings(DEFAULT_MODEL)
    embeddings.mkdir(parents=True)
    for start in range(0, n_galaxies, _SHARD_ROWS):
        part = slice(start, start + _SHARD_ROWS)
        write_shard(embeddings, galaxy_ids[part].tolist(), vectors[part])
    write_manifest(embeddings, _manifest(catalog_hash(workspace.catalog)))
    workspace.labels.create_campaign(
        Campaign(
            CAMPAIGN,
            "Load",
            "Is it wanted?",
            ("yes", "no"),
            grid_rows=rows,
            grid_columns=columns,
            overlap=overlap,
        )
    )
    workspace.close()
    return set(galaxy_ids[wanted].tolist())


def _manifest(catalog: str) -> Manifest:
    return Manifest(
        model=DEFAULT_MODEL,
        model_hash="simulated",
        preprocessing="none: the vectors are simulated",
        embedding_dim=DIMENSION,
        catalog_hash=catalog,
        code_version=code_version(),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
