"""What the browser sends: numbered messages, applied in order, acknowledged once the labels are on disk.

The browser sends its whole outbox again until the last number is acknowledged, and again after a restart of
either side. That is harmless, because every event carries a UUID made in the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from galcore.loop.messages import GridAnswer, Submission
from galcore.people import NotAllowedError, Role, require_role
from galcore.types import EventKind, GalcoreError, LabelEvent, Reason
from galcore.ui.components.common.answering import store_answers, take_back_answers
from galcore.ui.components.common.fields import Fields
from galcore.web.metrics import timed_submit
from galcore.workspace import Workspace

_LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """How far the outbox of one browser tab is done.

    Attributes:
        client: The tab.
        number: Everything up to this number is on disk, or was refused for good.
        problem: What a person should know: why something was refused, or why the disk does not take it.
    """

    client: str
    number: int
    problem: str = ""


def apply_outbox(message: object, workspace: Workspace, annotator: str, *, done: int = 0) -> Acknowledgement:
    """Store what an outbox holds beyond number ``done``.

    A message that can never be stored (its campaign is closed, its galaxy unknown) is acknowledged with the
    reason, so that it does not block the ones behind it. When the disk refuses, or this person may not write
    now (paused, made a viewer, removed), nothing further is acknowledged and the browser keeps it.
    """
    outbox = Fields(message)
    client = outbox.text("client")
    problem = ""
    for entry in outbox.entries("items"):
        number = entry.number("n")
        if number <= done:
            continue
        try:
            require_role(workspace.folder, annotator, Role.ANNOTATOR)
            _apply(entry, workspace, annotator)
        except (OSError, NotAllowedError) as error:
            return Acknowledgement(client, done, f"Not saved yet, kept in your browser: {error}")
        except GalcoreError as error:
            problem = f"Not stored: {error}"
        done = number
    return Acknowledgement(client, done, problem)


def _apply(entry: Fields, workspace: Workspace, annotator: str) -> None:
    kind = entry.text("kind")
    apply = _KINDS.get(kind)
    if apply is None:
        raise GalcoreError(f"the browser sent {kind!r}, which this server does not know; reload the page")
    apply(entry, workspace, annotator)


def _submit(entry: Fields, workspace: Workspace, annotator: str) -> None:
    with timed_submit():
        workspace.loop(entry.text("campaign_id")).submit(_submission(entry, annotator))


def _correct(entry: Fields, workspace: Workspace, annotator: str) -> None:
    """Change a submitted grid: a label replaces the one before, "unsure" first takes it back."""
    changed = _submission(entry, annotator)
    taken_back = tuple(
        GridAnswer(answer.galaxy_id, "", f"{answer.event_id}-undo", kind=EventKind.UNDO)
        for answer in changed.answers
        if answer.kind is EventKind.SKIP
    )
    workspace.loop(entry.text("campaign_id")).correct(replace(changed, answers=taken_back + changed.answers))


def _take_back(entry: Fields, workspace: Workspace, annotator: str) -> None:
    answers = tuple(
        GridAnswer(undone.text("galaxy_id"), "", undone.text("event_id"), kind=EventKind.UNDO)
        for undone in entry.entries("undone")
    )
    submission = Submission(grid_id=entry.text("grid_id"), annotator=annotator, answers=answers)
    workspace.loop(entry.text("campaign_id")).correct(submission)


def _flag(entry: Fields, workspace: Workspace, annotator: str) -> None:
    workspace.labels.append(
        [
            LabelEvent(
                event_id=entry.text("event_id"),
                campaign_id=entry.text("campaign_id"),
                galaxy_id=entry.text("galaxy_id"),
                annotator=annotator,
                kind=EventKind.FLAG,
                reason=Reason.QUEUED,
                grid_id=entry.text("grid_id"),
                comment=entry.text("comment", limit=_LONGEST_TEXT),
                display=entry.text("display"),
            )
        ]
    )


_KINDS: dict[str, Callable[[Fields, Workspace, str], None]] = {
    "submit": _submit,
    "correct": _correct,
    "undo": _take_back,
    "flag": _flag,
    # One by one: an abandoned outbox may be adopted by either page, so both know all kinds.
    "answer": store_answers,
    "back": take_back_answers,
}


def _submission(entry: Fields, annotator: str) -> Submission:
    answers = tuple(
        GridAnswer(
            galaxy_id=answer.text("galaxy_id"),
            answer=answer.text("answer"),
            event_id=answer.text("event_id"),
            explicit=answer.flag("explicit"),
            kind=EventKind.SKIP if answer.text("kind") == "skip" else EventKind.LABEL,
        )
        for answer in entry.entries("answers")
    )
    return Submission(
        grid_id=entry.text("grid_id"), annotator=annotator, answers=answers, display=entry.text("display")
    )
