"""A simulated survey on disk: colour stamps, the truth as a table, and what made them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from galcore.code_version import code_version
from galcore.simulate.colour import to_rgb
from galcore.simulate.population import draw_parameters
from galcore.simulate.render import render
from galcore.simulate.sample import CHUNK, survey_stretch
from galcore.simulate.surveys import Survey
from galcore.simulate.surveys import survey as find_survey
from galcore.types import CancelCheck, GalcoreError, Progress, ProgressCallback, Provenance
from galcore.whole_files import write_json, write_whole

TRUTH_FILE = "truth.csv"
PARAMETERS_FILE = "parameters.csv"  # every column the renderer needs
_FOR_PEOPLE = (
    "kind",
    "barred",
    "ringed",
    "edge_on",
    "disturbed",
    "lens",
    "artefact",
    "artefact_kind",
    "spiral_arms",
    "arm_winding",
    "pitch_angle_deg",
    "arm_contrast",
    "bar_length",
    "bar_axis_ratio",
    "ring_kind",
    "ring_radius",
    "stage",
    "sersic_n",
    "bulge_to_total",
    "radius_arcsec",
    "bulge_radius_arcsec",
    "axis_ratio",
    "position_angle_deg",
    "redshift",
    "einstein_radius_arcsec",
    "source_mag",
    "tidal_kind",
    "companion_flux_ratio",
    "psf_fwhm_px",
    "noise_sigma",
)
PROVENANCE_FILE = "provenance.json"
SIMULATOR = "galcore.simulate 1"  # raise when the same seed gives other images


@dataclass(frozen=True, slots=True)
class WrittenSurvey:
    """What :func:`write_survey` left in its folder.

    Attributes:
        folder: The folder.
        n_total: Galaxies in the truth table.
        n_written: Stamps on disk; fewer than ``n_total`` after a cancel.
    """

    folder: Path
    n_total: int
    n_written: int


def write_survey(
    folder: Path,
    n: int,
    *,
    survey: str = "SDSS",
    seed: int = 0,
    size_px: int = 128,
    progress: ProgressCallback | None = None,
    cancel: CancelCheck | None = None,
) -> WrittenSurvey:
    """Write ``images/SIM000000.png`` …, ``truth.csv``, ``parameters.csv`` and ``provenance.json``.

    ``python -m galcore import FOLDER --table FOLDER/truth.csv`` takes the folder as it is. Stamps already
    there are kept, so that a cancelled run continues where it stopped.

    Args:
        folder: Where to write; made when absent.
        n: Number of galaxies.
        survey: Name of the survey.
        seed: Seed of everything random.
        size_px: Side of the stamps.
        progress: Told after each chunk.
        cancel: Asked before each chunk.

    Raises:
        GalcoreError: If the folder holds another simulation, or the survey is not known.
    """
    sky = find_survey(survey)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    _claim(folder, {"survey": sky.name, "n": n, "seed": seed, "size_px": size_px})
    drawn = draw_parameters(n, survey=sky, seed=seed, size_px=size_px)
    truth = _named(drawn, sky)
    about = [
        "id",
        "file",
        "survey",
        "pixel_scale_arcsec",
        *_FOR_PEOPLE,
        *(f"mag_{band}" for band in sky.bands),
    ]
    _write_table(folder / TRUTH_FILE, truth[about], "%.6g")
    _write_table(folder / PARAMETERS_FILE, truth, "%.9g")
    done = 0
    for start in range(0, n, CHUNK):
        if cancel is not None and cancel():
            break
        files = [folder / file for file in truth.file.iloc[start : start + CHUNK]]
        if not all(file.exists() for file in files):
            rows = drawn.iloc[start : start + CHUNK]
            flux = render(rows, survey=sky, seed=seed, size_px=size_px)
            rgb = to_rgb(flux, stretch=survey_stretch(sky)).cpu().numpy()
            for file, stamp in zip(files, rgb, strict=True):
                _write_stamp(file, stamp)
        done += len(files)
        if progress is not None:
            progress(Progress("simulate", done, n, f"{sky.name} stamps"))
    return WrittenSurvey(folder, n, done)


def _named(drawn: pd.DataFrame, sky: Survey) -> pd.DataFrame:
    ids = [f"SIM{i:06d}" for i in range(len(drawn))]
    first = pd.DataFrame({"id": ids, "file": [f"images/{name}.png" for name in ids]})
    first["pixel_scale_arcsec"] = sky.pixel_scale_arcsec
    first["survey"] = sky.name
    return pd.concat([first, drawn], axis=1)


def _claim(folder: Path, parameters: dict[str, object]) -> None:
    """Write the provenance, or check that the folder was begun with the same parameters."""
    path = folder / PROVENANCE_FILE
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.get("parameters") != parameters or found.get("model_name") != SIMULATOR:
            raise GalcoreError(
                f"{folder}: holds another simulation ({found.get('parameters')}); "
                "give an empty folder, or the same survey, n, seed and size"
            )
        return
    made = Provenance(
        code_version(), SIMULATOR, "", "", parameters, datetime.now(UTC).isoformat(timespec="seconds")
    )
    write_json(path, asdict(made))


def _write_stamp(path: Path, stamp: NDArray[np.uint8]) -> None:
    with write_whole(path) as unfinished:
        Image.fromarray(stamp).save(unfinished, format="PNG", compress_level=3)


def _write_table(path: Path, table: pd.DataFrame, float_format: str) -> None:
    with write_whole(path) as unfinished:
        table.to_csv(unfinished, index=False, float_format=float_format)
