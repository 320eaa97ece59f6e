"""How a campaign stands, told from its state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from galcore.evaluate.metrics import Interval
from galcore.loop.curve import AuditSample, CurvePoint, audit_rows, learning_curve, prevalence, remaining
from galcore.loop.messages import LoopStatus
from galcore.loop.pace import Pace
from galcore.loop.state import LoopState

_FREE_S = 0.02  # figures that are told in this time are always the newest
_REST = 20.0  # others take a twentieth of the time at most


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


@dataclass(frozen=True, slots=True)
class Figures:
    """What is the same for all people of a campaign; fields as in :class:`LoopStatus`.

    Of the question in focus; galaxies that will not be asked it are answered otherwise.
    """

    answered: int
    positives: int
    tally: tuple[int, ...]
    curve: tuple[CurvePoint, ...]
    prevalence: Interval | None
    remaining: Interval | None
    audited: int


def tell_figures(
    state: LoopState, order: NDArray[np.intp], promised: NDArray[np.bool_], n_answers: int
) -> Figures:
    """Tally, curve and estimates of the question in focus, with ``n_answers``; see :func:`audit_sample`."""
    majority = state.majority()
    tally = np.bincount(majority[majority >= 0], minlength=state.explicit.shape[1])
    sample = audit_sample(state, order, promised)
    binary = n_answers == 2  # the stored score of several answers is of the likeliest one, not of the first
    return Figures(
        answered=int(tally.sum()),
        positives=int(tally[0]),
        tally=tuple(int(count) for count in tally[:n_answers]),
        curve=learning_curve(sample) if binary else (),
        prevalence=prevalence(sample),
        remaining=remaining(sample, n_galaxies=len(order), found=int(tally[0]), n_answered=int(tally.sum())),
        audited=len(sample.positive),
    )


class FigureKeeper:
    """The figures of a campaign, told anew when there are new answers; in a large one not at each of them."""

    def __init__(self, n_answers: int) -> None:
        self._n_answers = n_answers
        self._pace = Pace(rest=_REST, free_s=_FREE_S)
        self._state: LoopState | None = None
        self._figures: Figures | None = None

    def tell(
        self, state: LoopState, order: NDArray[np.intp], promised: Callable[[], NDArray[np.bool_]]
    ) -> Figures:
        """Figures of this state, or of one shortly before."""
        if self._figures is None or (state is not self._state and not self._pace.wait_s):
            with self._pace.measured():
                self._figures = tell_figures(state, order, promised(), self._n_answers)
            self._state = state
        return self._figures


def tell_status(
    state: LoopState,
    figures: Figures,
    *,
    n_galaxies: int,
    annotator: str,
    round_number: int,
    model_version: str,
    ready: bool,
    present: tuple[str, ...],
) -> LoopStatus:
    """Everything the strip beside the grid shows; see :class:`LoopStatus`."""
    return LoopStatus(
        round=round_number,
        labels_mine=state.labels_by.get(annotator, 0),
        labels_all=sum(state.labels_by.values()),
        galaxies_answered=figures.answered,
        n_galaxies=n_galaxies,
        positives=figures.positives,
        tally=figures.tally,
        present=present,
        model_version=model_version,
        ready=ready,
        curve=figures.curve,
        prevalence=figures.prevalence,
        remaining=figures.remaining,
        audited=figures.audited,
        recent_yield=state.recent_yield,
    )
