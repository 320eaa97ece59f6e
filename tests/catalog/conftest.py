"""Small folders of pictures to import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def write_pictures(tmp_path: Path) -> Callable[..., Path]:
    """Writes one small picture per relative path below a folder; returns the folder."""

    def write(names: Sequence[str], folder: str = "sky") -> Path:
        root = tmp_path / folder
        for n, name in enumerate(names):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            rgb = np.random.default_rng(n).integers(0, 255, (24, 24, 3), dtype=np.uint8)
            Image.fromarray(rgb).save(path)
        return root

    return write
