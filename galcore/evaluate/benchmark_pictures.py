"""Pictures of known truth for benchmarks: real ones that no training saw, somebody's own, or simulated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from galcore.images.image import ImageAddress
from galcore.images.readers import file_kind, read_whole
from galcore.model.framing import central_fraction, crop_centre
from galcore.model.held_out import is_held_out
from galcore.model.preprocessing import as_picture
from galcore.types import GalcoreError

SIDE_PX = 128
FRAME_MARGIN, SMALLEST_FRACTION = 1.4, 0.3
# Colour pictures of the sky; radio maps are grey and lens galleries are annotated.
REAL_SETS = ("gz1_sdss_6class", "efigi_88px", "sdss_equatorial_pool", "spacewarps_cfhtls_lenses")
MIN_SIDE_PX = 64


def held_out_files(real_data_dir: Path) -> dict[str, list[Path]]:
    """Files by set of the real pictures that no training saw; sets that are absent are not named."""
    found = {}
    for name in REAL_SETS:
        files = sorted(p for p in (real_data_dir / name / "images").glob("*") if file_kind(p) == "picture")
        if files:
            found[name] = [path for path in files if is_held_out(path.name)]
    return found


def list_images(folder: Path) -> list[Path]:
    """Image files of a folder and those below, in name order.

    Raises:
        GalcoreError: If there is none.
    """
    files = sorted(path for path in folder.rglob("*") if file_kind(path) in ("picture", "fits"))
    if not files:
        raise GalcoreError(f"{folder}: no pictures or FITS files in it")
    return files


def draw_files(sets: dict[str, list[Path]], n: int, rng: np.random.Generator) -> list[Path]:
    """``n`` files, or all: each set by its size, without repetition."""
    files = [path for paths in sets.values() for path in paths]
    return [files[i] for i in rng.permutation(len(files))[:n]]


def read_framed(path: Path) -> NDArray[np.float32]:
    """One picture ``(3, 128, 128)`` from 0 to 1, cut around its object as in training; flux is stretched.

    Raises:
        GalcoreError: If the file cannot be read.
    """
    rgb = as_picture(read_whole(ImageAddress(path)))
    if min(rgb.shape[:2]) < MIN_SIDE_PX:
        raise GalcoreError(f"{path}: smaller than {MIN_SIDE_PX} px, nothing to restore at {SIDE_PX} px")
    fraction = central_fraction(rgb, margin=FRAME_MARGIN, smallest=SMALLEST_FRACTION)
    return _as_floats(crop_centre(rgb, fraction, SIDE_PX))


def simulated(n: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Simulated pictures ``(3, 128, 128)``, seen by space telescopes and by the ground alike."""
    from galcore.simulate.sample import simulate

    for survey, part in (("HSC", n - n // 2), ("SDSS", n // 2)):
        if part:
            for rgb in simulate(part, survey=survey, seed=seed, size_px=SIDE_PX, keep_flux=False).rgb:
                yield _as_floats(rgb)


def _as_floats(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    if rgb.shape[:2] != (SIDE_PX, SIDE_PX):
        rgb = np.asarray(Image.fromarray(rgb).resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR))
    return (rgb.transpose(2, 0, 1) / np.float32(255)).astype(np.float32)
