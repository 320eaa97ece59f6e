"""One byte a galaxy says how it is drawn on the map, and a legend says what the bytes mean.

Classes take the palette of Okabe & Ito (2008), which people with any common colour blindness tell apart,
the most frequent first; numbers run through cividis (Nuñez, Anderton & Renslow 2018, PLoS ONE 13), ordered by
lightness, its dark end raised because points lie on a near-black ground. What is not known is grey, never the
low end of the scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MISSING = 255
FILTERED_OUT = 254
N_LEVELS = 254
MAX_CLASSES = 10
LOG_RATIO, LOG_MEDIAN = 20.0, 0.15
"""Numbers over more than this ratio whose median lies this low are shown by their logarithm."""
MISSING_COLOUR = "#7d8597"
OTHER_COLOUR = "#b9bfcc"
CLASS_COLOURS = (
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#CC79A7",
    "#D55E00",
    "#6F8FFF",
    "#A6761D",
    "#F4C2C2",
    "#7FDBB6",
)
NUMBER_COLOURS = (
    "#3f5f9e",
    "#4f628a",
    "#626b7c",
    "#757575",
    "#8e8978",
    "#a89d75",
    "#c4b46c",
    "#e1cc55",
    "#fee838",
)


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One class: its code, what it is called, how many there are, its colour."""

    code: int
    label: str
    count: int
    colour: str


@dataclass(frozen=True, slots=True)
class PointColours:
    """How every galaxy is drawn.

    Attributes:
        codes: ``(N,)`` uint8: class number, or level 0-253 of a number; 255 missing, 254 not drawn.
        title: What is coloured by.
        kind: Whether codes are classes or levels.
        entries: The classes that occur (with the missing ones as the last); of numbers, only the missing.
        low: Value of level 0, for numbers.
        high: Value of the last level, for numbers.
        is_log: Levels are even steps of the logarithm.
    """

    codes: NDArray[np.uint8]
    title: str
    kind: Literal["classes", "numbers"]
    entries: tuple[LegendEntry, ...]
    low: float | None = None
    high: float | None = None
    is_log: bool = False

    def level_values(self, levels: NDArray) -> NDArray[np.float64]:
        """Numbers that levels 0-253 stand for; NaN where the colours are classes."""
        if self.low is None or self.high is None:
            return np.full(np.shape(levels), np.nan)
        share = np.asarray(levels, dtype=np.float64) / (N_LEVELS - 1)
        if self.is_log:
            return self.low * (self.high / self.low) ** share
        return self.low + share * (self.high - self.low)


def colour_points(values: pd.Series, *, title: str, order: Sequence[str] = ()) -> PointColours:
    """Colours for any column: classes for text, booleans and few whole numbers, else a scale.

    Args:
        values: One value a galaxy, in the order of the map.
        title: What the legend is headed with.
        order: Class names that take the first colours in this order, whatever their counts.
    """
    if _is_continuous(values):
        return _colour_numbers(values, title)
    return _colour_classes(values, title, order)


def hide_points(colours: PointColours, keep: NDArray[np.bool_]) -> PointColours:
    """The same colours with galaxies outside ``keep`` ``(N,)`` not drawn, and the legend counted again."""
    codes = colours.codes.copy()
    codes[~keep] = FILTERED_OUT
    counts = np.bincount(codes, minlength=256)
    entries = tuple(
        LegendEntry(each.code, each.label, int(counts[each.code]), each.colour) for each in colours.entries
    )
    return replace(colours, codes=codes, entries=entries)


def _is_continuous(values: pd.Series) -> bool:
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return False
    known = values.dropna().unique()
    return len(known) > MAX_CLASSES or bool(np.any(np.mod(known, 1) != 0))


def _colour_numbers(values: pd.Series, title: str) -> PointColours:
    """Levels between the 1st and the 99th percentile, so that one wild value does not flatten the rest.

    The steps are logarithmic where nearly all values are positive and would crowd at one end otherwise.
    """
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(numbers)
    low, middle, high = np.percentile(numbers[known], [1, 50, 99]) if known.any() else (0.0, 0.5, 1.0)
    if not high > low:
        high = low + 1.0
    is_log = bool(low > 0 and high / low > LOG_RATIO and (middle - low) / (high - low) < LOG_MEDIAN)
    spread = np.clip(np.where(known, numbers, low), low, high)
    share = np.log(spread / low) / np.log(high / low) if is_log else (spread - low) / (high - low)
    codes = np.where(known, np.round(share * (N_LEVELS - 1)), MISSING).astype(np.uint8)
    n_missing = int((~known).sum())
    missing = (LegendEntry(MISSING, "unknown", n_missing, MISSING_COLOUR),) if n_missing else ()
    return PointColours(codes, title, "numbers", missing, float(low), float(high), is_log)


def _colour_classes(values: pd.Series, title: str, order: Sequence[str]) -> PointColours:
    names = values.map(_class_name)
    counts = names.value_counts()
    counts = counts[counts.index != ""]
    first = [name for name in order if name in counts.index]
    ranked = first + [name for name in counts.index if name not in first]
    shown = ranked if len(ranked) <= MAX_CLASSES else ranked[: MAX_CLASSES - 1]
    code_of = {name: code for code, name in enumerate(shown)}
    other = len(shown)
    codes = np.array(
        [MISSING if name == "" else code_of.get(name, other) for name in names.tolist()], dtype=np.uint8
    )
    entries = [
        LegendEntry(code, name, int(counts[name]), CLASS_COLOURS[code]) for name, code in code_of.items()
    ]
    if len(ranked) > len(shown):
        n_other = int(counts[ranked[len(shown) :]].sum())
        label = f"{len(ranked) - len(shown)} other values"
        entries.append(LegendEntry(other, label, n_other, OTHER_COLOUR))
    if (n_missing := int((codes == MISSING).sum())) > 0:
        entries.append(LegendEntry(MISSING, "none", n_missing, MISSING_COLOUR))
    return PointColours(codes, title, "classes", tuple(entries))


def _class_name(value: object) -> str:
    """Text of a class; whole floats lose their ``.0``, missing values are empty."""
    if value is None or value is pd.NA or value != value:  # NaN is not equal to itself
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)
