"""Numbers of a restoration as the page tells them: light before and after, uncertainty, time, weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from galcore.jobs.reporting import duration_text
from galcore.restore.restoration import FluxChange
from galcore.web.restorations import Attempt
from galcore.web.restore_pictures import ALL_BANDS, figure_text, in_noise_units, panel_plane

NOTHING_SURE = "within the noise"
_LONG_S = 60.0


def restoration_numbers(attempt: Attempt, band: int) -> dict[str, str]:
    """Texts by name: ``light``, ``change``, ``aperture``, ``sigma``, ``time``, ``model``.

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
    plane = panel_plane(attempt, "sigma", band)
    if plane is None:
        return "none"
    telling = plane[np.isfinite(plane) & (plane > 0)]
    return figure_text(float(np.median(telling))) if telling.size else "none"


def _of_band(values: Sequence[float], band: int) -> float:
    return float(np.sum(values)) if band == ALL_BANDS else float(values[band])


def _per_cent(share: float) -> str:
    return f"{100 * share:+.2f} %"
