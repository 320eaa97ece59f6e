"""How a campaign stands, told from its state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from galcore.loop.curve import AuditSample, audit_rows, learning_curve, prevalence, remaining
from galcore.loop.messages import LoopStatus
from galcore.loop.state import LoopState


def audit_sample(state: LoopState, order: NDArray[np.intp], promised: NDArray[np.bool_]) -> AuditSample:
    """The uniform sample of a campaign.

    Args:
        state: Votes and looks.
        order: (N,) rows in the audit order.
        promised: (N,) galaxies in a grid that waits for an answer.
    """
    rows = audit_rows(order, state.answered, state.touched | promised)
    return AuditSample(
        positive=state.majority()[rows] == 0,
        scores=state.first_score[rows],
        labels=np.searchsorted(state.labels_before, state.first_seq[rows], side="left"),
    )


def tell_status(
    state: LoopState,
    order: NDArray[np.intp],
    promised: NDArray[np.bool_],
    *,
    n_answers: int,
    annotator: str,
    round_number: int,
    model_version: str,
    ready: bool,
    present: tuple[str, ...],
) -> LoopStatus:
    """Everything the strip beside the grid shows; see :class:`LoopStatus`.

    Of the question in focus, which has ``n_answers``; galaxies that will not be asked it are answered
    otherwise.
    """
    majority = state.majority()
    tally = np.bincount(majority[majority >= 0], minlength=state.explicit.shape[1])
    n_answered = int(tally.sum())
    sample = audit_sample(state, order, promised)
    binary = n_answers == 2  # the stored score of several answers is of the likeliest one, not of the first
    return LoopStatus(
        round=round_number,
        labels_mine=state.labels_by.get(annotator, 0),
        labels_all=sum(state.labels_by.values()),
        galaxies_answered=n_answered,
        n_galaxies=len(order),
        positives=int(tally[0]),
        tally=tuple(int(count) for count in tally[:n_answers]),
        present=present,
        model_version=model_version,
        ready=ready,
        curve=learning_curve(sample) if binary else (),
        prevalence=prevalence(sample),
        remaining=remaining(sample, n_galaxies=len(order), found=int(tally[0]), n_answered=n_answered),
        audited=len(sample.positive),
        recent_yield=state.recent_yield,
    )
