"""The consensus of the votes on every question as columns of a table: answer, probability, method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from galcore.consensus import Consensus, Voice, Votes, reach_consensus
from galcore.export.questions import AskedQuestion
from galcore.export.tally import yes_names

ADJUDICATED = "adjudicated"  # method and source of what somebody decided in Review


def votes_consensus(
    votes: pd.DataFrame,
    question: AskedQuestion,
    voice: Voice | None = None,
    *,
    weights: Mapping[str, float] | None = None,
) -> Consensus:
    """Consensus of the votes on one question; see :func:`galcore.consensus.rule.reach_consensus`.

    Args:
        votes: Rows that count; one row a galaxy, person and question.
        question: Which of them, and its answers.
        voice: The model, heard where it is informative.
        weights: What owners made the votes of people count; others count 1.
    """
    own = votes[(votes["question"] == question.name).to_numpy(bool)]
    return reach_consensus(Votes.from_frame(own, question.answers).weighed(weights or {}), voice)


def consensus_columns(
    questions: Sequence[AskedQuestion],
    votes: pd.DataFrame,
    ids: pd.Index,
    *,
    several: bool,
    voice: Voice | None = None,
    weights: Mapping[str, float] | None = None,
    decided: Mapping[tuple[str, str], str] | None = None,
) -> pd.DataFrame:
    """Columns ``consensus``, ``consensus_probability`` and ``consensus_method``, one row a galaxy.

    They are of the first question; of several answers at once the names of those with a yes, and the
    probability of the least sure of them. Where questions have names, each has such columns of its own,
    ``QUESTION_consensus`` and so on.

    Args:
        questions: All of the campaign.
        votes: Rows that count.
        ids: Galaxies in the order of the table.
        several: Whether each question is an answer of its own.
        voice: The model, heard where it is informative.
        weights: What owners made the votes of people count; others count 1.
        decided: Answers by galaxy and question: a decision is the consensus, whatever the votes say.
    """
    told = [
        _columns(
            votes_consensus(votes, question, voice, weights=weights),
            ids,
            {
                galaxy_id: answer
                for (galaxy_id, name), answer in (decided or {}).items()
                if name == question.name
            },
        )
        for question in questions
    ]
    summary = told[0]
    if several:
        summary = told[0].assign(
            consensus=yes_names(questions, [each["consensus"].to_numpy() for each in told]),
            consensus_probability=pd.DataFrame([each["consensus_probability"] for each in told]).min().array,
            consensus_method=_firsts([each["consensus_method"] for each in told]),
        )
    own = [
        each.add_prefix(f"{question.column}_")
        for question, each in zip(questions, told, strict=True)
        if question.name
    ]
    return pd.concat([summary.astype({"consensus": str, "consensus_method": str}), *own], axis=1)


def _columns(consensus: Consensus, ids: pd.Index, decided: Mapping[str, str]) -> pd.DataFrame:
    rows = ids.get_indexer(pd.Index(consensus.galaxy_ids, dtype=object))
    answer, probability = np.full(len(ids), "", dtype=object), np.full(len(ids), np.nan)
    method = np.full(len(ids), "", dtype=object)
    answer[rows], probability[rows], method[rows] = consensus.labels, consensus.confidence, consensus.method
    ends = ids.get_indexer(pd.Index(list(decided), dtype=object))
    answer[ends], probability[ends], method[ends] = list(decided.values()), 1.0, ADJUDICATED
    return pd.DataFrame(
        {
            "consensus": pd.Series(answer, dtype=str),
            "consensus_probability": probability,
            "consensus_method": pd.Series(method, dtype=str),
        }
    )


def _firsts(columns: Sequence[pd.Series]) -> pd.Series:
    """Of each row the first text that is not empty."""
    found = columns[0].astype(object)
    for column in columns[1:]:
        found = found.where(found != "", column.astype(object))
    return found
