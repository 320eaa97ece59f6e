"""JPEG, PNG, TIFF and other pictures through Pillow, with a limit on their size.

Pictures of eight bits are already stretched for the eye and stay as they are; TIFF and PNG of sixteen bits or
floating point are flux.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageOps, UnidentifiedImageError

from galcore.images.image import FoundImage, ImageAddress, SkyImage, picture_from_rgb
from galcore.types import GalcoreError

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".gif", ".webp"})
MAX_PICTURE_PIXELS = 400_000_000  # 20,000 x 20,000; a bomb claims far more than its bytes can hold
Image.MAX_IMAGE_PIXELS = None  # the limit above is checked before a pixel is decoded, and named
BITS_PER_SAMPLE = 258  # TIFF tag
MAX_TIFF_BANDS = 16
FLUX_MODES = ("I", "I;16", "I;16B", "I;16L", "F")


def find_picture(path: Path) -> tuple[FoundImage, ...]:
    """The one image of a picture file, decoded once coarsely so that a torn file is found.

    Raises:
        GalcoreError: If the file is no picture, torn, or larger than ``MAX_PICTURE_PIXELS``.
    """
    with _open(path) as picture:
        _refuse_frames(path, picture)
        longer_side_px = max(picture.size)
        if picture.format == "JPEG":
            # An eighth of the size still reads every scan line, so a cut file shows, at a third of the time.
            picture.draft("RGB", (max(1, picture.width // 8), max(1, picture.height // 8)))
        _load(path, picture)
    return (FoundImage(ImageAddress(path), longer_side_px=longer_side_px),)


def read_picture(path: Path) -> SkyImage:
    """Pixels of a picture file.

    Raises:
        GalcoreError: Naming the file, if it cannot be read whole.
    """
    with _open(path) as picture:
        _refuse_frames(path, picture)
        if picture.format == "TIFF" and max(picture.tag_v2.get(BITS_PER_SAMPLE, (8,))) > 8:  # type: ignore[attr-defined]
            return _read_deep_tiff(path)
        _load(path, picture)
        if picture.mode in FLUX_MODES:
            return SkyImage(np.asarray(picture, dtype=np.float32)[None], "flux", ("grey",), None, str(path))
        return picture_from_rgb(np.asarray(_to_rgb(picture), dtype=np.uint8), str(path))


def _read_deep_tiff(path: Path) -> SkyImage:
    """Flux of a TIFF with more than eight bits, which Pillow would cut to eight where it has colours."""
    try:
        pixels = tifffile.imread(path)
    except (OSError, ValueError, TypeError, IndexError, RuntimeError, MemoryError) as error:
        raise GalcoreError(f"{path}: torn or damaged picture ({error})") from error
    if pixels.ndim == 2:
        return SkyImage(pixels[None].astype(np.float32), "flux", ("grey",), None, str(path))
    if pixels.ndim != 3 or (pixels.shape[2] not in (3, 4) and pixels.shape[0] > MAX_TIFF_BANDS):
        raise GalcoreError(f"{path}: a TIFF of shape {pixels.shape} is not understood; save it as FITS")
    if pixels.shape[2] in (3, 4):
        colours = pixels[..., :3].transpose(2, 0, 1)[::-1]  # blue first: bands count from short to long
        return SkyImage(colours.astype(np.float32), "flux", ("blue", "green", "red"), None, str(path))
    bands = tuple(f"band{n + 1}" for n in range(len(pixels)))
    return SkyImage(pixels.astype(np.float32), "flux", bands, None, str(path))


def _to_rgb(picture: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        see_through = upright.convert("RGBA")
        black = Image.new("RGBA", see_through.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, see_through).convert("RGB")
    return upright if upright.mode == "RGB" else upright.convert("RGB")


def _open(path: Path) -> Image.Image:
    try:
        picture = Image.open(path)
    except UnidentifiedImageError as error:
        raise GalcoreError(f"{path}: not a picture, or its first bytes are damaged") from error
    except Image.DecompressionBombError as error:
        raise GalcoreError(_too_large(path)) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
        raise GalcoreError(f"{path}: torn or damaged picture ({error})") from error
    if picture.width * picture.height > MAX_PICTURE_PIXELS:
        picture.close()
        raise GalcoreError(_too_large(path))
    return picture


def _too_large(path: Path) -> str:
    return (
        f"{path}: claims more than {MAX_PICTURE_PIXELS:,} pixels, the limit for a picture; cut it into tiles"
    )


def _refuse_frames(path: Path, picture: Image.Image) -> None:
    frames = getattr(picture, "n_frames", 1)
    if frames > 1:
        picture.close()
        raise GalcoreError(f"{path}: has {frames} frames; save each as a picture of its own")


def _load(path: Path, picture: Image.Image) -> None:
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        raise GalcoreError(f"{path}: torn or damaged picture ({error})") from error
