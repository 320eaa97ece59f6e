"""Numbers about a campaign: who did how much, what was confused with what, how far probabilities hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.types import EventKind

PAUSE_S = 300.0  # a gap longer than that is a break, not work
Z_95 = 1.959964


def person_table(history: pd.DataFrame) -> pd.DataFrame:
    """What each person did.

    Args:
        history: Every event in order, with ``undone``.

    Returns:
        Columns ``annotator``, ``labels`` (galaxies answered and not taken back), ``explicit`` (of those,
        clicked or keyed rather than implied), ``skips``, ``flags``, ``undone``, ``grids``,
        ``labels_per_minute`` (breaks over five minutes left out; NaN below two grids), ``first_at``,
        ``last_at``.
    """
    rows = [_person(annotator, events) for annotator, events in history.groupby("annotator", sort=True)]
    columns = [
        "annotator", "labels", "explicit", "skips", "flags", "undone", "grids", "labels_per_minute",
        "first_at", "last_at",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("labels", ascending=False, ignore_index=True)


def _person(annotator: object, events: pd.DataFrame) -> tuple[object, ...]:
    standing = events[~events["undone"].astype(bool)]
    labels = standing[standing["kind"] == EventKind.LABEL].drop_duplicates("galaxy_id", keep="last")
    return (
        annotator,
        len(labels),
        int(labels["explicit"].sum()),
        int((standing["kind"] == EventKind.SKIP).sum()),
        int((standing["kind"] == EventKind.FLAG).sum()),
        int((events["kind"] == EventKind.UNDO).sum()),
        int(labels.loc[labels["grid_id"] != "", "grid_id"].nunique()),
        labels_per_minute(events.loc[events["kind"] == EventKind.LABEL, "created_at"]),
        events["created_at"].min(),
        events["created_at"].max(),
    )


def labels_per_minute(moments: pd.Series) -> float:
    """Pace of one person from the times of the labels, breaks left out.

    A grid arrives whole, so the labels of the first moment took an unknown time and do not count.
    """
    per_moment = moments.value_counts().sort_index()
    gaps_s = per_moment.index.to_series().diff().dt.total_seconds().to_numpy()
    at_work = np.isfinite(gaps_s) & (gaps_s > 0) & (gaps_s <= PAUSE_S)
    if not at_work.any():
        return float("nan")
    return float(60 * per_moment.to_numpy()[at_work].sum() / gaps_s[at_work].sum())


def truth_answers(truth: pd.Series, answers: tuple[str, ...], mode: str) -> pd.Series:
    """Values of a truth column in the words of the campaign; null where they say nothing.

    Text that equals an answer (letter case aside) is that answer. In a binary campaign true, 1 and yes mean
    the first answer; false, 0, no and, where the first answer occurs, every other value the second.

    >>> truth_answers(pd.Series([1, 0, None]), ("barred", "not barred"), "binary").tolist()[:2]
    ['barred', 'not barred']
    """
    by_name = {answer.casefold(): answer for answer in answers}
    words = truth.map(_word, na_action="ignore")
    said = words.map(by_name)
    if mode != "binary":
        return said
    positive, negative = answers[0], answers[1]
    switches = {
        **dict.fromkeys(("true", "1", "yes"), positive),
        **dict.fromkeys(("false", "0", "no"), negative),
    }
    said = said.where(said.notna(), words.map(switches))
    if (said == positive).any():
        said = said.where(said.notna() | words.isna(), negative)
    return said


def _word(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()


def confusion(true: pd.Series, given: pd.Series, answers: tuple[str, ...]) -> NDArray[np.integer]:
    """Confusion matrix ``(K, K)``: rows the truth, columns what was given; pairs with a null are left out.

    >>> confusion(pd.Series(["a", "a", "b"]), pd.Series(["a", "b", None]), ("a", "b")).tolist()
    [[1, 1], [0, 0]]
    """
    position = {answer: index for index, answer in enumerate(answers)}
    matrix = np.zeros((len(answers), len(answers)), dtype=int)
    for row, column in zip(true.map(position), given.map(position), strict=True):
        if not (pd.isna(row) or pd.isna(column)):
            matrix[int(row), int(column)] += 1
    return matrix


def calibration(
    probabilities: NDArray[np.floating], outcomes: NDArray[np.bool_], *, n_bins: int = 10
) -> pd.DataFrame:
    """Reliability of probabilities: the share that came true among those told about the same.

    Bins hold about equally many galaxies, so that no point rests on one.

    Args:
        probabilities: Told before the outcome was known, ``(N,)``, 0-1.
        outcomes: What came true, ``(N,)``.
        n_bins: At most so many points; fewer when there are under ten galaxies each.

    Returns:
        Columns ``told`` (mean probability), ``came_true`` (share), ``low``, ``high`` (95 % Wilson), ``n``.
    """
    columns = ["told", "came_true", "low", "high", "n"]
    if len(probabilities) == 0:
        return pd.DataFrame(columns=columns)
    order = np.argsort(probabilities, kind="stable")
    bins = np.array_split(order, min(n_bins, max(1, len(order) // 10)))
    rows = []
    for members in bins:
        hits, n = int(outcomes[members].sum()), len(members)
        rows.append((float(probabilities[members].mean()), hits / n, *wilson(hits, n), n))
    return pd.DataFrame(rows, columns=columns)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % Wilson interval of a share (Wilson 1927); (0, 1) when nothing was seen."""
    if n == 0:
        return 0.0, 1.0
    centre = (hits + Z_95**2 / 2) / (n + Z_95**2)
    half = Z_95 / (n + Z_95**2) * np.sqrt(hits * (n - hits) / n + Z_95**2 / 4)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))
