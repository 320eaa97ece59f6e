"""Numbers about a campaign: answers beside the truth, and how far probabilities hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.evaluate.metrics import wilson_interval


def truth_answers(truth: pd.Series, answers: tuple[str, ...], mode: str) -> pd.Series:
    """Values of a truth column in the words of the campaign; null where they say nothing.

    Text that equals an answer (letter case aside) is that answer. In a binary campaign true, 1 and yes mean
    the first answer; false, 0, no and, where the first answer occurs, every other value the second.

    >>> truth_answers(pd.Series([1, 0, None]), ("barred", "not barred"), "binary").tolist()[:2]
    ['barred', 'not barred']
    """
    by_name = {answer.casefold(): answer for answer in answers}
    words = truth.astype(object).map(_word, na_action="ignore")
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
        share = wilson_interval(float(outcomes[members].sum()), len(members))
        if share is not None:
            told = float(probabilities[members].mean())
            rows.append((told, share.value, share.low, share.high, len(members)))
    return pd.DataFrame(rows, columns=columns)
