"""A picture from outside as a query: read with care, encoded by the workspace's own model."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.types import GalcoreError
from galcore.web.uploaded_files import harmless_name, read_upload
from galcore.workspace import Workspace

if TYPE_CHECKING:
    from galcore.images.image import SkyImage
    from galcore.model.encoder import Encoder

MAX_SIDE_PX = 2048
_PREVIEW_PX = 256


@dataclass(frozen=True, slots=True)
class UploadedPicture:
    """A picture ready to search with: its name, embedding ``(D,)`` and a JPEG to show."""

    name: str
    vector: NDArray[np.float32]
    preview: bytes


def embed_upload(workspace: Workspace, model: str, name: str, content: bytes) -> UploadedPicture:
    """Read ``content`` as the image file ``name`` and encode it like the galaxies of the workspace.

    Raises:
        GalcoreError: If it is no image that can be read, too large, a whole field, or the encoder on this
            machine is not the one that made the workspace's embeddings. The message names the file.
    """
    from galcore.images.store import encode_jpeg, fit_size
    from galcore.images.stretch import to_rgb

    shown_name = harmless_name(name)
    image = read_upload(shown_name, content, lambda path: _read(shown_name, path), purpose="be searched with")
    encoder = shared_encoder(model)
    manifest = workspace.embeddings(model).manifest
    if encoder.model_hash != manifest.model_hash:
        raise GalcoreError(
            f"model {model}: its weights here are not those that embedded this workspace; "
            "run `prepare --renew`, then search by picture"
        )
    vector = encoder.encode(encoder.preprocessing.prepare(image)[None]).numpy()[0]
    rgb = to_rgb(image, stretch="image")
    return UploadedPicture(shown_name, vector, encode_jpeg(fit_size(rgb, _PREVIEW_PX)))


def _read(name: str, path: Path) -> SkyImage:
    from galcore.images.readers import find_images, read_whole

    found, _ = find_images(path)
    if not found:
        raise GalcoreError(f"{name}: holds no image")
    image = read_whole(found[0].address)
    if max(image.pixels.shape[-2:]) > MAX_SIDE_PX:
        raise GalcoreError(
            f"{name}: a whole field ({image.pixels.shape[-1]} × {image.pixels.shape[-2]} px); "
            "cut out one galaxy, or import the field under Data"
        )
    return image


@functools.lru_cache(maxsize=2)
def shared_encoder(model: str) -> Encoder:
    """The encoder of that name, opened once a process."""
    from galcore.model.checkpoints import load_encoder

    return load_encoder(model)
