"""Results beside each other as a component: one zoom for all, slider, blink, values under the pointer.

One result stands in a row: original, result, residual, uncertainty. Several stand in columns, a method each,
with one colour scale for all residuals and one for all uncertainties.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from galcore.ui.components.served import component_of
from galcore.web.restore.attempt import METHODS, Attempt
from galcore.web.restore.masks import encode_mask
from galcore.web.restore.pictures import RESIDUAL_COLOURS, SIGMA_COLOURS, Scales, figure_text, unit_text
from galcore.web.restore.routes import panel_address, source_address, values_address

_FRESH_S = 4.0
NO_SIGMA = "this tool gives no uncertainty"
RESIDUAL_WORDS = {
    "reconstruct": "original − result: what was taken out of the masked pixels",
    "deconvolve": "original − PSF ∗ result: what the result does not explain",
}
SIGMA_WORDS = {
    "reconstruct": "1 σ of each filled pixel; known pixels have none",
    "deconvolve": "1 σ of each pixel of the result",
}
Cell = dict[str, object]

_component = component_of(Path(__file__).parent, ("panels.js", "viewer.js"))


def show_restorations(
    attempts: Sequence[Attempt], *, stretch: str, band: int, scales: Scales, key: str
) -> None:
    """Show finished attempts at one task on one image.

    Args:
        attempts: At least one, each with a result; the first one comes first.
        stretch: Of originals and results, measured on the original.
        band: Index of the band shown; ``ALL_BANDS``: colour, and the mean of residuals and uncertainties.
        scales: Ends of the colour scales, the same for all attempts.
        key: Of the widget.
    """
    source, first = attempts[0].request.source, attempts[0].result
    assert first is not None
    height, width = source.image.pixels.shape[-2:]
    pictures = _Pictures(stretch, band, scales)
    original: Cell = {
        "kind": "original",
        "column": 0,
        "title": "Original",
        "note": "",
        "address": source_address(source, stretch=stretch, band=band),
    }
    cells = pictures.row(original, attempts[0]) if len(attempts) == 1 else pictures.table(original, attempts)
    _component(
        key=key,
        data={
            "source": source.key,
            "attempts": [each.key for each in attempts],
            "fresh": any(time.monotonic() - each.finished_at < _FRESH_S for each in attempts),
            "width": width,
            "height": height,
            "scale": source.image.pixel_scale_arcsec,
            "mask": encode_mask(first.mask) if first.task == "reconstruct" else None,
            "original": original["address"],
            "columns": 4 if len(attempts) == 1 else 1 + len(attempts),
            "cells": cells,
            "values": [values_address(each, band=band) for each in attempts],
            "hint": "click a picture, then the wheel zooms all of them",
        },
    )


class _Pictures:
    """Cells of one view: its stretch, band and colour scales."""

    def __init__(self, stretch: str, band: int, scales: Scales) -> None:
        self._stretch, self._band, self._scales = stretch, band, scales

    def row(self, original: Cell, attempt: Attempt) -> list[Cell]:
        """Original, result, residual and uncertainty of one result."""
        cells = [original, self._cell(attempt, 0, "result")]
        for kind in ("residual", "sigma"):
            cell = self._cell(attempt, 0, kind) | self._about(attempt, kind)
            if not cell["address"]:
                del cell["bar"]
            cells.append(cell | {"help": cell["note"], "note": ""})
        return cells

    def table(self, original: Cell, attempts: Sequence[Attempt]) -> list[Cell]:
        """A column a method; the first column says what each row is."""
        cells = [original]
        for kind in ("result", "residual", "sigma"):
            if kind != "result":
                cells.append({"kind": "words", **self._about(attempts[0], kind)})
            for column, attempt in enumerate(attempts):
                cells.append(self._cell(attempt, column, kind))
        return cells

    def _cell(self, attempt: Attempt, column: int, kind: str) -> Cell:
        result = attempt.result
        assert result is not None
        there = kind != "sigma" or result.sigma is not None
        address = panel_address(attempt, kind, stretch=self._stretch, band=self._band, scales=self._scales)  # type: ignore[arg-type]
        name = METHODS[attempt.request.task][attempt.request.method]
        return {
            "kind": kind,
            "column": column,
            "title": name,
            "note": f"{result.seconds:.2g} s" if kind == "result" else "",
            "address": address if there else "",
            "missing": NO_SIGMA,
        }

    def _about(self, attempt: Attempt, kind: str) -> Cell:
        task, unit = attempt.request.task, unit_text(attempt.request.source, self._band)
        if kind == "residual":
            top = figure_text(self._scales.residual)
            bar = {"colours": RESIDUAL_COLOURS, "low": f"−{top}", "middle": unit, "high": f"+{top}"}
            return {"title": "Residual", "note": RESIDUAL_WORDS[task], "bar": bar}
        top = figure_text(self._scales.sigma)
        bar = {"colours": SIGMA_COLOURS, "low": "0", "middle": unit, "high": top}
        return {"title": "Uncertainty", "note": SIGMA_WORDS[task], "bar": bar}
