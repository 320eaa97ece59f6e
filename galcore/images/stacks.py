"""Stacks of many galaxies in one file: NPY, NPZ and HDF5, read a slice at a time.

Shapes understood: ``(N, C, H, W)``, ``(N, H, W, C)``, ``(N, H, W)``, one image ``(H, W)`` or ``(H, W, 3)``,
and ``(C, H, W)`` where a member called ``bands`` or ``filters`` names the planes. Nothing here ever
unpickles.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from galcore.images.image import FoundImage, ImageAddress, SkyImage, picture_from_rgb
from galcore.types import GalcoreError

NPY_SUFFIXES = (".npy", ".npz")
HDF5_SUFFIXES = (".h5", ".hdf5", ".hdf", ".he5")
STACK_SUFFIXES = NPY_SUFFIXES + HDF5_SUFFIXES
MAX_BANDS = 16
PICKLED = "holds Python objects (a pickle), which is never opened; save plain arrays instead"
MAX_STACK_IMAGES = 5_000_000  # an HDF5 header may claim any shape without a byte behind it
MAX_IMAGE_PIXELS = 400_000_000
MAX_MEMBER_BYTES = 8_000_000_000  # a compressed member is read whole: a limit keeps the machine alive
BAND_MEMBERS = ("bands", "filters", "band_names")
NOT_IMAGES = ("mask", "variance", "var", "ivar", "weight", "weights", "psf", "psfs", "sigma", "invvar")


@dataclass(frozen=True, slots=True)
class StackLayout:
    """How the axes of an array are to be read: ``count`` images of ``(bands, H, W)``."""

    count: int
    channels_last: bool
    single: bool  # the array is one image, without an axis for N
    bands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenStack:
    """One open array-like of images; slicing reads from disk."""

    array: Any
    layout: StackLayout
    path: Path

    def read(self, index: int) -> SkyImage:
        """Image number ``index``.

        Raises:
            GalcoreError: If there is no such image, or it cannot be read.
        """
        if not 0 <= index < self.layout.count:
            raise GalcoreError(f"{self.path}: has {self.layout.count} images, no number {index}")
        try:
            pixels = np.asarray(self.array[...] if self.layout.single else self.array[index])
        except (OSError, ValueError, RuntimeError) as error:
            raise GalcoreError(f"{self.path}: image {index} cannot be read ({error})") from error
        if pixels.ndim == 2:
            pixels = pixels[None]
        elif self.layout.channels_last:
            pixels = pixels.transpose(2, 0, 1)
        return _as_image(pixels, self.layout.bands, str(self.path))


def _as_image(pixels: NDArray, bands: tuple[str, ...], source: str) -> SkyImage:
    if pixels.dtype == np.uint8 and len(pixels) in (1, 3):
        rgb = np.broadcast_to(pixels, (3, *pixels.shape[1:])).transpose(1, 2, 0)
        return picture_from_rgb(rgb, source)
    return SkyImage(pixels.astype(np.float32), "flux", bands, None, source)


def find_stack_images(path: Path) -> tuple[tuple[FoundImage, ...], tuple[str, ...]]:
    """Images of a stack file with what lies beside them, and reasons for members that were left out.

    Raises:
        GalcoreError: Naming the file, if no member of it is an image.
    """
    if path.suffix.lower() in HDF5_SUFFIXES:
        with open_hdf5(path) as file:
            return _find(path, _hdf5_members(file))
    return _find(path, _npy_members(path))


Members = dict[str, Callable[[], Any]]


def _find(path: Path, members: Members) -> tuple[tuple[FoundImage, ...], tuple[str, ...]]:
    arrays: dict[str, Any] = {}
    problems: list[str] = []
    for name, opener in members.items():
        try:
            arrays[name] = _checked(path, name, opener())
        except GalcoreError as error:
            problems.append(str(error))
    bands = _band_names(arrays)
    images = [name for name in arrays if _is_image(name, arrays[name], bands)]
    if not images:
        raise GalcoreError("; ".join(problems) or f"{path}: holds no array that looks like images")
    found: list[FoundImage] = []
    for name in images:
        layout = _checked_layout(path, arrays[name], bands)
        prefix = f"_{name.replace('/', '_')}" if len(images) > 1 else ""
        columns = _columns_beside(arrays, layout.count, bands) if not layout.single else {}
        found.extend(_entries(path, name, layout, prefix, columns))
    return tuple(found), tuple(problems)


def _entries(
    path: Path, name: str, layout: StackLayout, prefix: str, columns: dict[str, list[object]]
) -> list[FoundImage]:
    if layout.single:
        return [FoundImage(ImageAddress(path, member=name), prefix)]
    digits = len(str(max(layout.count - 1, 1)))
    return [
        FoundImage(
            ImageAddress(path, index=n, member=name),
            f"{prefix}_{n:0{digits}d}",
            columns=tuple((key, values[n]) for key, values in columns.items()),
        )
        for n in range(layout.count)
    ]


def _checked(path: Path, name: str, array: Any) -> Any:
    where = f"{path}: member {name}" if name else f"{path}"
    if array.dtype.hasobject and h5py.check_string_dtype(array.dtype) is None:
        raise GalcoreError(f"{where} {PICKLED}")
    if array.dtype.names:
        raise GalcoreError(f"{where} is a table of {', '.join(array.dtype.names)}, not images")
    return array


def _is_image(name: str, array: Any, bands: tuple[str, ...]) -> bool:
    if array.dtype.kind not in "uif" or array.ndim < 2 or name.split("/")[-1].lower() in NOT_IMAGES:
        return False
    if min(array.shape) == 0:
        return False
    if array.ndim == 2:
        return min(array.shape) >= 8 and array.dtype.kind != "i"
    return array.ndim in (3, 4) and max(array.shape[-2:]) >= 4


def _band_names(arrays: dict[str, Any]) -> tuple[str, ...]:
    for name, array in arrays.items():
        if name.split("/")[-1].lower() in BAND_MEMBERS and array.ndim == 1 and array.dtype.kind in "USO":
            return tuple(_text(value) for value in np.asarray(array[...]))
    return ()


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _columns_beside(arrays: dict[str, Any], count: int, bands: tuple[str, ...]) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {}
    for name, array in arrays.items():
        short = name.split("/")[-1]
        if array.ndim != 1 or array.shape[0] != count or (bands and short.lower() in BAND_MEMBERS):
            continue
        values = np.asarray(array[...])
        columns[short] = [_text(v) for v in values] if values.dtype.kind in "SUO" else values.tolist()
    return columns


def read_layout(
    path: Path, shape: tuple[int, ...], dtype: np.dtype, bands: tuple[str, ...] = ()
) -> StackLayout:
    """How to read an array of this shape.

    >>> read_layout(Path("a.npy"), (100, 64, 64, 3), np.dtype("u1")).channels_last
    True
    >>> read_layout(Path("a.npy"), (5, 58, 48), np.dtype("f4"), tuple("grizy")).single
    True

    Raises:
        GalcoreError: If no reading makes sense.
    """
    if len(shape) == 2:
        return StackLayout(1, False, True, ("flux",))
    if len(shape) == 3:
        if bands and shape[0] == len(bands):
            return StackLayout(1, False, True, bands)
        if shape[2] in (3, 4) and min(shape[:2]) > 4:
            return StackLayout(1, True, True, _names(shape[2], bands))
        return StackLayout(shape[0], False, False, ("flux",))
    if len(shape) == 4:
        last = shape[3] <= MAX_BANDS and shape[3] < shape[1]
        planes = shape[3] if last else shape[1]
        if planes <= MAX_BANDS:
            return StackLayout(shape[0], last, False, _names(planes, bands))
    raise GalcoreError(
        f"{path}: an array of shape {shape} is not understood; "
        "save (N, bands, H, W), (N, H, W, bands) or (N, H, W)"
    )


def _checked_layout(path: Path, array: Any, bands: tuple[str, ...]) -> StackLayout:
    layout = read_layout(path, array.shape, array.dtype, bands)
    pixels = np.prod([float(side) for side in array.shape]) / layout.count
    if layout.count > MAX_STACK_IMAGES or pixels > MAX_IMAGE_PIXELS:
        limits = f"{MAX_STACK_IMAGES:,} images of {MAX_IMAGE_PIXELS:,} values each"
        raise GalcoreError(f"{path}: claims an array of shape {array.shape}; the limit is {limits}")
    return layout


def _names(count: int, bands: tuple[str, ...]) -> tuple[str, ...]:
    if len(bands) == count:
        return bands
    return ("flux",) if count == 1 else tuple(f"band{n + 1}" for n in range(count))


def open_hdf5(path: Path) -> h5py.File:
    """The HDF5 file, for reading.

    Raises:
        GalcoreError: Naming the file, if it is torn or no HDF5.
    """
    try:
        return h5py.File(path, "r")
    except (OSError, RuntimeError, ValueError) as error:
        raise GalcoreError(f"{path}: not an HDF5 file, or torn ({error})") from error


def _hdf5_members(file: h5py.File) -> Members:
    names: list[str] = []
    # visititems follows no soft or external link, so a file cannot lead to another one
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return {name: partial(file.__getitem__, name) for name in names}


def _npy_members(path: Path) -> Members:
    if path.suffix.lower() == ".npy":
        return {"": lambda: _open_npy(path)}
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name[:-4] for name in archive.namelist() if name.endswith(".npy")]
    except (OSError, zipfile.BadZipFile) as error:
        raise GalcoreError(f"{path}: not an NPZ file, or torn ({error})") from error
    return {name: partial(_open_npz, path, name) for name in names}


def _open_npy(path: Path) -> NDArray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        if "pickle" in str(error) or "object" in str(error).lower():
            raise GalcoreError(
                f"{path}: holds Python objects (a pickle); save plain arrays instead"
            ) from error
        raise GalcoreError(f"{path}: not an NPY file, or torn ({error})") from error


def _open_npz(path: Path, member: str) -> NDArray:
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(f"{member}.npy")
            if info.file_size > MAX_MEMBER_BYTES:
                raise GalcoreError(
                    f"{path}: member {member} unpacks to {info.file_size:,} bytes; save it as NPY"
                )
            if info.compress_type == zipfile.ZIP_STORED:
                with suppress(ValueError):
                    return _map_stored(path, info)
            with archive.open(info) as stream:
                return np.lib.format.read_array(stream, allow_pickle=False)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        if "pickle" in str(error) or "Object arrays" in str(error):
            raise GalcoreError(f"{path}: member {member} {PICKLED}") from error
        raise GalcoreError(f"{path}: member {member} is torn or damaged ({error})") from error


def _map_stored(path: Path, info: zipfile.ZipInfo) -> NDArray:
    """Memory map of an uncompressed NPZ member; ValueError when it cannot be mapped."""
    with path.open("rb") as stream:
        stream.seek(info.header_offset + 26)  # lengths of name and extra field in the local header
        lengths = stream.read(4)
        name_length, extra_length = (int.from_bytes(lengths[n : n + 2], "little") for n in (0, 2))
        stream.seek(info.header_offset + 30 + name_length + extra_length)
        version = np.lib.format.read_magic(stream)
        reader = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = reader(stream)
        if dtype.hasobject:
            raise GalcoreError(f"{path}: member {info.filename} {PICKLED}")
        if not shape or 0 in shape:
            raise ValueError("nothing to map")
        return np.memmap(path, dtype, "r", stream.tell(), shape, "F" if fortran else "C")


def open_stack(path: Path, member: str, bands: tuple[str, ...] | None = None) -> OpenStack:
    """One member of a stack, open for slicing.

    Raises:
        GalcoreError: Naming the file, if it cannot be opened.
    """
    if path.suffix.lower() in HDF5_SUFFIXES:
        file = open_hdf5(path)
        members = _hdf5_members(file)
    else:
        members = _npy_members(path)
    if member not in members:
        raise GalcoreError(f"{path}: has no member {member!r} any more; it has {', '.join(members)}")
    array = _checked(path, member, members[member]())
    names = bands if bands is not None else _bands_of(members)
    return OpenStack(array, _checked_layout(path, array, names), path)


def _bands_of(members: Members) -> tuple[str, ...]:
    named = {name: opener for name, opener in members.items() if name.split("/")[-1].lower() in BAND_MEMBERS}
    arrays = {}
    for name, opener in named.items():
        with suppress(GalcoreError):
            arrays[name] = opener()
    return _band_names(arrays)
