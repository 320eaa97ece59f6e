"""Where everything of a workspace lies in its folder (docs/architecture.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from galcore.settings import DEFAULT_MODEL

_KEPT_ASIDE = re.compile(
    r"\.[0-9a-f]{12}(\.new)?$"
)  # <model>.<hash>: of other weights; .new: not complete yet


@dataclass(frozen=True, slots=True)
class WorkspaceFiles:
    """Paths in a workspace's folder; whether anything is there yet is another question.

    >>> WorkspaceFiles(Path("sky")).index("hf_hub:a/b").as_posix()
    'sky/index/hf_hub-a-b'
    """

    folder: Path

    @property
    def card(self) -> Path:
        """What makes a folder a workspace: title, description, version of the format."""
        return self.folder / "workspace.json"

    @property
    def labels(self) -> Path:
        """The label file; one process may hold it."""
        return self.folder / "labels.duckdb"

    @property
    def label_snapshot(self) -> Path:
        """Copies of the labels for every other process."""
        return self.folder / "labels.snapshot"

    @property
    def label_backups(self) -> Path:
        """Dated backups that the dashboard makes."""
        return self.folder / "backups" / "scheduled"

    def embeddings(self, model: str) -> Path:
        """Folder of the vectors by one model."""
        return self.folder / "embeddings" / model_folder_name(model)

    def index(self, model: str) -> Path:
        """Folder of the similarity index over them."""
        return self.folder / "index" / model_folder_name(model)

    def atlas(self, model: str) -> Path:
        """Main file of the map of them."""
        return self.folder / "atlas" / f"{model_folder_name(model)}.parquet"

    def models(self) -> tuple[str, ...]:
        """Models that have embeddings here, the default one first; not what a renewal kept or began."""
        folder = self.folder / "embeddings"
        names = [path.parent.name for path in folder.glob("*/manifest.json")] if folder.is_dir() else []
        current = (name for name in names if not _KEPT_ASIDE.search(name))
        return tuple(sorted(current, key=lambda name: (name != DEFAULT_MODEL, name)))


def model_folder_name(model: str) -> str:
    """Name of a model as a folder: path separators and colons become dashes.

    >>> model_folder_name("hf_hub:mwalmsley/zoobot-encoder-convnext_nano")
    'hf_hub-mwalmsley-zoobot-encoder-convnext_nano'
    >>> model_folder_name("weights/mine.safetensors"), model_folder_name("timm:resnet18@w/mine.safetensors")
    ('mine', 'timm-resnet18-mine')
    """
    backbone, at, file = model.rpartition("@")
    name = f"{backbone}{at}{Path(file).stem}" if model.endswith(".safetensors") else model
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in name).strip(".")
