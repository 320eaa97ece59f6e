"""Similarity search: standardise → PCA → FAISS. Immutable; built elsewhere and swapped as a whole.

Exact up to ``EXACT_LIMIT`` galaxies (a million 40-component vectors are 160 MB and a query takes some tens
of milliseconds); above it an inverted file with half-precision vectors. On disk a folder holds
``manifest.json`` and one folder per build beside it; the manifest names the build in use and is replaced
last, in one step, so a reader sees the old index or the new one and never half of either.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from galcore.search.projection import Projection, fit_projection
from galcore.types import GalcoreError
from galcore.whole_files import write_json

EXACT_LIMIT = 1_000_000
DEFAULT_COMPONENTS = 40
FORMAT_VERSION = 1
UNLIKE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Nearest galaxies, nearest first: arrays ``(k,)``, or ``(Q, k)`` where Q queries were asked apart.

    Attributes:
        galaxy_ids: Strings.
        distances: Euclidean, in the standardised principal components.
        percentiles: Share of the other galaxies that are farther away than this one, 0-100.
    """

    galaxy_ids: NDArray
    distances: NDArray[np.float32]
    percentiles: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class IndexManifest:
    """What an index was built from."""

    format_version: int
    build: str  # folder of the files in use
    n_galaxies: int
    components: int
    model_hash: str
    catalog_hash: str
    embedding_hash: str


def embedding_hash(vectors: NDArray, galaxy_ids: Sequence[str] | NDArray) -> str:
    """SHA-256 over ids and float16 values: two sets with the same hash give the same neighbours."""
    digest = hashlib.sha256(str(vectors.shape).encode())
    digest.update("\n".join(map(str, galaxy_ids)).encode())
    for start in range(0, len(vectors), 65_536):
        digest.update(np.ascontiguousarray(vectors[start : start + 65_536], dtype=np.float16).tobytes())
    return digest.hexdigest()


class SimilarityIndex:
    """Nearest neighbours over the embeddings of one workspace; safe to query from many threads."""

    def __init__(
        self, index: faiss.Index, galaxy_ids: NDArray, projection: Projection, manifest: IndexManifest
    ):
        self._index = index
        self._projection = projection
        self.galaxy_ids = galaxy_ids
        self.manifest = manifest
        self._row_of = {galaxy_id: row for row, galaxy_id in enumerate(galaxy_ids.tolist())}

    @classmethod
    def build(
        cls,
        vectors: NDArray,
        galaxy_ids: Sequence[str] | NDArray,
        *,
        folder: Path,
        components: int | None = DEFAULT_COMPONENTS,
        model_hash: str = "",
        catalog_hash: str = "",
    ) -> SimilarityIndex:
        """Build an index of ``vectors`` ``(N, D)``, write it to ``folder`` and return it.

        Args:
            vectors: Embeddings; float16 memory maps are read by chunk.
            galaxy_ids: N unique ids in the same order.
            folder: ``index/<model>`` of the workspace; made if missing.
            components: Principal components to keep; None keeps all.
            model_hash: Of the encoder, so that :meth:`open` can refuse another.
            catalog_hash: Of the catalogue that the embeddings belong to.

        Raises:
            GalcoreError: If there are no vectors, ids repeat or their number differs.
        """
        ids = np.asarray(galaxy_ids, dtype=object)
        _check_ids(ids, len(vectors))
        projection = fit_projection(vectors, components)
        points = projection.apply(vectors)
        manifest = IndexManifest(
            format_version=FORMAT_VERSION,
            build=f"build-{uuid.uuid4().hex[:12]}",
            n_galaxies=len(ids),
            components=projection.n_components,
            model_hash=model_hash,
            catalog_hash=catalog_hash,
            embedding_hash=embedding_hash(vectors, ids),
        )
        built = cls(_make_index(points), ids, projection, manifest)
        built._write(Path(folder))
        return built

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        model_hash: str | None = None,
        catalog_hash: str | None = None,
        embedding_hash: str | None = None,
    ) -> SimilarityIndex:
        """Read the index in ``folder``; the hashes, where given, must be those it was built from.

        Raises:
            GalcoreError: If there is none, it is damaged, or it belongs to other embeddings.
        """
        folder = Path(folder)
        manifest = _read_manifest(folder)
        wanted = {"model_hash": model_hash, "catalog_hash": catalog_hash, "embedding_hash": embedding_hash}
        for field, value in wanted.items():
            if value is not None and value != getattr(manifest, field):
                raise GalcoreError(
                    f"{folder}: the similarity index was built from another {field.removesuffix('_hash')} "
                    "than the workspace holds now; run `prepare` to build it again"
                )
        try:
            index, ids, projection = _read_build(folder / manifest.build)
        except (OSError, RuntimeError, ValueError, KeyError, pa.ArrowInvalid) as error:
            raise GalcoreError(f"{folder}: the index is damaged ({error}); run `prepare` again") from error
        if not index.ntotal == len(ids) == manifest.n_galaxies:
            raise GalcoreError(f"{folder}: the index and its list of galaxies differ; run `prepare` again")
        return cls(index, ids, projection, manifest)

    def __len__(self) -> int:
        return len(self.galaxy_ids)

    def __contains__(self, galaxy_id: str) -> bool:
        return galaxy_id in self._row_of

    def query(self, vectors: NDArray, k: int, *, exclude: Iterable[str] = ()) -> Neighbours:
        """The ``k`` galaxies nearest to each of ``vectors`` ``(Q, D)``; arrays ``(Q, k')``, ``k' ≤ k``.

        Args:
            vectors: Embeddings of the same model, for instance of an uploaded picture.
            k: How many; fewer come back where the workspace holds fewer.
            exclude: Ids that must not come back.
        """
        return self._search(self._projection.apply(vectors), k, exclude)

    def neighbours_of(
        self,
        galaxy_ids: Sequence[str],
        k: int,
        *,
        unlike: Sequence[str] = (),
        pictures: NDArray | None = None,
    ) -> Neighbours:
        """The ``k`` galaxies most like all of ``galaxy_ids`` and less like ``unlike``; arrays ``(k',)``.

        The query is ``q = p + w (p - u)`` with the mean ``p`` of the examples, the mean ``u`` of the counter
        examples and ``w`` 0.5 (relevance feedback, Rocchio 1971). The examples themselves never come back.

        Args:
            galaxy_ids: Examples; may be empty where there are pictures.
            k: How many; fewer come back where the workspace holds fewer.
            unlike: Counter examples.
            pictures: Embeddings ``(M, D)`` of outside pictures, taken as further examples.

        Raises:
            GalcoreError: If there is no example at all, or one has no embedding.
        """
        examples = [self._points(galaxy_ids)] if len(galaxy_ids) else []
        if pictures is not None and len(pictures):
            examples.append(self._projection.apply(pictures))
        if not examples:
            raise GalcoreError("name at least one galaxy to search with")
        target = np.concatenate(examples).mean(axis=0)
        if len(unlike):
            target = target + UNLIKE_WEIGHT * (target - self._points(unlike).mean(axis=0))
        found = self._search(target[None].astype(np.float32), k, [*galaxy_ids, *unlike])
        return Neighbours(found.galaxy_ids[0], found.distances[0], found.percentiles[0])

    def _points(self, galaxy_ids: Sequence[str]) -> NDArray[np.float32]:
        missing = [galaxy_id for galaxy_id in galaxy_ids if galaxy_id not in self._row_of]
        if missing:
            raise GalcoreError(
                f"no embedding of galaxy {missing[0]!r}"
                + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
                + "; its image could not be read, or `prepare` has not run since it was imported"
            )
        rows = [self._row_of[galaxy_id] for galaxy_id in galaxy_ids]
        return np.stack([self._index.reconstruct(row) for row in rows])

    def _search(self, points: NDArray[np.float32], k: int, exclude: Iterable[str]) -> Neighbours:
        excluded = np.array(sorted({self._row_of[i] for i in exclude if i in self._row_of}), dtype=np.int64)
        n_others = len(self) - len(excluded)
        k = max(0, min(k, n_others))
        squared, rows = self._index.search(points, min(k + len(excluded), len(self)) or 1)
        keep = [np.flatnonzero((found >= 0) & ~np.isin(found, excluded))[:k] for found in rows]
        k = min((len(columns) for columns in keep), default=0)
        columns = np.array([found[:k] for found in keep], dtype=np.int64).reshape(len(points), k)
        rows = np.take_along_axis(rows, columns, axis=1)
        distances = np.sqrt(np.maximum(np.take_along_axis(squared, columns, axis=1), 0.0))
        farther = 100.0 * (n_others - np.arange(1, k + 1)) / max(n_others, 1)
        percentiles = np.broadcast_to(farther.astype(np.float32), distances.shape)
        return Neighbours(self.galaxy_ids[rows], distances, percentiles)

    def _write(self, folder: Path) -> None:
        """Write a new build beside the old one, swap the manifest, then clear builds nobody names."""
        build = folder / self.manifest.build
        build.mkdir(parents=True)
        faiss.write_index(self._index, str(build / "index.faiss"))
        pq.write_table(pa.table({"galaxy_id": self.galaxy_ids.tolist()}), build / "galaxy_ids.parquet")
        projection = self._projection
        np.savez(build / "projection.npz", mean=projection.mean, scale=projection.scale, axes=projection.axes)
        previous = _read_manifest(folder).build if (folder / "manifest.json").exists() else ""
        write_json(folder / "manifest.json", asdict(self.manifest))
        for old in folder.glob("build-*"):  # the previous one stays: a reader may be in the middle of it
            if old.name not in {self.manifest.build, previous}:
                shutil.rmtree(old, ignore_errors=True)


def _check_ids(ids: NDArray, n_vectors: int) -> None:
    if len(ids) != n_vectors:
        raise GalcoreError(f"{n_vectors} embeddings but {len(ids)} galaxy ids; run `embed` again")
    if len(set(ids.tolist())) != len(ids):
        raise GalcoreError("galaxy ids repeat in the embeddings; each galaxy must have one")


def _make_index(points: NDArray[np.float32]) -> faiss.Index:
    """Exact up to EXACT_LIMIT rows, then IVF over half-precision vectors with 32 lists probed."""
    n, dimensions = points.shape
    if n <= EXACT_LIMIT:
        flat = faiss.IndexFlatL2(dimensions)
        flat.add(points)
        return flat
    n_lists = int(2 ** np.round(np.log2(4 * np.sqrt(n))))
    lists = faiss.index_factory(dimensions, f"IVF{n_lists},SQfp16")
    lists.train(points[:: max(1, n // (64 * n_lists))])
    lists.add(points)
    inverted = faiss.extract_index_ivf(lists)
    inverted.nprobe = 32
    inverted.make_direct_map()  # to read an example's vector back by its row
    return lists


def _read_manifest(folder: Path) -> IndexManifest:
    path = folder / "manifest.json"
    try:
        manifest = IndexManifest(**json.loads(path.read_text()))
    except FileNotFoundError as error:
        raise GalcoreError(f"{folder}: there is no similarity index yet; run `prepare`") from error
    except (ValueError, TypeError) as error:
        raise GalcoreError(f"{path}: not a manifest of a similarity index; run `prepare` again") from error
    if manifest.format_version != FORMAT_VERSION or Path(manifest.build).name != manifest.build:
        raise GalcoreError(f"{path}: written by another version of Galcore; run `prepare` again")
    return manifest


def _read_build(build: Path) -> tuple[faiss.Index, NDArray, Projection]:
    index = faiss.read_index(str(build / "index.faiss"))
    ids = pq.read_table(build / "galaxy_ids.parquet").column("galaxy_id").to_pylist()
    with np.load(build / "projection.npz", allow_pickle=False) as arrays:
        projection = Projection(arrays["mean"], arrays["scale"], arrays["axes"])
    return index, np.array(ids, dtype=object), projection
