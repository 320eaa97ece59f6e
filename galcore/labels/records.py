"""Rows of the label store as values, and back: campaigns, events and recorded grids."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import get_args

from galcore.questions import check_answer, questions_of, validate_questions
from galcore.types import (
    ALL_QUESTIONS,
    Campaign,
    CampaignState,
    EventKind,
    ExampleImage,
    GalcoreError,
    GoldItem,
    Grid,
    LabelEvent,
    Shares,
    Visibility,
)

LONGEST_NAME = 200
LONGEST_TEXT = 10_000
LARGEST_OVERLAP = 1_000
LARGEST_MEASURED_SHARE = 0.5  # of a grid, gold and re-asks together: the rest is work
EVENT_COLUMNS = (
    ("seq", "BIGINT"),
    ("event_id", "VARCHAR"),
    ("campaign_id", "VARCHAR"),
    ("campaign_version", "INTEGER"),
    ("galaxy_id", "VARCHAR"),
    ("annotator", "VARCHAR"),
    ("kind", "VARCHAR"),
    ("answer", "VARCHAR"),
    ("explicit", "BOOLEAN"),
    ("reason", "VARCHAR"),
    ("score", "DOUBLE"),
    ("model_version", "VARCHAR"),
    ("grid_id", "VARCHAR"),
    ("round", "INTEGER"),
    ("undoes", "VARCHAR"),
    ("comment", "VARCHAR"),
    ("display", "VARCHAR"),
    ("created_at", "TIMESTAMP"),
    ("question", "VARCHAR"),
)
_TEXT_FIELDS = tuple(
    name for name, column_type in EVENT_COLUMNS if column_type == "VARCHAR" and name not in ("kind", "reason")
)


@dataclass(frozen=True, slots=True)
class RecordedGrid:
    """A grid as it was shown, and what the person it was shown to says about its galaxies now.

    Attributes:
        grid: What was shown and why.
        shown_at: When it was composed, UTC.
        submitted_at: When its first answer that still stands arrived, UTC; ``None`` while it waits (also
            after all of its answers were undone).
        answers: Answer per galaxy as it stands now, wherever it was given; galaxies without one are absent.
            Of a galaxy that was asked again, the answer that was given here. Where a galaxy is asked
            several questions, the last one.
        event_ids: Event behind each of ``answers``, to take back in a correction.
        skipped: Galaxies seen in this grid and left undecided, with the event that says so.
    """

    grid: Grid
    shown_at: datetime
    submitted_at: datetime | None
    answers: dict[str, str] = field(default_factory=dict)
    event_ids: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def now_utc() -> datetime:
    """The time now as the store writes it: UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def as_utc(moment: datetime) -> datetime:
    """A time read from the store, with its zone."""
    return moment.replace(tzinfo=UTC)


def campaign_to_json(campaign: Campaign) -> str:
    """Settings of a campaign as they are stored; the time of creation is kept as ISO text."""
    settings = asdict(campaign)
    settings["created_at"] = campaign.created_at.isoformat() if campaign.created_at else None
    return json.dumps(settings, ensure_ascii=False)


def campaign_from_json(text: str) -> Campaign:
    """The campaign written by :func:`campaign_to_json`; settings this version does not know are dropped."""
    settings = json.loads(text)
    known = {name: value for name, value in settings.items() if name in Campaign.__dataclass_fields__}
    created_at = known.get("created_at")
    known |= {
        "answers": tuple(known["answers"]),
        "seeds": tuple(known.get("seeds", ())),
        "shares": Shares(**known.get("shares", {})),
        "examples": tuple(ExampleImage(**example) for example in known.get("examples", ())),
        "gold": tuple(GoldItem(**item) for item in known.get("gold", ())),
        "created_at": datetime.fromisoformat(created_at) if created_at else None,
    }
    return Campaign(**known)


def validate_campaign(campaign: Campaign) -> Campaign:
    """The campaign with its name and answers trimmed.

    Raises:
        GalcoreError: If the name is empty or too long, the answers do not fit the mode, or a state, a share
            or the answer of a gold galaxy is not one there can be.
    """
    name = campaign.name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise GalcoreError(
            f"The campaign's name has {len(name)} characters: give one of 1 to {LONGEST_NAME}."
        )
    if not campaign.campaign_id.strip():
        raise GalcoreError(f"Campaign {name!r} has an empty campaign_id: give it one, for example a UUID.")
    trimmed = replace(campaign, name=name, answers=tuple(answer.strip() for answer in campaign.answers))
    if len(set(trimmed.answers)) != len(trimmed.answers) or "" in trimmed.answers:
        raise GalcoreError(
            f"Campaign {name!r}: answers are {list(trimmed.answers)}. Give all different ones, none empty."
        )
    validate_questions(trimmed)
    _validate_rules(trimmed)
    return trimmed


def _validate_rules(campaign: Campaign) -> None:
    """What a campaign says about people and galaxies beside its question."""
    where = f"Campaign {campaign.name!r}"
    for field_name, value, allowed in (
        ("state", campaign.state, get_args(CampaignState)),
        ("visibility", campaign.visibility, get_args(Visibility)),
    ):
        if value not in allowed:
            raise GalcoreError(f"{where}: {field_name} is {value!r}; give one of {', '.join(allowed)}.")
    if not 1 <= campaign.overlap <= LARGEST_OVERLAP:
        raise GalcoreError(
            f"{where}: {campaign.overlap} people are to answer each galaxy; give 1 to {LARGEST_OVERLAP}."
        )
    shares = (campaign.gold_share, campaign.reask_share)
    if not all(0 <= share <= 1 for share in shares) or sum(shares) > LARGEST_MEASURED_SHARE:
        raise GalcoreError(
            f"{where}: {shares[0]:g} of a grid is gold and {shares[1]:g} is asked again; "
            f"give shares from 0 that sum to at most {LARGEST_MEASURED_SHARE}."
        )
    asked = [question.name for question in questions_of(campaign)]
    if campaign.focus not in ("", ALL_QUESTIONS, *asked):
        raise GalcoreError(
            f"{where} is to learn for {campaign.focus!r}, which it does not ask; give one of "
            f"{', '.join(filter(None, asked)) or 'no question, it asks a single one'}."
        )
    for item in campaign.gold:
        try:
            check_answer(campaign, item.question, item.answer)
        except GalcoreError as error:
            raise GalcoreError(f"{where}: gold galaxy {item.galaxy_id!r}: {error}") from error


def validate_event(event: LabelEvent) -> None:
    """Check what can be checked of an event without the store.

    Raises:
        GalcoreError: If a field that every event needs is empty, or the kind and the other fields disagree.
    """
    for name in ("event_id", "campaign_id", "galaxy_id", "annotator"):
        if not getattr(event, name).strip():
            raise GalcoreError(f"A label event has an empty {name}: every event needs one.")
    for name in _TEXT_FIELDS:
        _validate_text(name, getattr(event, name), LONGEST_NAME if name == "annotator" else LONGEST_TEXT)
    if event.kind == EventKind.LABEL and not event.answer:
        raise GalcoreError(f"Event {event.event_id} is a label without an answer: give one, or send a skip.")
    if event.kind == EventKind.UNDO and not event.undoes:
        raise GalcoreError(
            f"Event {event.event_id} is an undo without `undoes`: name the event it takes back."
        )


def _validate_text(name: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise GalcoreError(f"The {name} of a label has {len(text)} characters: at most {longest} are kept.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise GalcoreError(f"The {name} of a label is not valid Unicode text ({error.reason}).") from error


def event_columns(
    events: Sequence[LabelEvent], *, first_seq: int, campaign_versions: dict[str, int], created_at: datetime
) -> list[list[object]]:
    """Events as one list a column, in the order of :data:`EVENT_COLUMNS`.

    ``created_at`` is the time of those that bring none; only events of an import bring their own.
    """
    return [
        list(range(first_seq, first_seq + len(events))),
        [event.event_id for event in events],
        [event.campaign_id for event in events],
        [campaign_versions[event.campaign_id] for event in events],
        [event.galaxy_id for event in events],
        [event.annotator for event in events],
        [str(event.kind) for event in events],
        [event.answer for event in events],
        [bool(event.explicit) for event in events],
        [str(event.reason) for event in events],
        [finite(event.score) for event in events],
        [event.model_version for event in events],
        [event.grid_id for event in events],
        [event.round for event in events],
        [event.undoes for event in events],
        [event.comment for event in events],
        [event.display for event in events],
        [_naive_utc(event.created_at) or created_at for event in events],
        [event.question for event in events],
    ]


def _naive_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def finite(score: float | None) -> float | None:
    """A score as it is stored: NaN and infinity say nothing and become null."""
    return None if score is None or not math.isfinite(score) else float(score)
