"""Pixels of a catalogue: load a galaxy, render it for the eye."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from galcore.images.image import ImageAddress, SkyImage
from galcore.images.limits import belongs_to_survey, estimate_limits, read_limits, write_limits
from galcore.images.readers import OpenFiles
from galcore.images.stretch import SurveyLimits, to_rgb
from galcore.types import GalcoreError

JPEG_QUALITY = 92
MAX_RENDER_PX = 2048


class ImageStore:
    """Pixels of the galaxies of one catalogue. Safe to share between threads.

    Args:
        catalog: One row a galaxy, columns as in docs/data-formats.md.
        folder: The workspace; relative sources lie in it, limits of the survey are kept in it.
    """

    def __init__(self, catalog: pd.DataFrame, folder: Path) -> None:
        self._folder = folder
        self._rows = {str(galaxy_id): n for n, galaxy_id in enumerate(catalog["galaxy_id"])}
        self._ids = catalog["galaxy_id"].astype(str).tolist()
        self._columns = {name: _column(catalog, name) for name in ADDRESS_COLUMNS}
        self._files = OpenFiles()
        self._limits = read_limits(folder)
        self._lock = threading.Lock()

    def __contains__(self, galaxy_id: object) -> bool:
        return galaxy_id in self._rows

    def address(self, galaxy_id: str) -> ImageAddress:
        """Where the pixels of a galaxy lie.

        Raises:
            GalcoreError: If the catalogue has no such galaxy.
        """
        row = self._rows.get(galaxy_id)
        if row is None:
            raise GalcoreError(f"galaxy {galaxy_id!r} is not in the catalogue of {self._folder.name}")
        values = {name: column[row] for name, column in self._columns.items()}
        size = _known(values["stamp_size_px"])
        return ImageAddress(
            self._folder / str(values["source"]),
            index=int(_known(values["source_index"]) or 0),
            hdu=int(-1 if _known(values["hdu"]) is None else values["hdu"]),
            member=str(_known(values["member"]) or ""),
            x=_known(values["x"]),
            y=_known(values["y"]),
            stamp_size_px=None if size is None else int(size),
        )

    def load(self, galaxy_id: str) -> SkyImage:
        """Pixels of one galaxy, first row on top.

        Raises:
            GalcoreError: If the galaxy is unknown, or naming the file that cannot be read.
        """
        image = self._files.read(self.address(galaxy_id))
        scale = _known(self._columns["pixel_scale_arcsec"][self._rows[galaxy_id]])
        if scale is None:
            return image
        return SkyImage(image.pixels, image.kind, image.bands, float(scale), image.source)

    def render(self, galaxy_id: str, *, size_px: int, stretch: str = "survey") -> bytes:
        """JPEG of one galaxy, at most ``size_px`` on its longer side.

        A smaller stamp keeps its own pixels: whoever shows it enlarges it, smoothly or pixel by pixel, by
        choice. A larger one is averaged down.

        Raises:
            GalcoreError: If the galaxy is unknown, the stretch is, or the file cannot be read.
        """
        image = bin_down(self.load(galaxy_id), 2 * size_px)
        limits = self.limits(galaxy_id) if image.kind == "flux" else None
        if limits is not None and not belongs_to_survey(image, limits):
            limits = None
        return encode_jpeg(fit_size(to_rgb(image, stretch=stretch, limits=limits), size_px))

    def limits(self, galaxy_id: str) -> SurveyLimits | None:
        """Display levels of the survey a galaxy belongs to, measured at the first call and then kept."""
        survey = self._survey(self._rows[galaxy_id])
        with self._lock:
            if survey not in self._limits:
                members = [galaxy for n, galaxy in enumerate(self._ids) if self._survey(n) == survey]
                self._limits[survey] = estimate_limits(members, self.load)
                write_limits(self._folder, self._limits)
            return self._limits[survey]

    def _survey(self, row: int) -> str:
        """Images of one folder, or of one field or stack, count as one survey."""
        source = str(self._columns["source"][row])
        in_a_field = _known(self._columns["x"][row]) is not None
        return source if in_a_field else Path(source).parent.as_posix()


ADDRESS_COLUMNS = ("source", "source_index", "hdu", "member", "x", "y", "stamp_size_px", "pixel_scale_arcsec")


def _column(catalog: pd.DataFrame, name: str) -> list:
    if name not in catalog:
        return [None] * len(catalog)
    return catalog[name].astype(object).tolist()


def _known(value: object) -> float | None:
    return None if value is None or value is pd.NA or value != value else value  # type: ignore[return-value]


def bin_down(image: SkyImage, size_px: int) -> SkyImage:
    """The image averaged in whole blocks towards ``size_px`` when it is flux and much larger than that."""
    height, width = image.pixels.shape[1:]
    factor = min(max(height, width) // max(size_px, 1), height, width)
    if image.kind == "picture" or factor < 2:
        return image
    kept = image.pixels[:, : height // factor * factor, : width // factor * factor]
    blocks = kept.reshape(len(kept), height // factor, factor, width // factor, factor)
    scale = None if image.pixel_scale_arcsec is None else image.pixel_scale_arcsec * factor
    return SkyImage(blocks.mean(axis=(2, 4)), image.kind, image.bands, scale, image.source)


def fit_size(rgb: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """The picture with its longer side at most ``size_px``: averaged down where it is larger."""
    if not 1 <= size_px <= MAX_RENDER_PX:
        raise GalcoreError(f"size_px is {size_px}; it must lie between 1 and {MAX_RENDER_PX}")
    height, width = rgb.shape[:2]
    longer = max(height, width)
    if longer <= size_px:
        return rgb
    size = (max(1, round(width * size_px / longer)), max(1, round(height * size_px / longer)))
    # a box over fewer than two pixels would alias
    method = Image.Resampling.BOX if longer >= 2 * size_px else Image.Resampling.HAMMING
    return np.asarray(Image.fromarray(rgb).resize(size, method))


def encode_jpeg(rgb: NDArray[np.uint8]) -> bytes:
    """JPEG bytes of ``(H, W, 3)``, without colour subsampling: small blue arcs keep their colour."""
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return stream.getvalue()
