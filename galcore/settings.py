"""Every setting of Galcore in one place: an environment variable each, with a default that works."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS_DIR = ROOT / "data" / "models"
DEFAULT_MODEL = "galcore-tiny"
DEFAULT_BACKUP_MINUTES = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are and how much of the machine may be used.

    Attributes:
        workspaces_dir: Folder that holds workspaces (``GALCORE_WORKSPACES``, else ``workspaces/``).
        real_data_dir: Real galaxy sets for development (``GALCORE_REAL_DATA``, else ``../shared/data``).
        secret: Key that signs image addresses (``GALCORE_SECRET``; empty: one is made per workspaces folder).
        threads: Threads for torch and BLAS (``GALCORE_THREADS``; 0: let the library choose).
        logs: How the server writes logs (``GALCORE_LOGS``): ``json``, a line each without personal data;
            else as they are.
        backup_minutes: Minutes between two backups of labels that changed, by the server
            (``GALCORE_BACKUP_MINUTES``; 0: none).
        demo: Whether a server without workspaces makes the demo by itself (``GALCORE_DEMO=1``).
        frames: Sites that may show the dashboard in a frame (``GALCORE_FRAMES``, with spaces between).
    """

    workspaces_dir: Path
    real_data_dir: Path
    secret: str
    threads: int
    logs: str = ""
    backup_minutes: float = DEFAULT_BACKUP_MINUTES
    demo: bool = False
    frames: str = ""

    @classmethod
    def from_environment(cls) -> Settings:
        """Settings as the environment gives them now."""
        return cls(
            workspaces_dir=Path(os.environ.get("GALCORE_WORKSPACES") or ROOT / "workspaces"),
            real_data_dir=Path(os.environ.get("GALCORE_REAL_DATA") or ROOT.parent / "shared" / "data"),
            secret=os.environ.get("GALCORE_SECRET", ""),
            threads=int(os.environ.get("GALCORE_THREADS") or 0),
            logs=os.environ.get("GALCORE_LOGS", ""),
            backup_minutes=float(os.environ.get("GALCORE_BACKUP_MINUTES") or DEFAULT_BACKUP_MINUTES),
            demo=os.environ.get("GALCORE_DEMO", "").lower() not in ("", "0", "false", "no"),
            frames=os.environ.get("GALCORE_FRAMES", ""),
        )
