"""Fields: one wide image, or several pixel-matched ones put together as bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from galcore.images.fits_files import FIRST_IMAGE, image_hdus, opened
from galcore.images.image import ImageAddress, SkyImage
from galcore.images.readers import band_list_path, file_kind, file_stem, read_whole
from galcore.images.sky_coordinates import SkyFrame, read_frame
from galcore.images.stretch import WAVELENGTH_ORDER
from galcore.types import GalcoreError, LeftOut
from galcore.whole_files import write_json, write_whole

MAX_SHIFT_PX = 1.0  # fields further apart than this are not pixel-matched


@dataclass(frozen=True, slots=True)
class Field:
    """A wide image that sources are searched in.

    Attributes:
        name: What its sources are named after.
        image: Pixels in the row order of the file.
        frame: What its header says of the sky.
        address: Where the catalogue finds it again; ``path`` is empty while bands of several files are only
            in memory.
        files: The files it was read from.
    """

    name: str
    image: SkyImage
    frame: SkyFrame
    address: ImageAddress
    files: tuple[Path, ...]


def read_fields(paths: Sequence[Path]) -> tuple[Field, tuple[LeftOut, ...]]:
    """One field from a file, or from pixel-matched files; files that do not match the first are named.

    Raises:
        GalcoreError: If no file can be read.
    """
    left_out: list[LeftOut] = []
    read: list[Field] = []
    for path in paths:
        try:
            field = read_field(path)
        except GalcoreError as error:
            left_out.append(LeftOut(str(path), str(error).removeprefix(f"{path}: ")))
            continue
        problem = _mismatch(read[0], field) if read else ""
        if problem:
            left_out.append(LeftOut(str(path), problem))
        else:
            read.append(field)
    if not read:
        reasons = "; ".join(f"{item.source}: {item.reason}" for item in left_out[:3])
        raise GalcoreError(f"no field could be read ({reasons or 'no files were given'})")
    return (read[0] if len(read) == 1 else _stack_bands(read)), tuple(left_out)


def read_field(path: Path) -> Field:
    """The field in one picture, FITS file or array.

    Raises:
        GalcoreError: Naming the file, if it cannot be read.
    """
    frame = SkyFrame(None, None)
    address = ImageAddress(path)
    if not path.is_file():
        raise GalcoreError(f"{path}: no such file")
    if file_kind(path) == "fits":
        with opened(path) as hdus:
            number = image_hdus(path, hdus)[0]
            frame = read_frame(hdus[number].header)
        address = ImageAddress(path, hdu=number)
    image = read_whole(address)
    bands = image.bands
    if bands == ("flux",):
        bands = (file_stem(path).lower(),)
    named = SkyImage(image.pixels, image.kind, bands, frame.pixel_scale_arcsec, str(path))
    return Field(file_stem(path), named, frame, address, (path,))


def _mismatch(first: Field, other: Field) -> str:
    if other.image.kind != first.image.kind or first.image.kind == "picture":
        return "a picture cannot be one band of a field; detect on it alone"
    here, there = first.image.pixels.shape[1:], other.image.pixels.shape[1:]
    if here != there:
        return (
            f"{there[1]} x {there[0]} pixels do not match the {here[1]} x {here[0]} of {first.files[0].name}"
        )
    if set(other.image.bands) & set(first.image.bands):
        return f"its band {other.image.bands[0]!r} is there already"
    if first.frame.wcs is not None and other.frame.wcs is not None and first.frame.pixel_scale_arcsec:
        corner = np.array([0.0, here[1] - 1.0]), np.array([0.0, here[0] - 1.0])
        ra, dec = first.frame.sky_positions(*corner)
        ra_there, dec_there = other.frame.sky_positions(*corner)
        shift_deg = np.hypot((ra - ra_there) * np.cos(np.radians(dec)), dec - dec_there)
        if np.nanmax(shift_deg) * 3600 > MAX_SHIFT_PX * first.frame.pixel_scale_arcsec:
            return f"its pixels lie elsewhere on the sky than those of {first.files[0].name}"
    return ""


def _stack_bands(fields: list[Field]) -> Field:
    def wavelength(field: Field) -> int:
        band = field.image.bands[0]
        return WAVELENGTH_ORDER.index(band) if band in WAVELENGTH_ORDER else len(WAVELENGTH_ORDER)

    ordered = sorted(fields, key=wavelength)  # stable: unknown names keep their order behind the known ones
    bands = tuple(band for field in ordered for band in field.image.bands)
    pixels = np.concatenate([field.image.pixels for field in ordered])
    files = tuple(file for field in ordered for file in field.files)
    folder = files[0].parent.name or "field"
    image = SkyImage(pixels, "flux", bands, ordered[0].image.pixel_scale_arcsec, str(files[0].parent))
    frame = next((field.frame for field in ordered if field.frame.wcs is not None), ordered[0].frame)
    return Field(folder, image, frame, ImageAddress(Path(), hdu=FIRST_IMAGE), files)


def write_bands(field: Field, folder: Path) -> Path:
    """Put the bands of a field into one memory-mappable file of the workspace; its path.

    Raises:
        GalcoreError: If it cannot be written.
    """
    path = folder / "images" / "fields" / f"{field.name}.npy"
    content = {"bands": list(field.image.bands), "files": [str(file) for file in field.files]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(band_list_path(path), content)
        with write_whole(path) as unfinished, unfinished.open("wb") as stream:
            np.save(stream, np.asarray(field.image.pixels, dtype=np.float32), allow_pickle=False)
    except OSError as error:
        raise GalcoreError(f"{path}: the field cannot be written ({error})") from error
    return path
