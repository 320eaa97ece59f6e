"""Restorations to keep: FITS with all that was done in its header, and the comparison as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from galcore.restore.restoration import Restoration
from galcore.web.restore.attempt import METHODS, Attempt
from galcore.web.restore.pictures import (
    RESIDUAL_COLOURS,
    SIGMA_COLOURS,
    Panel,
    Scales,
    encode_png,
    figure_text,
    paint,
    render_original,
    render_panel,
    unit_text,
)

_PANEL_PX, _GAP_PX, _TEXT_PX, _BAR_PX = 480, 16, 22, 12
_HEAD_PX, _FOOT_PX = 3 * _TEXT_PX, 2 * _TEXT_PX
_PAPER, _INK, _QUIET, _RIM = (255, 255, 255), (22, 26, 36), (96, 102, 116), (143, 211, 255)


def fits_bytes(attempt: Attempt) -> bytes:
    """The FITS file of a finished attempt; rows count from the bottom again, so that its WCS holds."""
    from galcore.restore.restoration_fits import restoration_bytes

    source = attempt.request.source
    notes = [f"restored in the dashboard from {source.image.source or source.name} ({source.name})"]
    if source.image.kind == "picture":
        notes.append("the original was a picture, not linear flux: for the eye, not for photometry")
    return restoration_bytes(_upside_down(_result(attempt)), source.header, notes=notes)


def file_name(attempt: Attempt, ending: str) -> str:
    """Name of a file of this attempt, harmless on every system."""
    request = attempt.request
    stem = "".join(each if each.isalnum() or each in "-_+." else "_" for each in request.source.name)
    return f"{stem.strip('.')[:80] or 'image'}-{request.task}-{request.method}.{ending}"


@dataclass(frozen=True, slots=True)
class _Cell:
    """One panel of the figure: what it shows, its words, its colour bar, the mask whose rim is drawn."""

    rgb: np.ndarray
    title: str
    colours: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    rim: np.ndarray | None = None


def figure_png(attempts: Sequence[Attempt], *, stretch: str, band: int, scales: Scales) -> bytes:
    """The comparison as a PNG on white, a row a method, with colour bars and what was done."""
    rows = [_figure_row(each, stretch=stretch, band=band, scales=scales) for each in attempts]
    height, width = rows[0][0].rgb.shape[:2]
    zoom = _PANEL_PX / max(height, width)
    wide, high = max(1, round(width * zoom)), max(1, round(height * zoom))
    row_px = _TEXT_PX + high + _BAR_PX + _TEXT_PX + _GAP_PX
    size = (4 * (wide + _GAP_PX) + _GAP_PX, _HEAD_PX + len(rows) * row_px + _FOOT_PX)
    paper = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(paper)
    _write(draw, (_GAP_PX, _GAP_PX), _headline(attempts[0]), size_px=18)
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            corner = (_GAP_PX + column * (wide + _GAP_PX), _HEAD_PX + number * row_px)
            _draw_cell(paper, draw, cell, corner, (wide, high))
    _write(draw, (_GAP_PX, size[1] - _FOOT_PX), _footline(attempts, stretch), colour=_QUIET)
    return encode_png(np.asarray(paper))


def _figure_row(attempt: Attempt, *, stretch: str, band: int, scales: Scales) -> list[_Cell]:
    source, result = attempt.request.source, _result(attempt)
    name = METHODS[attempt.request.task][attempt.request.method]
    unit = unit_text(source, band)

    def shown(panel: Panel) -> np.ndarray:
        return render_panel(attempt, panel, stretch=stretch, band=band, scales=scales)

    top, residual = figure_text(scales.sigma), figure_text(scales.residual)
    sigma_title = f"uncertainty, 1 sigma [{unit}]" if result.sigma is not None else "no uncertainty"
    return [
        _Cell(render_original(source, stretch=stretch, band=band), "original", rim=_mask_of(attempt)),
        _Cell(shown("result"), f"{name}: {_change_words(result)}"),
        _Cell(shown("residual"), f"residual [{unit}]", RESIDUAL_COLOURS, f"-{residual}", f"+{residual}"),
        _Cell(shown("sigma"), sigma_title, SIGMA_COLOURS, "0", top),
    ]


def _draw_cell(
    paper: Image.Image, draw: ImageDraw.ImageDraw, cell: _Cell, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    x, y = corner
    wide, high = size
    _write(draw, (x, y), cell.title)
    enlarged = Image.fromarray(cell.rgb).resize(
        size, Image.Resampling.NEAREST if wide >= cell.rgb.shape[1] else Image.Resampling.BOX
    )
    if cell.rim is not None:
        enlarged = _draw_rim(enlarged, cell.rim)
    paper.paste(enlarged, (x, y + _TEXT_PX))
    if not cell.colours:
        return
    bar = paint(np.tile(np.linspace(0, 1, wide), (_BAR_PX - 4, 1)), cell.colours)
    under = y + _TEXT_PX + high + 4
    paper.paste(Image.fromarray(bar), (x, under))
    _write(draw, (x, under + _BAR_PX - 4), cell.low, colour=_QUIET, size_px=13)
    _write(draw, (x + wide, under + _BAR_PX - 4), cell.high, colour=_QUIET, size_px=13, anchor="ra")


def _draw_rim(picture: Image.Image, mask: np.ndarray) -> Image.Image:
    """The picture with a thin line just inside the mask."""
    large = np.asarray(Image.fromarray(mask).resize(picture.size, Image.Resampling.NEAREST))
    inside = np.pad(large, 1)
    inner = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    rgb = np.array(picture)
    rgb[large & ~inner] = _RIM
    return Image.fromarray(rgb)


def _mask_of(attempt: Attempt) -> np.ndarray | None:
    return _result(attempt).mask if attempt.request.task == "reconstruct" else None


def _headline(attempt: Attempt) -> str:
    task = {"reconstruct": "masked region filled in", "deconvolve": "sharpened"}[attempt.request.task]
    return f"{attempt.request.source.name[:90]}: {task}"


def _footline(attempts: Sequence[Attempt], stretch: str) -> str:
    made_by = _result(attempts[0]).provenance
    model = f", {made_by.model_name} {made_by.model_hash[:12]}" if made_by.model_hash else ""
    psf = str(made_by.parameters.get("psf", ""))[:90]
    parts = [f"Galcore {made_by.code_version}{model}", f"stretch: {stretch}", psf]
    return " · ".join(part for part in parts if part)


def _change_words(result: Restoration) -> str:
    """What became of the light, the mean of the bands in which it stands out of the noise."""
    known = [each for each in result.total.relative if np.isfinite(each)]
    change = f"{100 * float(np.mean(known)):+.2g} %" if known else "within the noise"
    return f"put into the mask {change}" if result.task == "reconstruct" else f"light {change}"


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    text: str,
    *,
    size_px: int = 15,
    colour: tuple[int, int, int] = _INK,
    anchor: str = "la",
) -> None:
    printable = "".join(each if each.isprintable() else " " for each in text)
    draw.text(at, printable, colour, font=ImageFont.load_default(size=size_px), anchor=anchor)


def _result(attempt: Attempt) -> Restoration:
    assert attempt.result is not None
    return attempt.result


def _upside_down(result: Restoration) -> Restoration:
    return replace(
        result,
        pixels=result.pixels[:, ::-1],
        sigma=None if result.sigma is None else result.sigma[:, ::-1],
        residual=result.residual[:, ::-1],
        mask=result.mask[::-1],
    )
