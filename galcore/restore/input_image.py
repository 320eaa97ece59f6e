"""Any sky file as the pixels to restore, with the header that has to survive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from galcore.images.fits_files import ALL_AS_BANDS, image_hdus, opened
from galcore.images.image import Kind, SkyImage
from galcore.images.readers import blaming, file_kind, find_images, read_whole
from galcore.types import GalcoreError

if TYPE_CHECKING:
    from astropy.io.fits import Header

FULL_BYTE = 255.0


@dataclass(frozen=True, slots=True, eq=False)
class InputImage:
    """An image to restore.

    Attributes:
        pixels: ``(C, H, W)`` float32: flux in the units of the file, or 0 to 1 for pictures. Rows in the
            order of the file, so that its WCS holds.
        kind: ``flux`` or ``picture``.
        bands: Name of each plane.
        header: Of the FITS extension, else ``None``.
        pixel_scale_arcsec: Where known.
        source: The file.
        notes: What was not read, in words.
    """

    pixels: NDArray[np.float32]
    kind: Kind
    bands: tuple[str, ...]
    header: Header | None = None
    pixel_scale_arcsec: float | None = None
    source: str = ""
    notes: tuple[str, ...] = ()

    def as_sky_image(self) -> SkyImage:
        """The same pixels for functions that take a :class:`SkyImage`; pictures as bytes."""
        pixels = self.pixels
        if self.kind == "picture":
            pixels = np.rint(np.clip(pixels, 0, 1) * FULL_BYTE).astype(np.uint8)
        return SkyImage(pixels, self.kind, self.bands, self.pixel_scale_arcsec, self.source)


def read_input(path: Path) -> InputImage:
    """The image in a file: the first one of several, which is said in the notes.

    Raises:
        GalcoreError: Naming the file, if it cannot be read.
    """
    if not path.is_file():
        raise GalcoreError(f"{path}: no such file")
    found, reasons = find_images(path)
    first = found[0]
    notes = list(reasons)
    if len(found) > 1:
        notes.append(f"{path.name} holds {len(found)} images; the first is restored")
    with blaming(path):
        image = read_whole(first.address)
        header = _header(path, first.address.hdu) if file_kind(path) == "fits" else None
    scale = first.pixel_scale_arcsec
    made = input_from_sky_image(image)
    return InputImage(made.pixels, made.kind, made.bands, header, scale, str(path), tuple(notes))


def input_from_sky_image(image: SkyImage) -> InputImage:
    """An image in memory; pictures come to 0 to 1."""
    if image.kind == "picture":
        pixels = image.pixels.astype(np.float32) / np.float32(FULL_BYTE)
    else:
        pixels = np.ascontiguousarray(image.pixels, dtype=np.float32)
    return InputImage(pixels, image.kind, image.bands, None, image.pixel_scale_arcsec, image.source)


def _header(path: Path, hdu: int) -> Header:
    with opened(path) as hdus:
        number = image_hdus(path, hdus)[0] if hdu in (ALL_AS_BANDS, -1) else hdu
        return hdus[number].header.copy()
