"""One stamp in memory, and the address of its pixels in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from galcore.types import GalcoreError

PICTURE_BANDS = ("r", "g", "b")
Kind = Literal["flux", "picture"]


@dataclass(frozen=True, slots=True)
class SkyImage:
    """Pixels of one galaxy (or one field), the first row on top of the picture.

    Attributes:
        pixels: ``(C, H, W)``: float32 flux, or uint8 red, green, blue when ``kind`` is ``"picture"``.
        kind: ``"flux"`` is linear in what the detector saw; ``"picture"`` was already stretched for the eye.
        bands: Name of each plane; ``("r", "g", "b")`` for pictures.
        pixel_scale_arcsec: Side of a pixel, where known.
        source: File it came from, for messages.
    """

    pixels: NDArray
    kind: Kind
    bands: tuple[str, ...]
    pixel_scale_arcsec: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or len(self.bands) != self.pixels.shape[0]:
            raise GalcoreError(
                f"{self.source}: pixels of shape {self.pixels.shape} do not go with {len(self.bands)} bands"
            )


@dataclass(frozen=True, slots=True)
class ImageAddress:
    """Where the pixels of one image lie.

    Attributes:
        path: The file.
        index: Slice of a stack; 0 otherwise.
        hdu: FITS extension; -1: the first with an image, -2: all extensions of one shape, as bands.
        member: Dataset inside HDF5 or NPZ; empty: the only one.
        x: Centre of a stamp in a field, 0-based pixel centres, in the order of the file's own axes.
        y: As ``x``.
        stamp_size_px: Side of the stamp; ``None``: the whole image.
    """

    path: Path
    index: int = 0
    hdu: int = -1
    member: str = ""
    x: float | None = None
    y: float | None = None
    stamp_size_px: int | None = None


@dataclass(frozen=True, slots=True)
class FoundImage:
    """One image found while looking through a file, before any pixel is shown.

    Attributes:
        address: Where it lies.
        suffix: What tells it from its neighbours in the same file; empty when it is alone.
        pixel_scale_arcsec: From the WCS or the header, where known.
        ra: Degrees ICRS of the centre, where known.
        dec: As ``ra``.
        north_angle_deg: Direction of north, counter-clockwise from up as shown; ``None`` where unknown.
        longer_side_px: Of the image, where it was read from the header.
        columns: What the file says of this image beyond pixels (labels stored beside a stack).
    """

    address: ImageAddress
    suffix: str = ""
    pixel_scale_arcsec: float | None = None
    ra: float | None = None
    dec: float | None = None
    north_angle_deg: float | None = None
    longer_side_px: int = 0
    columns: tuple[tuple[str, object], ...] = ()


def picture_from_rgb(rgb: NDArray[np.uint8], source: str) -> SkyImage:
    """A picture image from ``(H, W, 3)`` bytes."""
    return SkyImage(rgb.transpose(2, 0, 1), "picture", PICTURE_BANDS, None, source)
