"""Files with one row a vote, as ``labels export`` writes them: taken exactly as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from galcore.exchange.result import event_id
from galcore.exchange.rows import SourceRow, SourceTable
from galcore.export.votes import VOTE_COLUMNS
from galcore.questions import check_answer
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent, LeftOut, Reason

NEEDED = ("galaxy_id", "annotator", "answer")
FUTURE = timedelta(hours=1)
_TRUE, _FALSE = ("true", "1", "t", "yes"), ("false", "0", "f", "no")


class FieldError(GalcoreError):
    """What is wrong with one field of a row."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def read_votes(
    table: SourceTable, campaign: Campaign, *, known: frozenset[str] | None
) -> tuple[list[tuple[str, LabelEvent]], list[LeftOut]]:
    """The votes of a table as events, each with its place, and what was left out.

    Args:
        table: Columns ``galaxy_id``, ``annotator``, ``answer`` at least; the others of
            :data:`galcore.export.votes.VOTE_COLUMNS` where they are there.
        campaign: Whose questions they answer.
        known: Galaxies there are; ``None``: every id is taken.

    Raises:
        GalcoreError: If a column that is needed is missing.
    """
    missing = [name for name in NEEDED if name not in table.columns]
    if missing:
        raise GalcoreError(
            f"{table.path}, line 1: there is no column {missing[0]!r}; a file of votes has "
            f"{', '.join(NEEDED)} and may have {', '.join(set(VOTE_COLUMNS) - set(NEEDED))}"
        )
    votes: list[tuple[str, LabelEvent]] = []
    left_out: list[LeftOut] = []
    taken: set[str] = set()
    for row in table.rows:
        try:
            event = _event(row, campaign, known)
        except FieldError as error:
            left_out.append(LeftOut(f"{row.place}, column {error.column}", str(error)))
            continue
        if event.event_id in taken:
            left_out.append(LeftOut(row.place, "the same vote stands there already"))
            continue
        taken.add(event.event_id)
        votes.append((row.place, event))
    return votes, left_out


def _event(row: SourceRow, campaign: Campaign, known: frozenset[str] | None) -> LabelEvent:
    values = row.values
    for name in NEEDED:
        if not values[name].strip():
            raise FieldError(name, "is empty")
    galaxy_id, question, answer = values["galaxy_id"], values.get("question", ""), values["answer"]
    if known is not None and galaxy_id not in known:
        raise FieldError("galaxy_id", f"{galaxy_id!r} is no galaxy of this workspace")
    try:
        check_answer(campaign, question, answer)
    except GalcoreError as error:
        raise FieldError("answer", str(error)) from error
    said = [values.get(name, "") for name in VOTE_COLUMNS]
    return LabelEvent(
        event_id=event_id(campaign.campaign_id, *said),
        campaign_id=campaign.campaign_id,
        galaxy_id=galaxy_id,
        annotator=values["annotator"],
        kind=EventKind.LABEL,
        answer=answer,
        explicit=_truth(values, "explicit"),
        reason=_reason(values),
        score=_number(values, "score"),
        model_version=values.get("model_version", ""),
        grid_id=values.get("grid_id", ""),
        round=int(_number(values, "round") or 0),
        comment=values.get("comment", ""),
        display=values.get("display", ""),
        created_at=_time(values, "created_at"),
        question=question,
    )


def _truth(values: Mapping[str, str], column: str) -> bool:
    text = values.get(column, "").strip().casefold()
    if text not in (*_TRUE, *_FALSE, ""):
        raise FieldError(column, f"{values[column]!r} is neither true nor false")
    return text not in _FALSE


def _reason(values: Mapping[str, str]) -> Reason:
    text = values.get("reason", "").strip()
    try:
        return Reason(text) if text else Reason.QUEUED
    except ValueError as error:
        raise FieldError("reason", f"{text!r} is none of {', '.join(Reason)}") from error


def _number(values: Mapping[str, str], column: str) -> float | None:
    text = values.get(column, "").strip()
    try:
        return float(text) if text else None
    except ValueError as error:
        raise FieldError(column, f"{text!r} is no number") from error


def _time(values: Mapping[str, str], column: str) -> datetime | None:
    text = values.get(column, "").strip()
    return parse_time(text, column) if text else None


def parse_time(text: str, column: str) -> datetime:
    """A time in ISO 8601 or as Zooniverse writes it (``2017-05-01 12:00:00 UTC``); UTC without a zone."""
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError as error:
        raise FieldError(column, f"{text!r} is no time such as 2026-01-31T12:00:00+00:00") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > datetime.now(UTC) + FUTURE:
        raise FieldError(column, f"{text!r} lies in the future")
    return moment
