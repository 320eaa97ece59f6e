"""The shipped weights as restorations need them: whether they restore, which they are, opened once."""

from __future__ import annotations

import functools
import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from galcore.settings import DEFAULT_MODEL, MODELS_DIR

if TYPE_CHECKING:
    from galcore.model.restorer import Restorer

_MAX_HEADER_BYTES = 16 * 1024 * 1024


def model_restores() -> bool:
    """Whether the shipped weights hold a decoder; an encoder alone cannot give pixels back."""
    path = MODELS_DIR / f"{DEFAULT_MODEL}.safetensors"
    return path.is_file() and _holds_decoder(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _holds_decoder(path: Path, _changed: int) -> bool:
    # read by hand, so that the page need not wait for torch: the length of the header, then the header
    with path.open("rb") as file, suppress(ValueError, KeyError, TypeError):
        header = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), _MAX_HEADER_BYTES)))
        return "architecture" in json.loads(header["__metadata__"]["galcore"])
    return False


def weights_mark() -> str:
    """Digest of the shipped weights: part of the key of every answer of the model."""
    files = sorted(MODELS_DIR.glob(f"{DEFAULT_MODEL}*.safetensors"))
    return _digest_files(tuple((path, path.stat().st_mtime_ns) for path in files))


@functools.lru_cache(maxsize=4)
def _digest_files(files: tuple[tuple[Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=1)
def shipped_restorer(_mark: str) -> Restorer:
    """The shipped restorer, opened once for each set of weights."""
    from galcore.model.restorer import load_restorer

    return load_restorer()
