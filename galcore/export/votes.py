"""The table of votes: one row for each answer of a person that stands. Pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from galcore.consensus.decisions import reopened
from galcore.types import EventKind, Reason

VOTE_COLUMNS = {
    "galaxy_id": "identifier of the galaxy, always text",
    "annotator": "who answered",
    "question": "question of a tree or of several answers; else empty",
    "answer": "what was answered",
    "explicit": "clicked or keyed, not implied by submitting a grid",
    "reason": "why the galaxy was shown",
    "score": "what the model said when it was shown, 0-1",
    "model_version": "model that gave the score",
    "grid_id": "grid it was shown in",
    "round": "number of that grid for its person",
    "display": "stretch and bands on screen",
    "comment": "what the person wrote",
    "created_at": "when it was stored, UTC",
}
# Answers that measure a person, and decisions, stand beside the vote of the same person and replace none.
NO_VOTES = (Reason.GOLD, Reason.REASK, Reason.ADJUDICATION)


def vote_rows(history: pd.DataFrame) -> pd.DataFrame:
    """Answers that stand, in order of arrival: the last of each person about each galaxy and question.

    Answers to gold items and re-asks, and adjudications, are kept as rows of their own reason; decisions that
    were reopened are not.

    Args:
        history: Every event; see :meth:`galcore.labels.LabelStore.history`.

    Returns:
        Columns of :data:`VOTE_COLUMNS`, ``created_at`` as ISO 8601 text in UTC.
    """
    if "question" not in history:
        history = history.assign(question="")
    is_label = (history["kind"] == str(EventKind.LABEL)).to_numpy(bool)
    labels, ended = history[is_label], reopened(history)
    standing = labels[~labels["undone"].to_numpy(bool) & ~ended[is_label]]
    stream = standing["reason"].where(standing["reason"].isin([str(each) for each in NO_VOTES]), "")
    keys = standing[["galaxy_id", "annotator", "question"]].assign(stream=stream)
    rows = standing[~keys.duplicated(keep="last")].reset_index(drop=True)
    rows = rows.assign(created_at=iso_times(rows["created_at"]), score=rows["score"].astype("float64"))
    return rows[list(VOTE_COLUMNS)]


def counted(votes: pd.DataFrame) -> pd.DataFrame:
    """Those of the rows that count as votes."""
    return votes[~votes["reason"].isin([str(each) for each in NO_VOTES])]


def decisions(votes: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Decided answer per galaxy and question: the last adjudication."""
    decided = votes[votes["reason"] == str(Reason.ADJUDICATION)]
    keys = zip(decided["galaxy_id"].astype(str), decided["question"].astype(str), strict=True)
    return dict(zip(keys, decided["answer"].astype(str), strict=True))


def iso_times(times: pd.Series) -> pd.Series:
    """Times as ISO 8601 text with microseconds and zone; missing ones empty."""
    texts = ["" if pd.isna(time) else time.isoformat(timespec="microseconds") for time in times]
    return pd.Series(np.array(texts, dtype=object), index=times.index, dtype=object)
