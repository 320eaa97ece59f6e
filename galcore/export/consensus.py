"""The consensus of the votes on a question as columns of a table: likeliest answer and its probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.consensus import Consensus, Votes, dawid_skene, majority
from galcore.export.questions import AskedQuestion
from galcore.export.tally import yes_names


def votes_consensus(votes: pd.DataFrame, question: AskedQuestion) -> Consensus:
    """Consensus of the votes on one question: Dawid and Skene where people overlap, else the majority.

    Args:
        votes: Rows that count; one row a galaxy, person and question.
        question: Which of them, and its answers.
    """
    own = votes[(votes["question"] == question.name).to_numpy(bool)]
    given = Votes.from_frame(own, question.answers)
    overlap = bool((given.counts().sum(axis=1) >= 2).any())
    return dawid_skene(given) if overlap and given.n_people > 1 else majority(given)


def consensus_columns(
    questions: Sequence[AskedQuestion], votes: pd.DataFrame, ids: pd.Index, *, several: bool
) -> pd.DataFrame:
    """Columns ``consensus``, ``consensus_probability`` and ``consensus_method``, one row a galaxy.

    Of several answers at once: the names of those with a yes, and the probability of the least sure of them.

    Args:
        questions: All of the campaign; without ``several`` the first one counts.
        votes: Rows that count.
        ids: Galaxies in the order of the table.
        several: Whether each question is an answer of its own.
    """
    wanted = questions if several else questions[:1]
    said: list[NDArray[np.object_]] = []
    sure: list[NDArray[np.float64]] = []
    methods = np.full(len(ids), "", dtype=object)
    for question in wanted:
        consensus = votes_consensus(votes, question)
        rows = ids.get_indexer(pd.Index(consensus.galaxy_ids, dtype=object))
        answer, probability = np.full(len(ids), "", dtype=object), np.full(len(ids), np.nan)
        answer[rows], probability[rows] = consensus.labels, consensus.confidence
        methods[rows] = consensus.method
        said.append(answer)
        sure.append(probability)
    return pd.DataFrame(
        {
            "consensus": pd.Series(yes_names(wanted, said) if several else said[0], dtype=str),
            "consensus_probability": pd.DataFrame(sure).min(axis=0).to_numpy(dtype=float),
            "consensus_method": pd.Series(methods, dtype=str),
        }
    )
