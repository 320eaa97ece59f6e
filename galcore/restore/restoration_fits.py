"""A restoration as a FITS file that says what was done to the image."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from galcore.images.quiet import quiet
from galcore.restore.restoration import FluxChange, Restoration
from galcore.types import GalcoreError
from galcore.whole_files import write_whole

if TYPE_CHECKING:
    from astropy.io.fits import Header

# The layout of the old file says nothing about the new one.
_LAYOUT = (
    "SIMPLE",
    "XTENSION",
    "BITPIX",
    "EXTEND",
    "PCOUNT",
    "GCOUNT",
    "BSCALE",
    "BZERO",
    "BLANK",
    "CHECKSUM",
)
_LAYOUT_STEMS = ("NAXIS", "ZIMAGE", "ZCMPTYPE", "ZNAME", "ZVAL", "ZTILE", "ZBITPIX", "ZQUANTIZ", "ZDITHER")
_NAMES = ("EXTNAME", "EXTVER", "EXTLEVEL", "DATASUM", "TFIELDS", "END")
HISTORY_WIDTH = 70


def write_restoration(
    path: Path, restoration: Restoration, header: Header | None = None, *, notes: Sequence[str] = ()
) -> None:
    """Write a restoration whole, or not at all.

    Args:
        path: File to write; an existing one is replaced.
        restoration: What to write.
        header: Of the image it was made from: its cards, WCS included, are kept.
        notes: Lines added to the HISTORY.

    Raises:
        GalcoreError: If the name or place will not do.
    """
    check_name(path)
    content = restoration_bytes(restoration, header, notes=notes)
    if path.name.lower().endswith(".gz"):
        import gzip

        content = gzip.compress(content, mtime=0)
    try:
        with write_whole(path) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise GalcoreError(f"{path} cannot be written ({error}); choose another place") from error


def check_name(path: Path) -> None:
    """Refuses a name or place that cannot be written, before any work is done.

    Raises:
        GalcoreError: Saying what to do.
    """
    if not path.name.lower().endswith((".fits", ".fit", ".fits.gz")):
        raise GalcoreError(f"{path}: end the name in .fits (or .fits.gz)")
    if not path.parent.is_dir():
        raise GalcoreError(f"{path.parent} is not a folder; make it first, or choose another place")


def restoration_bytes(
    restoration: Restoration, header: Header | None = None, *, notes: Sequence[str] = ()
) -> bytes:
    """The content of that file, for downloads.

    Extensions ``RESTORED``, ``SIGMA`` (absent where the method has none), ``RESIDUAL`` and ``MASK``; the
    first holds everything that was done as keywords and HISTORY.
    """
    from astropy.io import fits

    kept = _kept_cards(header)
    restored = fits.ImageHDU(_planes(restoration.pixels), header=kept, name="RESTORED")
    _describe(restored.header, restoration, notes)
    hdus: list[Any] = [fits.PrimaryHDU(), restored]
    if restoration.sigma is not None:
        hdus.append(fits.ImageHDU(_planes(restoration.sigma), header=kept, name="SIGMA"))
    hdus.append(fits.ImageHDU(_planes(restoration.residual), header=kept, name="RESIDUAL"))
    hdus.append(fits.ImageHDU(restoration.mask.astype(np.uint8), header=kept, name="MASK"))
    if "BUNIT" in hdus[-1].header:
        del hdus[-1].header["BUNIT"]
    buffer = BytesIO()
    with quiet():  # cards of the original that bend the standard are kept as they are
        fits.HDUList(hdus).writeto(buffer, checksum=True, output_verify="silentfix")
    return buffer.getvalue()


def _planes(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(pixels[0] if len(pixels) == 1 else pixels, dtype=np.float32)


def _kept_cards(header: Header | None) -> Header:
    from astropy.io import fits

    kept = fits.Header()
    if header is None:
        return kept
    with quiet():
        for card in header.cards:
            name = card.keyword
            if name in _LAYOUT or name in _NAMES or name.startswith(_LAYOUT_STEMS):
                continue
            kept.append(card, end=True)
    return kept


def _describe(header: Header, restoration: Restoration, notes: Sequence[str]) -> None:
    made_by = restoration.provenance
    header["GALCORE"] = (made_by.code_version, "version of Galcore")
    header["GALDATE"] = (made_by.created_at[:19], "UTC")
    header["GALTASK"] = (restoration.task, "what was done")
    header["GALMETH"] = (restoration.method, "method")
    header["GALMODEL"] = (_ascii(made_by.model_name)[:60] or "none", "network")
    header["GALHASH"] = (made_by.model_hash[:64] or "none", "of its weights")
    header["GALDATA"] = made_by.data_hash[:64]
    header["GALSECS"] = (round(restoration.seconds, 3), "[s] time taken")
    header["GALSIG"] = (restoration.sigma is not None, "whether SIGMA is available")
    parameters = made_by.parameters
    if "psf" in parameters:
        header["GALPSF"] = (_ascii(str(parameters["psf"]))[:60], "point spread function (HISTORY: whole)")
    for keyword, value, comment in _per_band(restoration, parameters):
        if math.isfinite(value):
            header[keyword] = (value, comment)
    text = json.dumps(parameters, default=str)
    lines = [
        f"Galcore {made_by.code_version}: {restoration.task} by {restoration.method}",
        f"model {made_by.model_name or 'none'} {made_by.model_hash}",
        f"parameters {text}",
        *notes,
    ]
    for line in lines:
        line = _ascii(line)
        for start in range(0, len(line), HISTORY_WIDTH):
            header["HISTORY"] = line[start : start + HISTORY_WIDTH]


def _per_band(restoration: Restoration, parameters: dict[str, Any]) -> Iterator[tuple[str, float, str]]:
    stems = (("GALNOI", "noise_sigma", "noise per pixel"), ("GALSKY", "sky", "sky level taken"))
    changes: tuple[tuple[str, FluxChange, str], ...] = (
        ("GALF", restoration.total, "whole frame"),
        ("GALA", restoration.aperture, f"within {restoration.aperture_radius_px:.1f} px"),
    )
    for n in range(len(restoration.pixels)):
        for stem, name, comment in stems:
            yield f"{stem}{n + 1}", float(parameters[name][n]), f"{comment}, band {n + 1}"
        for stem, change, comment in changes:
            yield f"{stem}B{n + 1}", change.before[n], f"flux before, {comment}"
            yield f"{stem}A{n + 1}", change.after[n], f"flux after, {comment}"
            yield f"{stem}R{n + 1}", change.relative[n], f"(after - before) / before, {comment}"


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "replace").decode()
    return "".join(letter if letter.isprintable() else " " for letter in folded)
