"""Numbers of a restoration as the page tells them: light before and after, uncertainty, time, weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from galcore.jobs.reporting import duration_text
from galcore.restore.restoration import FluxChange
from galcore.web.restore.attempt import Attempt
from galcore.web.restore.pictures import ALL_BANDS, figure_text, in_noise_units, panel_plane

NOTHING_SURE = "within the noise"
_LONG_S = 60.0


def restoration_numbers(attempt: Attempt, band: int) -> dict[str, str]:
    """Texts by name: ``light``, ``change``, ``aperture``, ``misfit``, ``sigma``, ``time``, ``model``.

    The misfit is absent from what was filled in: the residual there is what was taken out.

    Args:
        attempt: A finished one.
        band: Index of the band, or ``ALL_BANDS``.
    """
    result = attempt.result
    assert result is not None
    made_by = result.provenance
    several = in_noise_units(attempt.request.source, band)
    return {
        "light": f"{len(result.total.before)} bands: choose one" if several else _light(result.total, band),
        "change": _change(result.total, band, one_unit=not several),
        "aperture": _change(result.aperture, band, one_unit=not several),
        **({"misfit": _misfit(attempt, band)} if result.task == "deconvolve" else {}),
        "sigma": _median_sigma(attempt, band),
        "time": f"{result.seconds:.2g} s" if result.seconds < _LONG_S else duration_text(result.seconds),
        "model": f"{made_by.model_name} {made_by.model_hash[:10]}" if made_by.model_hash else "no network",
    }


def _light(change: FluxChange, band: int) -> str:
    return f"{figure_text(_of_band(change.before, band))} → {figure_text(_of_band(change.after, band))}"


def _change(change: FluxChange, band: int, *, one_unit: bool) -> str:
    """Change in per cent; where the light before is no more than its noise there is none to tell."""
    chosen = change.relative if band == ALL_BANDS else (change.relative[band],)
    known = [each for each in chosen if np.isfinite(each)]
    if not known or (one_unit and len(known) < len(chosen)):
        return NOTHING_SURE
    if one_unit:
        before, after = _of_band(change.before, band), _of_band(change.after, band)
        return _per_cent((after - before) / abs(before)) if before else NOTHING_SURE
    return f"{_per_cent(min(known))} … {_per_cent(max(known))}"


def _median_sigma(attempt: Attempt, band: int) -> str:

    def measure() -> float:
        plane = panel_plane(attempt, "sigma", band)
        telling = np.empty(0) if plane is None else plane[np.isfinite(plane) & (plane > 0)]
        return float(np.median(telling)) if telling.size else np.nan

    median = attempt.measured(f"sigma {band}", measure)
    return figure_text(median) if np.isfinite(median) else "none"


def _misfit(attempt: Attempt, band: int) -> str:
    """Scatter of the residual in units of the noise; of several bands the least and the greatest."""
    result = attempt.result
    assert result is not None
    noise = np.asarray(result.provenance.parameters["noise_sigma"], dtype=np.float64)

    def measure(at: int) -> float:
        residual = result.residual[at]
        return float(np.sqrt(np.nanmean(np.square(residual, dtype=np.float64)))) / max(noise[at], 1e-300)

    bands = range(len(noise)) if band == ALL_BANDS else (band,)
    ratios = [attempt.measured(f"misfit {at}", partial(measure, at)) for at in bands]
    low, high = (f"{ratio:.2f}" for ratio in (min(ratios), max(ratios)))
    return low if low == high else f"{low} … {high}"


def _of_band(values: Sequence[float], band: int) -> float:
    return float(np.sum(values)) if band == ALL_BANDS else float(values[band])


def _per_cent(share: float) -> str:
    return f"{100 * share:+.2f} %"
