"""Sources of a field as galaxies of the catalogue: detected, named by where they lie, cut out when shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from galcore.catalog.columns import CATALOG_COLUMNS
from galcore.catalog.merging import merge_catalog
from galcore.catalog.report import ImportReport
from galcore.catalog.store import locked_catalog, read_catalog, write_catalog
from galcore.images.detection import DetectionSettings, detect_sources
from galcore.images.fields import Field, read_fields, write_bands
from galcore.images.readers import file_kind
from galcore.types import CancelCheck, GalcoreError, ProgressCallback

SAME_SOURCE_PX = 1.5  # a source found again this near to a known one of the field is that one


def import_field(
    path: Path | Sequence[Path],
    folder: Path,
    *,
    settings: DetectionSettings | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> ImportReport:
    """Detect the sources of a field and add them to the catalogue of the workspace in ``folder``.

    Args:
        path: A picture or FITS file; several pixel-matched files, or a folder of them, are its bands. Bands
            of several files are put together in the workspace; a single file is used where it lies.
        folder: The workspace; made when absent.
        settings: What counts as a source.
        progress: Called at each step.
        cancel: When it says true, nothing is written.

    Raises:
        GalcoreError: If no file can be read, nothing is found, or nothing can be written.
    """
    field, left_out = read_fields(_field_files(path))
    found = detect_sources(field.image, settings=settings, progress=progress)
    if cancel is not None and cancel():
        raise GalcoreError(f"detection in {field.name} was cancelled; nothing was added")
    if found.table.empty:
        raise GalcoreError(f"{field.name}: no source found; try a lower threshold or smaller limits")
    source = _relative(write_bands(field, folder) if len(field.files) > 1 else field.address.path, folder)
    with locked_catalog(folder):
        known = read_catalog(folder)
        fresh = _not_yet_known(found.table, known, source)
        merged = merge_catalog(known, _rows(found.table[fresh], field, source))
        write_catalog(merged.catalog, folder)
    return ImportReport(
        n_imported=merged.n_added,
        n_total=len(merged.catalog),
        left_out=(*left_out, *merged.left_out),
        columns=tuple(name for name in merged.catalog.columns if name not in CATALOG_COLUMNS),
        n_known=int((~fresh).sum()) + merged.n_known,
        notes=tuple(item.reason for item in found.left_out),
    )


def _field_files(path: Path | Sequence[Path]) -> list[Path]:
    paths = [path] if isinstance(path, Path) else list(path)
    files: list[Path] = []
    for item in paths:
        if not item.exists():
            raise GalcoreError(f"{item}: no such file or folder")
        if item.is_dir():
            inside = sorted(
                file for file in item.iterdir() if file_kind(file) in ("fits", "picture", "stack")
            )
            if not inside:
                raise GalcoreError(f"{item}: no picture or FITS file in this folder")
            files.extend(inside)
        else:
            files.append(item)
    return [file.absolute() for file in files]


def _relative(file: Path, folder: Path) -> str:
    real, home = file.resolve(), folder.resolve()
    return real.relative_to(home).as_posix() if real.is_relative_to(home) else str(file)


def _not_yet_known(table: pd.DataFrame, known: pd.DataFrame, source: str) -> np.ndarray:
    here = known[(known["source"] == source) & known["x"].notna()]
    if here.empty:
        return np.ones(len(table), dtype=bool)
    distance, _ = cKDTree(here[["x", "y"]].to_numpy(float)).query(table[["x", "y"]].to_numpy(float))
    return np.asarray(distance > SAME_SOURCE_PX)


def _rows(table: pd.DataFrame, field: Field, source: str) -> pd.DataFrame:
    ra, dec = field.frame.sky_positions(table["x"].to_numpy(), table["y"].to_numpy())
    stem = [f"{field.name}_{x:05.0f}_{y:05.0f}" for x, y in zip(table["x"], table["y"], strict=True)]
    twice = pd.Series(stem, dtype="str").groupby(stem).cumcount()
    ids = [f"{name}_{n + 1}" if n else name for name, n in zip(stem, twice, strict=True)]
    rows = table.reset_index(drop=True).copy()
    rows.insert(0, "galaxy_id", pd.Series(ids, dtype="str"))
    rows["source"] = source
    rows["hdu"] = field.address.hdu
    rows["pixel_scale_arcsec"] = field.image.pixel_scale_arcsec
    rows["ra"], rows["dec"] = ra, dec
    if field.frame.wcs is not None:
        places = zip(table["x"], table["y"], strict=True)
        rows["north_angle_deg"] = [field.frame.north_angle_deg(x, y) for x, y in places]
    rows["field"] = field.name
    return rows
