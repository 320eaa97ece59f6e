"""Galaxy-level tables with numbers of votes, as Galaxy Zoo publishes them: votes of people without a name."""

from __future__ import annotations

from galcore.exchange.result import event_id
from galcore.exchange.rows import SourceRow, SourceTable
from galcore.export.questions import AskedQuestion, asked_questions
from galcore.types import Campaign, EventKind, LabelEvent, LeftOut

MOST_VOTES = 10_000  # of one galaxy to one question; more is a column of something else
ANONYMOUS = "anonymous-{:04d}"


def count_columns(table: SourceTable, campaign: Campaign) -> tuple[AskedQuestion, ...]:
    """Questions of a campaign with at least one column of votes in a table."""
    return tuple(
        question
        for question in asked_questions(campaign)
        if any(question.votes_column(answer) in table.columns for answer in question.answers)
    )


def read_counts(
    table: SourceTable, campaign: Campaign, *, known: frozenset[str] | None
) -> tuple[list[tuple[str, LabelEvent]], list[LeftOut]]:
    """Each counted vote as an event of ``anonymous-0001``, ``anonymous-0002`` …, and what was left out.

    Who answered what is lost in such a table: the first of these names gave the first vote about every
    galaxy, and means nobody in particular.
    """
    questions = count_columns(table, campaign)
    votes: list[tuple[str, LabelEvent]] = []
    left_out: list[LeftOut] = []
    for row in table.rows:
        galaxy_id = row.values.get("galaxy_id", "")
        if not galaxy_id.strip() or (known is not None and galaxy_id not in known):
            reason = f"{galaxy_id!r} is no galaxy of this workspace" if galaxy_id.strip() else "is empty"
            left_out.append(LeftOut(f"{row.place}, column galaxy_id", reason))
            continue
        for question in questions:
            new, problems = _votes(row, question, campaign.campaign_id)
            votes += new
            left_out += problems
    return votes, left_out


def _votes(
    row: SourceRow, question: AskedQuestion, campaign_id: str
) -> tuple[list[tuple[str, LabelEvent]], list[LeftOut]]:
    said: list[str] = []
    for answer in question.answers:
        column = question.votes_column(answer)
        number = _count(row.values.get(column, ""))
        if number is None:
            text = row.values[column]
            reason = f"{text!r} is no number of votes (whole, 0 to {MOST_VOTES:,}); the question is left out"
            return [], [LeftOut(f"{row.place}, column {column}", reason)]
        said += [answer] * number
    galaxy_id = row.values["galaxy_id"]
    events = []
    for number, answer in enumerate(said, start=1):
        person = ANONYMOUS.format(number)
        event = LabelEvent(
            event_id(campaign_id, "counts", galaxy_id, question.name, str(number), answer),
            campaign_id, galaxy_id, person, EventKind.LABEL, answer,
            display="table", question=question.name,
        )  # fmt: skip
        events.append((row.place, event))
    return events, []


def _count(text: str) -> int | None:
    try:
        number = float(text) if text.strip() else 0.0
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 <= number <= MOST_VOTES else None
