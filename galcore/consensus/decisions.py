"""Which adjudications are in force: the last one of a galaxy and question, unless it was taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus.result import Consensus
from galcore.types import EventKind, Reason


def standing_decisions(events: pd.DataFrame) -> pd.DataFrame:
    """The decision in force of each galaxy and question, in order of arrival.

    A decision ends by an undo of its maker, a later decision of anybody, or by being reopened: a flag with
    the reason ``adjudication``, which takes nothing away from the history.

    Args:
        events: From ``LabelStore.history``, in order of arrival, with ``undone``.
    """
    ruled = _rulings(events).drop_duplicates(["galaxy_id", "question"], keep="last")
    return ruled[(ruled["kind"] == str(EventKind.LABEL)).to_numpy(bool)]


def settle(consensus: Consensus, decided: Mapping[str, str]) -> Consensus:
    """The consensus with decided galaxies sure of their decision; how good people are stays as it was.

    Args:
        consensus: Of the votes.
        decided: Answer by galaxy, of decisions in force.
    """
    places = {answer: place for place, answer in enumerate(consensus.answers)}
    chosen = np.array([places.get(decided.get(str(each), ""), -1) for each in consensus.galaxy_ids], np.intp)
    rows = np.flatnonzero(chosen >= 0)
    probabilities = consensus.probabilities.copy()
    probabilities[rows] = np.eye(len(places))[chosen[rows]]
    return replace(consensus, probabilities=probabilities)


def reopened(events: pd.DataFrame) -> NDArray[np.bool_]:
    """(E,) decisions that somebody reopened later, so that they decide nothing any more."""
    ruled = _rulings(events)
    flags = ruled[(ruled["kind"] == str(EventKind.FLAG)).to_numpy(bool)]
    last = flags.groupby(["galaxy_id", "question"])["seq"].max()
    if last.empty:
        return np.zeros(len(events), dtype=bool)
    pairs = pd.MultiIndex.from_frame(events[["galaxy_id", "question"]])
    until = last.reindex(pairs).to_numpy(dtype=float)
    decides = (events["kind"] == str(EventKind.LABEL)) & (events["reason"] == str(Reason.ADJUDICATION))
    return decides.to_numpy(bool) & (events["seq"].to_numpy(dtype=float) < until)


def _rulings(events: pd.DataFrame) -> pd.DataFrame:
    """Decisions and reopenings that were not undone."""
    ruled = events[
        (events["reason"] == str(Reason.ADJUDICATION)).to_numpy(bool)
        & events["kind"].isin([str(EventKind.LABEL), str(EventKind.FLAG)]).to_numpy(bool)
        & ~events["undone"].to_numpy(bool)
    ]
    return ruled if "question" in ruled else ruled.assign(question="")
