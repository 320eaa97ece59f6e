"""One folder holds everything about one set of images; :class:`Workspace` is the only way in.

It opens each part when it is first asked for, once per process, and never imports a heavy package before
that: a page that only lists campaigns does not load the model.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from galcore.catalog.store import CATALOG_FILE, catalog_hash, read_catalog
from galcore.people.roster import read_roster
from galcore.types import GalcoreError
from galcore.whole_files import write_json
from galcore.workspace_files import WorkspaceFiles, model_folder_name

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from galcore.atlas.layout import Atlas
    from galcore.embed.store import EmbeddingSet
    from galcore.images.store import ImageStore
    from galcore.labels.store import LabelStore
    from galcore.loop.session import CampaignLoop
    from galcore.search.index import SimilarityIndex

Part = TypeVar("Part")

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    """What a workspace has ready.

    Attributes:
        n_galaxies: Galaxies in the catalogue.
        n_embedded: Of those, how many the model has seen.
        model: Model the figures speak of; empty before the first embedding.
        has_index: Similarity search is ready.
        has_atlas: The map is ready.
    """

    n_galaxies: int
    n_embedded: int
    model: str
    has_index: bool
    has_atlas: bool

    @property
    def prepared(self) -> bool:
        """Whether every part is ready for every galaxy."""
        return self.has_index and self.has_atlas and self.n_embedded > 0


class Workspace:
    """Everything about one set of images. Safe to share between threads.

    Attributes:
        folder: The folder on disk.
        files: Where each part lies in it.
        title: Name that people read.
        description: One sentence on what is in it.
    """

    def __init__(self, folder: Path, *, title: str, description: str) -> None:
        self.folder = folder
        self.files = WorkspaceFiles(folder)
        self.title = title
        self.description = description
        self._lock = threading.RLock()
        self._catalog: tuple[int, pd.DataFrame, str] | None = None
        self._images: tuple[str, ImageStore] | None = None
        self._labels: LabelStore | None = None
        self._loops: dict[str, tuple[CampaignLoop, EmbeddingSet | None]] = {}
        self._opened: dict[tuple[str, str], tuple[int, object]] = {}

    @classmethod
    def create(cls, folder: Path, *, title: str = "", description: str = "") -> Workspace:
        """A new workspace in ``folder``, or the one that is already there.

        Raises:
            GalcoreError: If the path is a file or cannot be written.
        """
        card = WorkspaceFiles(folder).card
        if card.exists():
            return cls.open(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            content = {
                "format": FORMAT_VERSION,
                "title": title or folder.name,
                "description": description,
                "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            write_json(card, content)
        except OSError as error:
            raise GalcoreError(
                f"workspace {folder}: cannot be written ({error}); choose another folder"
            ) from error
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """The workspace in ``folder``.

        Raises:
            GalcoreError: If there is none, or a newer Galcore wrote it.
        """
        card = WorkspaceFiles(folder).card
        if not card.is_file():
            raise GalcoreError(
                f"{folder} is not a workspace (no {card.name}); "
                "make one with `python -m galcore import PATH --workspace FOLDER`"
            )
        try:
            content = json.loads(card.read_text(encoding="utf-8"))
        except ValueError as error:
            raise GalcoreError(f"{card}: not readable as JSON ({error})") from error
        if content.get("format", 0) > FORMAT_VERSION:
            raise GalcoreError(
                f"{card}: written by a newer Galcore (format {content['format']}); update Galcore"
            )
        return cls(
            folder.resolve(),
            title=str(content.get("title") or folder.name),
            description=str(content.get("description") or ""),
        )

    @property
    def name(self) -> str:
        """Folder name: what addresses and links use."""
        return self.folder.name

    # --- galaxies and their pixels ---------------------------------------------------------------------

    @property
    def catalog(self) -> pd.DataFrame:
        """The catalogue, one row a galaxy; read again when the file has changed. Treat it as read-only."""
        return self._read_catalog()[1]

    @property
    def catalog_hash(self) -> str:
        """Hash of the catalogue's content."""
        return self._read_catalog()[2]

    def _read_catalog(self) -> tuple[int, pd.DataFrame, str]:
        path = self.folder / CATALOG_FILE
        stamp = path.stat().st_mtime_ns if path.exists() else 0
        with self._lock:
            if self._catalog is None or self._catalog[0] != stamp:
                frame = read_catalog(self.folder)
                self._catalog = (stamp, frame, catalog_hash(frame))
            return self._catalog

    @property
    def images(self) -> ImageStore:
        """Pixels of the galaxies in the catalogue."""
        from galcore.images.store import ImageStore

        with self._lock:
            _, frame, digest = self._read_catalog()
            if self._images is None or self._images[0] != digest:
                self._images = (digest, ImageStore(frame, self.folder))
            return self._images[1]

    # --- what the model made of them -------------------------------------------------------------------

    def models(self) -> tuple[str, ...]:
        """Models that have embeddings here, the default one first; not what a renewal kept or began."""
        return self.files.models()

    def _model(self, model: str | None) -> str:
        if model:
            return model_folder_name(model)
        names = self.models()
        if not names:
            raise GalcoreError(
                f"workspace {self.name} has no embeddings yet; run `python -m galcore prepare {self.name}`"
            )
        return names[0]

    def embeddings(self, model: str | None = None) -> EmbeddingSet:
        """Embeddings by one model (default: the first of :meth:`models`).

        Raises:
            GalcoreError: If the model has not embedded this workspace yet.
        """
        from galcore.embed.store import EmbeddingSet

        name = self._model(model)
        return self._open_part(
            "embeddings", name, self.files.embeddings(name), "manifest.json", EmbeddingSet.open
        )

    def index(self, model: str | None = None) -> SimilarityIndex:
        """Similarity index over one model's embeddings.

        Raises:
            GalcoreError: If there is none yet, or it was built from other weights than the embeddings.
        """
        from galcore.search.index import SimilarityIndex

        name = self._model(model)
        model_hash = self.embeddings(name).model_hash

        def opener(folder: Path) -> SimilarityIndex:
            return SimilarityIndex.open(folder, model_hash=model_hash)

        return self._open_part("index", name, self.files.index(name), "manifest.json", opener)

    def atlas(self, model: str | None = None) -> Atlas:
        """Two-dimensional map of one model's embeddings."""
        from galcore.atlas.layout import Atlas

        name = self._model(model)
        return self._open_part("atlas", name, self.files.atlas(name), "", Atlas.load)

    def _open_part(
        self, part: str, model: str, path: Path, stamp_file: str, opener: Callable[[Path], Part]
    ) -> Part:
        stamped = path / stamp_file if stamp_file else path
        if not stamped.exists():
            raise GalcoreError(
                f"workspace {self.name} has no {part} by {model} yet; "
                f"run `python -m galcore prepare {self.name} --model {model}`"
            )
        stamp = stamped.stat().st_mtime_ns
        with self._lock:
            held = self._opened.get((part, model))
            if held is None or held[0] != stamp:
                held = (stamp, opener(path))
                self._opened[(part, model)] = held
            return cast("Part", held[1])

    def state(self, model: str | None = None) -> WorkspaceState:
        """What is ready, without opening anything large."""
        names = self.models()
        name = model_folder_name(model) if model else (names[0] if names else "")
        n_embedded = len(self.embeddings(name).galaxy_ids) if name in names else 0
        return WorkspaceState(
            n_galaxies=len(self.catalog),
            n_embedded=n_embedded,
            model=name,
            has_index=bool(name) and (self.files.index(name) / "manifest.json").exists(),
            has_atlas=bool(name) and self.files.atlas(name).exists(),
        )

    # --- people and labels -----------------------------------------------------------------------------

    @property
    def labels(self) -> LabelStore:
        """The label store; one process may hold it.

        Raises:
            GalcoreError: If another process has it open.
        """
        from galcore.labels.store import LabelStore

        with self._lock:
            if self._labels is None:
                store = LabelStore.open(self.files.labels)
                store.auto_snapshot(self.files.label_snapshot)
                self._labels = store
            return self._labels

    @property
    def labels_are_open(self) -> bool:
        """Whether this process holds the label store already."""
        return self._labels is not None

    def loop(self, campaign_id: str) -> CampaignLoop:
        """The running loop of one campaign; one per process, with the newest embeddings there are.

        Raises:
            GalcoreError: If the campaign is unknown.
        """
        from galcore.loop.session import CampaignLoop

        with self._lock:
            held = self._loops.get(campaign_id)
            if held is None:
                campaign = self.labels.campaign(campaign_id)
                embeddings = self.campaign_embeddings(campaign.model)
                loop = CampaignLoop(campaign, self.labels, *self._loop_vectors(embeddings))
            else:
                loop, last_embeddings = held
                embeddings = self.campaign_embeddings(loop.campaign.model)
                if embeddings is not None and embeddings is not last_embeddings:
                    loop.set_vectors(*self._loop_vectors(embeddings))
            self._loops[campaign_id] = (loop, embeddings)
            people = read_roster(self.folder).people
            loop.set_weights({person.name: person.weight for person in people if person.weight != 1})
            return loop

    def campaign_embeddings(self, model: str) -> EmbeddingSet | None:
        """Embeddings a campaign learns on: those of its model, else of the first there is, else ``None``."""
        names = self.models()
        if not names:
            return None
        name = model_folder_name(model)
        return self.embeddings(name if name in names else None)

    def _loop_vectors(
        self, embeddings: EmbeddingSet | None
    ) -> tuple[NDArray[np.str_], NDArray[np.float32] | None]:
        if embeddings is None:
            return self.catalog["galaxy_id"].to_numpy(dtype=str), None
        return embeddings.galaxy_ids, embeddings.vectors()

    def close(self) -> None:
        """Stop the loops and close the label store; everything acknowledged is on disk."""
        with self._lock:
            for loop, _ in self._loops.values():
                loop.close()
            self._loops.clear()
            if self._labels is not None:
                self._labels.close()
                self._labels = None
