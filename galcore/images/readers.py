"""One door to all image files: what is in a file, and the pixels at an address."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from galcore.images.fits_files import FITS_SUFFIXES, find_fits_images, opened, read_fits
from galcore.images.image import FoundImage, ImageAddress, SkyImage
from galcore.images.pictures import PICTURE_SUFFIXES, find_picture, read_picture
from galcore.images.stacks import STACK_SUFFIXES, find_stack_images, open_stack
from galcore.images.stamps import cut_image
from galcore.types import GalcoreError

BAND_LIST_SUFFIX = ".bands.json"  # beside a field.npy: names of its planes and where they came from
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar")


def file_kind(path: Path) -> str:
    """``picture``, ``fits``, ``stack``, ``archive``, or empty for a file that holds no images.

    >>> file_kind(Path("a/frame-r.fits.gz")), file_kind(Path("labels.csv"))
    ('fits', '')
    """
    name = path.name.lower()
    if name.endswith(FITS_SUFFIXES):
        return "fits"
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return "picture"
    if path.suffix.lower() in STACK_SUFFIXES:
        return "stack"
    return "archive" if name.endswith(ARCHIVE_SUFFIXES) else ""


def file_stem(path: Path) -> str:
    """Name without the ending of a sky file, ``.fits.gz`` included.

    >>> file_stem(Path("a/frame-r.0001.fits.gz"))
    'frame-r.0001'
    """
    name = path.name
    for ending in (".gz", ".fz"):
        if name.lower().endswith(ending) and "." in name[:-3]:
            name = name[:-3]
    return Path(name).stem


def find_images(path: Path) -> tuple[tuple[FoundImage, ...], tuple[str, ...]]:
    """Images in one file, and reasons for parts of it that were left out.

    Raises:
        GalcoreError: Naming the file, if nothing in it can be used.
    """
    kind = file_kind(path)
    with blaming(path):
        if kind == "picture":
            return find_picture(path), ()
        if kind == "fits":
            return find_fits_images(path), ()
        if kind == "stack":
            return find_stack_images(path)
    if kind == "archive":
        raise GalcoreError(f"{path}: an archive; unpack it and import the folder")
    raise GalcoreError(f"{path}: not a picture, FITS, HDF5, NPY or NPZ file")


@contextmanager
def blaming(path: Path) -> Iterator[None]:
    """Turns whatever a reader raises over a damaged or hostile file into an error that names the file.

    The libraries behind raise dozens of types (tokenizer, decompressor, header and link errors among them),
    and none of them may end an import or a page of pictures.
    """
    try:
        yield
    except GalcoreError:
        raise
    except Exception as error:
        raise GalcoreError(f"{path}: damaged, or not what its name says ({error})") from error


class OpenFiles:
    """Reads images at addresses and keeps a few opened stacks and fields at hand. Thread-safe.

    Args:
        capacity: Opened files kept; the one used longest ago is let go first.
        max_bytes: Fields held in memory together.
    """

    def __init__(self, *, capacity: int = 8, max_bytes: int = 1_500_000_000) -> None:
        self._capacity, self._max_bytes = capacity, max_bytes
        self._held: OrderedDict[tuple[str, ...], tuple[int, Any]] = OrderedDict()
        self._lock = RLock()

    @property
    def n_held(self) -> int:
        """Opened stacks and fields kept at hand now."""
        return len(self._held)

    def read(self, address: ImageAddress) -> SkyImage:
        """Pixels at an address, first row on top as in a picture.

        Raises:
            GalcoreError: Naming the file, if it is missing, torn or changed.
        """
        if not address.path.is_file():
            raise GalcoreError(f"{address.path}: the file is missing; was it moved or renamed?")
        with blaming(address.path):
            return self._read(address)

    def _read(self, address: ImageAddress) -> SkyImage:
        kind = file_kind(address.path)
        if address.x is not None and address.y is not None and address.stamp_size_px is not None:
            field = self.read_field(address)
            image = cut_image(field, address.x, address.y, address.stamp_size_px)
        elif kind == "picture":
            return read_picture(address.path)
        elif kind == "stack":
            return self._stack(address).read(address.index)
        else:
            image = read_whole(address)
        return _upright(image) if kind == "fits" or is_band_list(address.path) else image

    def read_field(self, address: ImageAddress) -> SkyImage:
        """A whole image in the row order of its file, kept for the next stamp."""
        if is_band_list(address.path):
            return read_whole(address)  # memory-mapped: nothing to keep
        key = ("field", str(address.path), str(address.hdu), str(address.index), address.member)
        return self._keep(key, address.path, lambda: read_whole(address))

    def _stack(self, address: ImageAddress) -> Any:
        key = ("stack", str(address.path), address.member)
        return self._keep(key, address.path, lambda: open_stack(address.path, address.member))

    def _keep(self, key: tuple[str, ...], path: Path, opener: Callable[[], Any]) -> Any:
        changed = path.stat().st_mtime_ns
        with self._lock:
            held = self._held.get(key)
            if held is None or held[0] != changed:
                held = (changed, opener())
                self._held[key] = held
            self._held.move_to_end(key)
            self._let_go()
            return held[1]

    def _let_go(self) -> None:
        def size() -> int:
            return sum(item.pixels.nbytes for _, item in self._held.values() if isinstance(item, SkyImage))

        while len(self._held) > 1 and (len(self._held) > self._capacity or size() > self._max_bytes):
            self._held.popitem(last=False)


def read_whole(address: ImageAddress) -> SkyImage:
    """The whole image at an address, rows in the order of the file.

    Raises:
        GalcoreError: Naming the file, if it cannot be read.
    """
    path = address.path
    kind = file_kind(path)
    if kind == "picture":
        return read_picture(path)
    if kind == "fits":
        with opened(path) as hdus:
            pixels, bands = read_fits(address, hdus)
        return SkyImage(pixels, "flux", bands, None, str(path))
    if is_band_list(path):
        return _read_band_list(path)
    if kind == "stack":
        return open_stack(path, address.member).read(address.index)
    raise GalcoreError(f"{path}: not a picture, FITS, HDF5, NPY or NPZ file")


def band_list_path(path: Path) -> Path:
    """The file beside ``field.npy`` that names its planes."""
    return path.with_name(path.name.removesuffix(".npy") + BAND_LIST_SUFFIX)


def is_band_list(path: Path) -> bool:
    """Whether a NPY file is a field of several bands put together by Galcore."""
    return path.suffix == ".npy" and band_list_path(path).is_file()


def _read_band_list(path: Path) -> SkyImage:
    try:
        bands = json.loads(band_list_path(path).read_text(encoding="utf-8"))["bands"]
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise GalcoreError(
            f"{path}: the field of several bands is damaged ({error}); detect again"
        ) from error
    return SkyImage(pixels, "flux", tuple(bands), None, str(path))


def _upright(image: SkyImage) -> SkyImage:
    # FITS counts rows from the bottom, pictures from the top
    return replace(image, pixels=np.ascontiguousarray(image.pixels[:, ::-1]))
