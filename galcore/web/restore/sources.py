"""Images that may be restored: a galaxy of a workspace, or a file from outside."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from galcore.images.image import ImageAddress, SkyImage
from galcore.types import GalcoreError
from galcore.web.restore.attempt import RestoreSource
from galcore.web.uploaded_files import IMAGE_SUFFIXES, harmless_name, read_upload
from galcore.workspace import Workspace

if TYPE_CHECKING:
    from astropy.io import fits

SUFFIXES = (*IMAGE_SUFFIXES, ".fz")
MAX_SIDE_PX = 2048
MIN_SIDE_PX = 8
SURROUNDINGS_PX = 1024


def galaxy_key(workspace: Workspace, galaxy_id: str) -> str:
    """Key of the source of a galaxy, without reading its pixels."""
    return _digest("galaxy", str(workspace.folder), galaxy_id, workspace.catalog_hash)


def galaxy_source(workspace: Workspace, galaxy_id: str) -> RestoreSource:
    """Pixels of a galaxy, with display levels, header and unit where known.

    Raises:
        GalcoreError: If the galaxy is unknown, its file cannot be read (named), or it is a whole field.
    """
    from galcore.images.limits import belongs_to_survey
    from galcore.images.readers import file_kind

    image = workspace.images.load(galaxy_id)
    _check_size(image, image.source or galaxy_id)
    limits = workspace.images.limits(galaxy_id) if image.kind == "flux" else None
    if limits is not None and not belongs_to_survey(image, limits):
        limits = None
    address = workspace.images.address(galaxy_id)
    header = _header_at(address) if file_kind(address.path) == "fits" else None
    return RestoreSource(galaxy_key(workspace, galaxy_id), galaxy_id, image, limits, _unit(header), header)


def upload_source(name: str, content: bytes) -> RestoreSource:
    """The first image in an uploaded file.

    Raises:
        GalcoreError: If it cannot be read as an image, or is too large. The message names the file.
    """
    shown = harmless_name(name)
    key = _digest("upload", shown, hashlib.sha256(content).hexdigest())
    return read_upload(
        shown, content, lambda path: _read(shown, key, path), suffixes=SUFFIXES, purpose="be restored"
    )


def _read(name: str, key: str, path: Path) -> RestoreSource:
    from galcore.images.readers import OpenFiles, file_kind, find_images

    found, _ = find_images(path)
    if not found:
        raise GalcoreError(f"{name}: holds no image")
    if found[0].longer_side_px > MAX_SIDE_PX:
        raise GalcoreError(_too_large(name, found[0].longer_side_px))
    image = OpenFiles().read(found[0].address)
    _check_size(image, name)
    image = replace(image, pixel_scale_arcsec=found[0].pixel_scale_arcsec, source=name)
    header = _header_at(found[0].address) if file_kind(path) == "fits" else None
    return RestoreSource(key, name, image, None, _unit(header), header)


def _surroundings(address: ImageAddress) -> SkyImage:
    """More of the field about a stamp, rows in the order of the file."""
    from galcore.images.readers import OpenFiles
    from galcore.images.stamps import cut_image

    field = OpenFiles(capacity=1).read_field(address)
    assert address.x is not None and address.y is not None
    return cut_image(field, address.x, address.y, min(SURROUNDINGS_PX, max(field.pixels.shape[-2:])))


def _check_size(image: SkyImage, name: str) -> None:
    height, width = image.pixels.shape[-2:]
    if max(height, width) > MAX_SIDE_PX:
        raise GalcoreError(_too_large(name, max(height, width)))
    if min(height, width) < MIN_SIDE_PX:
        raise GalcoreError(f"{name}: {width} × {height} px is too small to restore")
    if image.kind == "flux" and not np.isfinite(image.pixels).any():
        raise GalcoreError(f"{name}: no pixel of it holds a number")


def _too_large(name: str, side_px: int) -> str:
    return (
        f"{name}: a whole field ({side_px} px a side); cut out one galaxy of at most {MAX_SIDE_PX} px, or "
        "use the command `python -m galcore restore`, which has no such limit"
    )


def _header_at(address: ImageAddress) -> fits.Header | None:
    """Header of the image, moved to the stamp where it is one of a field."""
    from galcore.images.fits_files import image_hdus, opened
    from galcore.images.stamps import stamp_window

    with opened(address.path) as hdus:
        images = image_hdus(address.path, hdus)
        header = hdus[address.hdu if address.hdu >= 0 else images[0]].header.copy()
    if address.x is not None and address.y is not None and address.stamp_size_px is not None:
        window = stamp_window(address.x, address.y, address.stamp_size_px)
        for name, shift in (("CRPIX1", window.left), ("CRPIX2", window.top)):
            if name in header:
                header[name] -= shift
    return header


def _unit(header: fits.Header | None) -> str:
    return "" if header is None else str(header.get("BUNIT", "")).strip()[:24]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
