"""Answers of people as label events, and the events that take them back: pure functions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from galcore.loop.messages import GridAnswer, Submission
from galcore.types import EventKind, Grid, LabelEvent, Reason, ShownItem


def label_events(
    submission: Submission,
    campaign_id: str,
    *,
    grid: Grid | None,
    standing: Mapping[str, str],
    model_version: str,
) -> list[LabelEvent]:
    """One event an answer, with the reason and the score the galaxy was shown with.

    Args:
        submission: What a person said.
        campaign_id: Campaign it belongs to.
        grid: The grid it answers; ``None`` for galaxies labelled elsewhere, which count as queued.
        standing: Event behind this person's answer about each galaxy; what an undo takes back. An undo of a
            galaxy without one is left out.
        model_version: Learner that is current, for answers given outside a grid.
    """
    shown = {item.galaxy_id: item for item in grid.items} if grid else {}
    events = []
    for answer in submission.answers:
        undoes = standing.get(answer.galaxy_id, "") if answer.kind is EventKind.UNDO else ""
        if answer.kind is EventKind.UNDO and not undoes:
            continue
        item = shown.get(answer.galaxy_id, ShownItem(answer.galaxy_id, Reason.QUEUED))
        events.append(
            LabelEvent(
                event_id=answer.event_id,
                campaign_id=campaign_id,
                galaxy_id=answer.galaxy_id,
                annotator=submission.annotator,
                kind=answer.kind,
                answer=_answer_text(answer),
                explicit=answer.explicit,
                reason=item.reason,
                score=item.score,
                model_version=grid.model_version if grid else model_version,
                grid_id=submission.grid_id,
                round=grid.round if grid else 0,
                undoes=undoes,
                comment=answer.comment,
                display=submission.display,
            )
        )
    return events


def standing_events(history: pd.DataFrame, annotator: str) -> dict[str, str]:
    """The event behind a person's answer (or skip) about each galaxy, as it stands now.

    Args:
        history: All events of the campaign in order of arrival, with ``undone``.
        annotator: The person.
    """
    mine = history[_standing_of(history, annotator)]
    return dict(zip(mine["galaxy_id"].astype(str), mine["event_id"].astype(str), strict=True))


def undo_events(history: pd.DataFrame, annotator: str) -> tuple[list[LabelEvent], str]:
    """Events that take back the person's last action, and the grid it was about.

    One action is what arrived in one commit: a submitted grid, a correction, an answer given elsewhere.

    Returns:
        Nothing and an empty name when there is nothing to take back.
    """
    mine = history[_standing_of(history, annotator)]
    if mine.empty:
        return [], ""
    last = mine.iloc[-1]
    action = mine[(mine["created_at"] == last["created_at"]) & (mine["grid_id"] == last["grid_id"])]
    undoing = [
        LabelEvent(
            event_id=str(uuid.uuid4()),
            campaign_id=str(row.campaign_id),
            galaxy_id=str(row.galaxy_id),
            annotator=annotator,
            kind=EventKind.UNDO,
            grid_id=str(row.grid_id),
            round=int(row.round),
            undoes=str(row.event_id),
        )
        for row in action.itertuples()
    ]
    return undoing, str(last["grid_id"])


def _standing_of(history: pd.DataFrame, annotator: str) -> NDArray[np.bool_]:
    stands = ~history["undone"].to_numpy(bool) & (history["kind"] != str(EventKind.UNDO)).to_numpy(bool)
    answers = (history["reason"] != str(Reason.ADJUDICATION)).to_numpy(bool)  # decisions are Review's own
    return stands & answers & (history["annotator"] == annotator).to_numpy(bool)


def _answer_text(answer: GridAnswer) -> str:
    return answer.answer if answer.kind is EventKind.LABEL else ""
