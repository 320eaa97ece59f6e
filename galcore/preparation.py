"""Make a workspace ready: embed → index → map, doing only what is missing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from galcore.settings import DEFAULT_MODEL
from galcore.types import CancelCheck, GalcoreError, LeftOut, Progress, ProgressCallback
from galcore.workspace import Workspace
from galcore.workspace_files import model_folder_name

if TYPE_CHECKING:
    from galcore.atlas.layout import Atlas
    from galcore.model.encoder import Encoder


@dataclass(frozen=True, slots=True)
class PreparationReport:
    """What a preparation did.

    Attributes:
        model: Name of the encoder.
        model_hash: Hash of its weights and preprocessing.
        n_galaxies: Galaxies in the catalogue.
        n_embedded: Galaxies with an embedding.
        left_out: Galaxies whose pixels could not be read, and why.
        done: Parts that were made now; empty when everything was there.
        kept_aside: What a renewal moved away, relative to the workspace.
    """

    model: str
    model_hash: str
    n_galaxies: int
    n_embedded: int
    left_out: tuple[LeftOut, ...]
    done: tuple[str, ...]
    kept_aside: tuple[str, ...] = ()


def prepare(
    workspace: Workspace,
    *,
    model: str = DEFAULT_MODEL,
    encoder: Encoder | None = None,
    folder_name: str = "",
    seed: int = 0,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> PreparationReport:
    """Embed, index and map a workspace; parts that are up to date are left alone.

    Killed half-way, the same call goes on where it stopped: shards that are written stay.

    Args:
        workspace: The workspace.
        model: Name of the encoder.
        encoder: The encoder itself, where it is open already.
        folder_name: What the parts are called on disk, by default after the model.
        seed: Of the map.
        progress: Told of every stage.
        cancel: Asked between steps; what is done by then is kept.

    Raises:
        GalcoreError: If the model cannot be loaded, or earlier embeddings came from other weights.
    """
    name = folder_name or model_folder_name(model)
    embed_report = embed(
        workspace, model=model, encoder=encoder, folder_name=name, progress=progress, cancel=cancel
    )
    done = list(embed_report.done)
    if not (cancel and cancel()) and build_index(workspace, model=name, progress=progress):
        done.append("index")
    if not (cancel and cancel()) and build_atlas(workspace, model=name, seed=seed, progress=progress):
        done.append("atlas")
    return PreparationReport(
        model=embed_report.model,
        model_hash=embed_report.model_hash,
        n_galaxies=embed_report.n_galaxies,
        n_embedded=embed_report.n_embedded,
        left_out=embed_report.left_out,
        done=tuple(done),
    )


def embed(
    workspace: Workspace,
    *,
    model: str = DEFAULT_MODEL,
    encoder: Encoder | None = None,
    folder_name: str = "",
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> PreparationReport:
    """Run the encoder over every galaxy that has no embedding yet."""
    from galcore.embed.runner import embed_images
    from galcore.model.checkpoints import load_encoder

    encoder = encoder or load_encoder(model)
    folder = workspace.files.embeddings(folder_name or model)
    before = _number_embedded(folder)
    images = workspace.images
    embeddings = embed_images(
        workspace.catalog["galaxy_id"].to_numpy(dtype=str),
        images.load,
        encoder,
        folder=folder,
        catalog_hash=workspace.catalog_hash,
        progress=progress,
        cancel=cancel,
    )
    return PreparationReport(
        model=model,
        model_hash=encoder.model_hash,
        n_galaxies=len(workspace.catalog),
        n_embedded=len(embeddings.galaxy_ids),
        left_out=tuple(embeddings.manifest.left_out),
        done=("embeddings",) if len(embeddings.galaxy_ids) != before else (),
    )


def build_index(
    workspace: Workspace, *, model: str = DEFAULT_MODEL, progress: ProgressCallback | None = None
) -> bool:
    """Build the similarity index when it is missing, damaged or of other embeddings; says whether it did."""
    from galcore.search.index import SimilarityIndex

    folder = workspace.files.index(model)
    if not _is_older(folder / "manifest.json", workspace, model) and _index_opens(workspace, model):
        return False
    if progress:
        progress(Progress("index", 0, 1, "building the similarity index"))
    embeddings = workspace.embeddings(model)
    SimilarityIndex.build(
        embeddings.vectors(),
        embeddings.galaxy_ids,
        folder=folder,
        model_hash=embeddings.model_hash,
        catalog_hash=workspace.catalog_hash,
    )
    if progress:
        progress(Progress("index", 1, 1))
    return True


def _index_opens(workspace: Workspace, model: str) -> bool:
    try:
        workspace.index(model)
    except GalcoreError:
        return False
    return True


def build_atlas(
    workspace: Workspace,
    *,
    model: str = DEFAULT_MODEL,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> bool:
    """Lay out the map when it is missing or damaged; galaxies that came later are placed on the one there is.

    Returns:
        Whether anything was made.
    """
    from galcore.atlas.layout import fit_atlas

    path = workspace.files.atlas(model)
    kept = _kept_atlas(path)
    if kept is not None and not _is_older(path, workspace, model):
        return False
    embeddings = workspace.embeddings(model)
    vectors = embeddings.vectors()
    atlas = None
    if kept is not None and kept.model_hash == embeddings.model_hash:
        with suppress(GalcoreError):  # what places new galaxies is damaged: lay out anew
            atlas = kept.extend(vectors, embeddings.galaxy_ids)
    if atlas is None:
        atlas = fit_atlas(vectors, embeddings.galaxy_ids, seed=seed, progress=progress)
    atlas.save(path, model_hash=embeddings.model_hash)
    return True


def _kept_atlas(path: Path) -> Atlas | None:
    """The map that is there, if it can be read."""
    from galcore.atlas.layout import Atlas

    with suppress(GalcoreError):
        return Atlas.load(path)
    return None


def _is_older(path: Path, workspace: Workspace, model: str) -> bool:
    manifest = workspace.files.embeddings(model) / "manifest.json"
    return not path.exists() or path.stat().st_mtime_ns < manifest.stat().st_mtime_ns


def _number_embedded(folder: Path) -> int:
    from galcore.embed.store import EmbeddingSet, read_manifest

    return len(EmbeddingSet.open(folder)) if read_manifest(folder) is not None else 0
