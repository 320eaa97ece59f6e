"""The map of a workspace: embeddings → principal components → neighbour graph → two dimensions.

On disk a map is ``<model>.parquet`` (galaxy_id, x, y; what made it stands in its metadata and, for people,
in ``<model>.json``) and ``<model>.npz`` (what places galaxies that come later). All carry one layout id, and
a reader refuses a mixture. The Parquet file is replaced last, in one step: readers see one map or the other.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from galcore.atlas.basis import Basis
from galcore.search.graph import neighbour_graph
from galcore.search.projection import fit_projection
from galcore.types import GalcoreError, Progress, ProgressCallback
from galcore.whole_files import write_json, write_whole

FORMAT_VERSION = 1
METADATA = b"galcore.atlas"
COMPONENTS = 50
UMAP_MINIMUM = 16
"""Fewer galaxies than this are laid out by their principal components alone."""
STAGES = ("principal components", "neighbour graph", "layout")


@dataclass(frozen=True, slots=True)
class AtlasParameters:
    """What a layout was made with.

    Attributes:
        method: ``"umap"``, or ``"pca"`` where there are too few galaxies for it.
        seed: Of UMAP's optimisation.
        neighbours: Size of the neighbourhood that keeps its shape.
        min_distance: Closest that UMAP packs two points.
        components: Principal components the graph was made from.
        epochs: Rounds of optimisation.
        n_fitted: Galaxies it was fitted on; later ones were placed among them.
    """

    method: str
    seed: int
    neighbours: int
    min_distance: float
    components: int
    epochs: int
    n_fitted: int


@dataclass(frozen=True, slots=True)
class Atlas:
    """A map. Immutable: a changed one is another one, with another ``layout_id``.

    Attributes:
        galaxy_ids: Strings, ``(N,)``.
        xy: Position of each galaxy, ``(N, 2)`` float32; centred, the wider half-width is 1.
        parameters: What made it.
        layout_id: Part of every address of this map's geometry.
        model_hash: Encoder of the embeddings; empty before :meth:`save`.
        basis: What new galaxies are placed by, or the file that holds it.
    """

    galaxy_ids: NDArray
    xy: NDArray[np.float32]
    parameters: AtlasParameters
    layout_id: str
    model_hash: str
    basis: Basis | Path

    def transform(self, vectors: NDArray) -> NDArray[np.float32]:
        """Positions of new galaxies, ``(M, D)`` → ``(M, 2)``; nothing on the map moves.

        Raises:
            GalcoreError: If the vectors come from another model, or the map's file is damaged.
        """
        return self._read_basis().place(vectors)

    def extend(self, vectors: NDArray, galaxy_ids: Sequence[str] | NDArray) -> Atlas:
        """The map of exactly ``galaxy_ids``: known ones stay where they are, new ones are placed among them.

        Args:
            vectors: Embeddings ``(N, D)`` of all of them.
            galaxy_ids: N ids; galaxies of this map that are not among them leave it.
        """
        ids = _as_ids(galaxy_ids)
        row_of = {galaxy_id: row for row, galaxy_id in enumerate(self.galaxy_ids.tolist())}
        rows = np.array([row_of.get(galaxy_id, -1) for galaxy_id in ids.tolist()], dtype=np.int64)
        is_new = rows < 0
        xy = np.empty((len(ids), 2), dtype=np.float32)
        xy[~is_new] = self.xy[rows[~is_new]]
        basis = self._read_basis()
        if is_new.any():
            xy[is_new] = basis.place(vectors[is_new])
        return replace(self, galaxy_ids=ids, xy=xy, layout_id=_new_id(), basis=basis)

    def save(self, path: Path, *, model_hash: str = "") -> None:
        """Write the map to ``path`` (``atlas/<model>.parquet``) and its two companions."""
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {
            "format": FORMAT_VERSION,
            "layout_id": self.layout_id,
            "model_hash": model_hash or self.model_hash,
            "n_galaxies": len(self.galaxy_ids),
            "parameters": asdict(self.parameters),
        }
        self._read_basis().write(path.with_suffix(".npz"), self.layout_id)
        write_json(path.with_suffix(".json"), about)
        table = pa.table({"galaxy_id": self.galaxy_ids.tolist(), "x": self.xy[:, 0], "y": self.xy[:, 1]})
        with write_whole(path) as unfinished:
            pq.write_table(table.replace_schema_metadata({METADATA: json.dumps(about)}), unfinished)

    @classmethod
    def load(cls, path: Path) -> Atlas:
        """The map at ``path``; the file beside it for :meth:`transform` is read when that is called.

        Raises:
            GalcoreError: If there is none, or it is damaged or of another version.
        """
        if not path.exists():
            raise GalcoreError(f"{path}: there is no map yet; run `prepare`")
        try:
            table = pq.read_table(path)
            about = json.loads((table.schema.metadata or {})[METADATA])
            if about["format"] != FORMAT_VERSION:
                raise ValueError(f"format {about['format']}")
            xy = np.stack([table.column(name).to_numpy() for name in ("x", "y")], axis=1)
            parameters = AtlasParameters(**about["parameters"])
            ids = _as_ids(table.column("galaxy_id").to_pylist())
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise GalcoreError(f"{path}: cannot be read ({error}); run `atlas` again") from error
        return cls(
            ids,
            xy.astype(np.float32),
            parameters,
            str(about["layout_id"]),
            str(about["model_hash"]),
            path.with_suffix(".npz"),
        )

    def _read_basis(self) -> Basis:
        return self.basis if isinstance(self.basis, Basis) else Basis.read(self.basis, self.layout_id)


def fit_atlas(
    vectors: NDArray,
    galaxy_ids: Sequence[str] | NDArray,
    *,
    seed: int = 0,
    neighbours: int = 15,
    progress: ProgressCallback | None = None,
) -> Atlas:
    """Lay out embeddings ``(N, D)`` in two dimensions.

    The same vectors and seed give the same layout on the same machine and library versions.

    Args:
        vectors: Embeddings, N at least 1.
        galaxy_ids: N ids.
        seed: Of UMAP's optimisation.
        neighbours: Small shows detail, large shows the broad order.
        progress: Called at the beginning of each stage and at the end.

    Raises:
        GalcoreError: If there are no vectors, one is not finite, or the number of ids differs.
    """
    if len(vectors) != len(galaxy_ids):
        raise GalcoreError(f"{len(vectors)} embeddings but {len(galaxy_ids)} galaxy ids; run `embed` again")
    _tell(progress, 0)
    projection = fit_projection(vectors, COMPONENTS)
    points = projection.apply(vectors)
    use_umap = len(points) >= UMAP_MINIMUM
    parameters = AtlasParameters(
        method="umap" if use_umap else "pca",
        seed=seed,
        neighbours=min(neighbours, len(points) - 1) if use_umap else 0,
        min_distance=0.1,
        components=projection.n_components,
        epochs=(500 if len(points) < 10_000 else 200) if use_umap else 0,
        n_fitted=len(points),
    )
    _tell(progress, 1)
    start = _principal_plane(points)
    xy = _centre(_run_umap(points, start, parameters, progress) if use_umap else start)
    _tell(progress, len(STAGES))
    return Atlas(_as_ids(galaxy_ids), xy, parameters, _new_id(), "", Basis(projection, points, xy))


def _run_umap(
    points: NDArray[np.float32],
    start: NDArray[np.float64],
    parameters: AtlasParameters,
    progress: ProgressCallback | None,
) -> NDArray:
    from galcore.atlas.umap_layout import umap_layout

    graph = neighbour_graph(points, parameters.neighbours, seed=parameters.seed)
    _tell(progress, 2)
    return umap_layout(
        points,
        graph,
        start,
        seed=parameters.seed,
        min_distance=parameters.min_distance,
        epochs=parameters.epochs,
    )


def _tell(progress: ProgressCallback | None, stage: int) -> None:
    if progress is not None:
        progress(Progress("map", stage, len(STAGES), (*STAGES, "done")[stage]))


def _principal_plane(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """The first two components, ``(N, 2)``; zero where there are fewer."""
    plane = np.zeros((len(points), 2))
    kept = min(2, points.shape[1])
    plane[:, :kept] = points[:, :kept]
    return plane


def _centre(xy: NDArray) -> NDArray[np.float32]:
    """Centre the bounding box on the origin and scale its wider half to 1."""
    xy = np.asarray(xy, dtype=np.float64)
    low, high = xy.min(axis=0), xy.max(axis=0)
    half = float((high - low).max()) / 2 or 1.0
    return ((xy - (low + high) / 2) / half).astype(np.float32)


def _as_ids(galaxy_ids: Sequence[str] | NDArray) -> NDArray:
    return np.array([str(galaxy_id) for galaxy_id in galaxy_ids], dtype=object)


def _new_id() -> str:
    return uuid.uuid4().hex[:16]
