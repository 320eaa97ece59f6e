"""Answers given one galaxy at a time, as label events, and the events that take them back."""

from __future__ import annotations

from dataclasses import replace

from galcore.loop.events import label_events
from galcore.loop.messages import GridAnswer, Submission
from galcore.loop.session import CampaignLoop
from galcore.people import Role, require_role
from galcore.types import EventKind, GalcoreError, Grid, LabelEvent
from galcore.ui.components.common.fields import Fields
from galcore.web.metrics import timed_submit
from galcore.workspace import Workspace


def store_answers(entry: Fields, workspace: Workspace, annotator: str) -> None:
    """Store what was said about one galaxy: an answer, all of several at once, or that it was skipped.

    Raises:
        NotAllowedError: If this person may not label here now.
        GalcoreError: If the galaxy is not here, or the campaign does not take the answer.
    """
    require_role(workspace.folder, annotator, Role.ANNOTATOR)
    campaign_id, galaxy_id = entry.text("campaign_id"), entry.text("galaxy_id")
    with timed_submit():
        loop = workspace.loop(campaign_id)
        said = entry.entries("answers")
        submission = Submission(
            grid_id=entry.text("grid_id"),
            annotator=annotator,
            answers=tuple(_answer(each, galaxy_id) for each in said),
            display=entry.text("display"),
        )
        grid = _shown_in(loop, submission, galaxy_id)
        if grid is None and galaxy_id not in workspace.images:
            raise GalcoreError(f"there is no galaxy {galaxy_id!r} here")
        events = label_events(
            submission, campaign_id, grid=grid, standing={}, model_version=loop.model_version
        )
        asked = [each.text("question") for each in said]
        workspace.labels.append(
            [replace(event, question=question) for event, question in zip(events, asked, strict=True)]
        )


def take_back_answers(entry: Fields, workspace: Workspace, annotator: str) -> None:
    """Take back what was said about one galaxy, event by event; it stays in the hands of its person.

    Raises:
        NotAllowedError: If this person may not label here now.
        GalcoreError: If an event is not named, or the campaign takes nothing now.
    """
    require_role(workspace.folder, annotator, Role.ANNOTATOR)
    campaign_id, galaxy_id = entry.text("campaign_id"), entry.text("galaxy_id")
    events = [
        LabelEvent(
            event_id=undone.text("event_id"),
            campaign_id=campaign_id,
            galaxy_id=galaxy_id,
            annotator=annotator,
            kind=EventKind.UNDO,
            undoes=undone.text("undoes"),
            grid_id=entry.text("grid_id"),
        )
        for undone in entry.entries("undone")
    ]
    n_stored = workspace.labels.append(events)
    # The store holds on to a galaxy whose answer is taken back; one that was skipped is asked for again.
    if n_stored and any(undone.text("kind") == "skip" for undone in entry.entries("undone")):
        workspace.labels.lease(campaign_id, annotator, [galaxy_id])


def _shown_in(loop: CampaignLoop, submission: Submission, galaxy_id: str) -> Grid | None:
    """The grid in which this person was shown the galaxy: it knows why, and with which score."""
    grid = loop.find_grid(submission) if submission.grid_id else None
    return grid if grid is not None and any(item.galaxy_id == galaxy_id for item in grid.items) else None


def _answer(said: Fields, galaxy_id: str) -> GridAnswer:
    return GridAnswer(
        galaxy_id=galaxy_id,
        answer=said.text("answer"),
        event_id=said.text("event_id"),
        explicit=said.flag("explicit"),
        kind=EventKind.SKIP if said.text("kind") == "skip" else EventKind.LABEL,
    )
