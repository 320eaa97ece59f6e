"""What a person did on the map, read from the browser's message, and the selection it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from galcore.atlas.colours import FILTERED_OUT
from galcore.atlas.polygon import points_in_polygon
from galcore.types import GalcoreError

Kind = Literal["lasso", "point", "open", "clear"]
Mode = Literal["replace", "add", "subtract"]


@dataclass(frozen=True, slots=True)
class Gesture:
    """One gesture.

    Attributes:
        number: Counts up in one browser tab; a gesture is applied once.
        kind: A lasso (a box is one too), a click on a point, opening a galaxy, clearing the selection.
        mode: How it changes the selection.
        polygon: Corners of a lasso in map units.
        row: The point clicked, or -1.
        hidden: Codes switched off in the legend; their galaxies cannot be selected.
    """

    number: int
    kind: Kind
    mode: Mode = "replace"
    polygon: tuple[tuple[float, float], ...] = ()
    row: int = -1
    hidden: tuple[int, ...] = ()


def read_gesture(message: Mapping[str, object]) -> Gesture:
    """A gesture from the browser's message; nothing in it is trusted.

    Raises:
        GalcoreError: If the message is not one that the map sends.
    """
    try:
        kind, mode = str(message["kind"]), str(message.get("mode", "replace"))
        gesture = Gesture(
            number=int(cast(int, message["number"])),
            kind=cast(Kind, kind),
            mode=cast(Mode, mode),
            polygon=tuple((float(x), float(y)) for x, y in cast(Sequence, message.get("polygon", ()))),
            row=int(cast(int, message.get("row", -1))),
            hidden=tuple(int(code) for code in cast(Sequence, message.get("hidden", ()))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GalcoreError("the map sent a gesture that cannot be read; reload the page") from error
    if kind not in get_args(Kind) or mode not in get_args(Mode):
        raise GalcoreError("the map sent an unknown gesture; reload the page")
    return gesture


def apply_gesture(
    gesture: Gesture, selected: Sequence[str], galaxy_ids: NDArray, xy: NDArray, codes: NDArray[np.uint8]
) -> tuple[str, ...]:
    """The selection after ``gesture``.

    Args:
        gesture: What was done.
        selected: Selection so far; galaxies that are not on the map stay in it unless it is replaced.
        galaxy_ids: Of the map, ``(N,)``.
        xy: Of the map, ``(N, 2)``.
        codes: As drawn, ``(N,)``; what is not drawn cannot be selected.
    """
    if gesture.kind == "clear":
        return ()
    if gesture.kind == "open":
        return tuple(selected)
    touched = touched_rows(gesture, xy, codes)
    names = galaxy_ids[touched].tolist()
    if gesture.mode == "subtract":
        gone = set(names)
        return tuple(each for each in selected if each not in gone)
    before = selected if gesture.mode == "add" else ()
    return tuple(dict.fromkeys((*before, *names)))


def touched_rows(gesture: Gesture, xy: NDArray, codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Rows of the galaxies that a gesture touches, among those that are drawn."""
    drawn = (codes != FILTERED_OUT) & ~np.isin(codes, gesture.hidden)
    if gesture.kind == "point":
        valid = 0 <= gesture.row < len(xy) and drawn[gesture.row]
        return np.array([gesture.row] if valid else [], dtype=np.int64)
    return np.flatnonzero(points_in_polygon(xy, gesture.polygon) & drawn)
