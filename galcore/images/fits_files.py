"""FITS: planes, cubes, several extensions, tile compression, scaling, NaN, any byte order, gzip.

Which extensions are galaxies is decided here, once: weights, masks and noise maps beside a science image are
skipped; extensions named after filters and of one shape are the bands of one galaxy; anything else with an
image is a galaxy of its own. A cube of up to ``MAX_BANDS`` planes is one galaxy, a longer one a stack.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from galcore.images.image import FoundImage, ImageAddress
from galcore.images.quiet import quiet
from galcore.images.sky_coordinates import SkyFrame, read_frame
from galcore.types import GalcoreError

FITS_SUFFIXES = (".fits", ".fit", ".fts", ".fz", ".fits.gz", ".fit.gz", ".fits.fz")
MAX_BANDS = 16
MAX_EXTENSIONS = 10_000
FITS_BLOCK = 2880
MAX_FITS_PIXELS = 4_000_000_000
MAX_PACKED_PIXELS = 400_000_000  # a few packed bytes may claim any size
READ_ERRORS = (OSError, ValueError, TypeError, IndexError, KeyError, EOFError, RuntimeError, MemoryError)
FIRST_IMAGE, ALL_AS_BANDS = -1, -2
COMPANION_NAMES = frozenset(
    {"ERR", "DQ", "WHT", "CON", "CTX", "IVAR", "INVVAR", "VAR", "VARIANCE", "MASK", "WEIGHT", "SIGMA", "RMS"}
    | {"STAT", "SAMP", "TIME", "EXP", "EXPTIME", "UNCERT", "BKG", "BACKGROUND", "PSF", "RESIDUAL"}
)
FILTER_NAMES = frozenset(
    {"u", "g", "r", "i", "z", "y", "j", "h", "k", "ks", "b", "v", "vis", "w1", "w2", "w3", "w4", "nuv", "fuv"}
)


def find_fits_images(path: Path) -> tuple[FoundImage, ...]:
    """Every galaxy image of a FITS file.

    Raises:
        GalcoreError: Naming the file, if it is no FITS, torn, or holds no image.
    """
    with opened(path) as hdus:
        images = image_hdus(path, hdus)
        for number in images:
            _refuse_torn(path, hdus, number)
        if _are_bands(hdus, images):
            frame = read_frame(hdus[images[0]].header)
            return (_found(ImageAddress(path, hdu=ALL_AS_BANDS), hdus[images[0]], frame, ""),)
        found: list[FoundImage] = []
        for number in images:
            name = f"_{hdus[number].name.lower() or 'hdu'}{number}" if len(images) > 1 else ""
            found.extend(_found_in_hdu(path, hdus[number], number, name))
        return tuple(found)


def image_hdus(path: Path, hdus: fits.HDUList) -> list[int]:
    """Numbers of the extensions that hold a galaxy image.

    Raises:
        GalcoreError: If there is none, or one is larger than ``MAX_FITS_PIXELS``.
    """
    read_extensions(path, hdus)
    numbers = [
        n for n, hdu in enumerate(hdus) if hdu.is_image and len(_shape(hdu)) >= 2 and min(_shape(hdu)) > 0
    ]
    if not numbers:
        tables = sum(not hdu.is_image for hdu in hdus)
        raise GalcoreError(f"{path}: no image in it ({tables} table extensions, {len(hdus)} in all)")
    for number in numbers:
        packed = isinstance(hdus[number], fits.CompImageHDU) or path.suffix.lower() == ".gz"
        limit = MAX_PACKED_PIXELS if packed else MAX_FITS_PIXELS
        if np.prod([float(n) for n in _shape(hdus[number])]) > limit:
            raise GalcoreError(f"{path}: extension {number} claims more than {limit:,} pixels")
    science = [n for n in numbers if hdus[n].name.upper() not in COMPANION_NAMES]
    return science or numbers


def read_extensions(path: Path, hdus: fits.HDUList) -> None:
    """Read all extensions, forwards only: a damaged size can lead back to where the reader has been.

    Raises:
        GalcoreError: Naming the file, where it is damaged.
    """
    last = -1
    for number in range(MAX_EXTENSIONS):
        try:
            with quiet():
                hdu = hdus[number]
        except IndexError:
            return
        except (*READ_ERRORS, fits.VerifyError) as error:
            raise GalcoreError(f"{path}: torn or damaged at extension {number} ({error})") from error
        info = hdu.fileinfo()
        position = info["hdrLoc"] if info else last + 1
        if position <= last:
            raise GalcoreError(f"{path}: damaged, extension {number} lies inside an earlier one")
        last = position
    raise GalcoreError(f"{path}: has more than {MAX_EXTENSIONS:,} extensions")


def read_fits(address: ImageAddress, hdus: fits.HDUList) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Flux ``(C, H, W)`` in the file's own row order, and the names of the bands.

    Only the rows of a stamp are read when the address asks for one.
    """
    if address.hdu == ALL_AS_BANDS:
        numbers = image_hdus(address.path, hdus)
        planes = [_plane(hdus[n], address) for n in numbers]
        return np.concatenate(planes), tuple(hdus[n].name.lower() for n in numbers)
    number = image_hdus(address.path, hdus)[0] if address.hdu == FIRST_IMAGE else address.hdu
    try:
        with quiet():
            hdu = hdus[number]
    except (*READ_ERRORS, fits.VerifyError) as error:
        raise GalcoreError(f"{address.path}: has no extension {number} any more ({error})") from error
    if not hdu.is_image:
        raise GalcoreError(f"{address.path}: has no image in extension {number}")
    pixels = _plane(hdu, address)
    return pixels, band_names(hdu.header, len(pixels))


def _plane(hdu: Any, address: ImageAddress) -> NDArray[np.float32]:
    leading = _shape(hdu)[:-2]
    count = int(np.prod(leading))
    if len(_shape(hdu)) < 2 or (count > MAX_BANDS and not 0 <= address.index < count):
        raise GalcoreError(f"{address.path}: has no image number {address.index} in extension {address.hdu}")
    try:
        with quiet():
            if count > MAX_BANDS:  # a stack: only this slice is read
                pixels = np.asarray(hdu.section[np.unravel_index(address.index, leading)])
            else:
                pixels = np.asarray(hdu.data)
    except READ_ERRORS as error:
        raise GalcoreError(f"{address.path}: pixels cannot be read, torn or damaged ({error})") from error
    planes = pixels.reshape(-1, *pixels.shape[-2:])
    return planes.astype(np.float32)  # native byte order


def band_names(header: fits.Header, count: int) -> tuple[str, ...]:
    """Names of ``count`` planes, from the header where it says so."""
    if count == 1:
        value = next((header[key] for key in ("FILTER", "BAND", "FILTNAM1") if key in header), "")
        return (str(value).split(" ")[0].strip().lower() or "flux",)
    named = [str(header.get(f"{stem}{n + 1}", "")) for stem in ("BAND", "FILTER") for n in range(count)]
    for names in (named[:count], named[count:]):
        if all(names):
            return tuple(name.strip().lower() for name in names)
    return tuple(f"band{n + 1}" for n in range(count))


@contextmanager
def opened(path: Path) -> Iterator[fits.HDUList]:
    """The extensions of a FITS file, each read when first asked for.

    Raises:
        GalcoreError: Naming the file, if it is no FITS file.
    """
    try:
        stream = path.open("rb")  # opened here, because astropy leaves a file open when its header is damaged
    except OSError as error:
        raise GalcoreError(f"{path}: cannot be read ({error.strerror or error})") from error
    with stream:
        try:
            with quiet():  # unusual cards are no reason to refuse an image
                hdus = fits.open(stream, memmap=False, lazy_load_hdus=True)
        except (*READ_ERRORS, fits.VerifyError) as error:
            raise GalcoreError(f"{path}: not a FITS file, or torn ({error})") from error
        try:
            yield hdus
        finally:
            with quiet():
                hdus.close()


def _shape(hdu: Any) -> tuple[int, ...]:
    return tuple(hdu.shape or ())


def _refuse_torn(path: Path, hdus: fits.HDUList, number: int) -> None:
    info = hdus[number].fileinfo()
    if info is None or path.suffix.lower() == ".gz":
        try:
            with quiet():
                np.asarray(hdus[number].data)  # only unpacking to the end shows that a packed file is whole
        except (*READ_ERRORS, zlib.error) as error:
            raise GalcoreError(f"{path}: torn or damaged ({error})") from error
        return
    # the padding behind the last extension may be missing without harm
    held, needed = path.stat().st_size, info["datLoc"] + info["datSpan"] - FITS_BLOCK + 1
    if held < needed:
        raise GalcoreError(f"{path}: torn, {held:,} of at least {needed:,} bytes are there")


def _are_bands(hdus: fits.HDUList, images: list[int]) -> bool:
    names = {hdus[n].name.lower() for n in images}
    shapes = {_shape(hdus[n]) for n in images}
    flat = all(len(_shape(hdus[n])) == 2 for n in images)
    return 1 < len(images) <= MAX_BANDS and flat and len(shapes) == 1 and names <= FILTER_NAMES


def _found_in_hdu(path: Path, hdu: Any, number: int, name: str) -> list[FoundImage]:
    planes = int(np.prod(_shape(hdu)[:-2]))
    frame = read_frame(hdu.header)
    if planes <= MAX_BANDS:
        return [_found(ImageAddress(path, hdu=number), hdu, frame, name)]
    digits = len(str(planes - 1))
    return [
        FoundImage(
            ImageAddress(path, index=n, hdu=number), f"{name}_{n:0{digits}d}", frame.pixel_scale_arcsec
        )
        for n in range(planes)
    ]


def _found(address: ImageAddress, hdu: Any, frame: SkyFrame, name: str) -> FoundImage:
    height, width = _shape(hdu)[-2:]
    x, y = (width - 1) / 2, (height - 1) / 2
    ra, dec = (float(angle[0]) for angle in frame.sky_positions(np.array([x]), np.array([y])))
    known = np.isfinite(ra) and np.isfinite(dec)
    side = max(height, width)
    if not known:
        return FoundImage(address, name, frame.pixel_scale_arcsec, longer_side_px=side)
    north = frame.north_angle_deg(x, y)
    return FoundImage(address, name, frame.pixel_scale_arcsec, ra, dec, north, side)
