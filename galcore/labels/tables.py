"""Labels from a table that somebody brings: a paper's classes, another tool's votes, last year's campaign."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pandas as pd

from galcore.labels.store import LabelStore
from galcore.types import EventKind, GalcoreError, LabelEvent, LeftOut

EVENTS_PER_COMMIT = 10_000
_NAMESPACE = uuid.UUID("6f0d3c1e-6c0b-5d53-9d6e-2f5a3c6b1a47")


@dataclass(frozen=True, slots=True)
class ImportedLabels:
    """What became of a table of labels.

    Attributes:
        n_new: Labels stored.
        n_known: Rows that say what the annotator's answer is already.
        left_out: Rows not taken, and why.
    """

    n_new: int
    n_known: int
    left_out: tuple[LeftOut, ...]


def import_labels(
    store: LabelStore,
    frame: pd.DataFrame,
    *,
    campaign_id: str,
    annotator: str,
    galaxy_column: str = "galaxy_id",
    answer_column: str = "answer",
    known_galaxies: Collection[str] | None = None,
) -> ImportedLabels:
    """Store a table of answers as the labels of one annotator; doing it again stores nothing new.

    A row that differs from the annotator's standing answer replaces it. Of several rows about a galaxy the
    last one counts. Answers are compared without regard to case and outer spaces.

    Args:
        store: Where the labels go.
        frame: One row a galaxy.
        campaign_id: Campaign whose answers the table uses.
        annotator: Whose labels they are, for example the paper's name.
        galaxy_column: Column with the galaxy's id.
        answer_column: Column with the answer.
        known_galaxies: Ids that exist; rows of others are left out. ``None``: every id is taken.

    Raises:
        GalcoreError: If a column is missing or the campaign is unknown or closed.
    """
    for column in (galaxy_column, answer_column):
        if column not in frame.columns:
            raise GalcoreError(
                f"The table has no column {column!r}: it has {', '.join(map(str, frame.columns))}."
            )
    answers = {answer.casefold(): answer for answer in store.campaign(campaign_id).answers}
    wanted: dict[str, str] = {}
    left_out: list[LeftOut] = []
    known = None if known_galaxies is None else frozenset(known_galaxies)
    for galaxy_id, answer, problem in _rows(frame[galaxy_column], frame[answer_column], answers, known):
        if problem:
            left_out.append(LeftOut(galaxy_id, problem))
        else:
            wanted[galaxy_id] = answer
    events = _changes(store, wanted, campaign_id=campaign_id, annotator=annotator)
    n_new = sum(
        store.append(events[start : start + EVENTS_PER_COMMIT])
        for start in range(0, len(events), EVENTS_PER_COMMIT)
    )
    return ImportedLabels(n_new=n_new, n_known=len(wanted) - n_new, left_out=tuple(left_out))


def _rows(
    galaxy_ids: pd.Series, given: pd.Series, answers: dict[str, str], known: frozenset[str] | None
) -> Iterator[tuple[str, str, str]]:
    """Galaxy, answer as the campaign spells it, and what is wrong with the row (empty: nothing)."""
    for row, (galaxy, text) in enumerate(zip(galaxy_ids, given, strict=True)):
        if pd.isna(galaxy) or not str(galaxy).strip():
            yield f"row {row}", "", "no galaxy id"
            continue
        galaxy_id = str(galaxy).strip()
        answer = "" if pd.isna(text) else answers.get(str(text).strip().casefold(), "")
        if not answer:
            yield galaxy_id, "", f"{text!s} is not one of {', '.join(answers.values())}"
        elif known is not None and galaxy_id not in known:
            yield galaxy_id, "", "no such galaxy in the catalogue"
        else:
            yield galaxy_id, answer, ""


def _changes(
    store: LabelStore, wanted: dict[str, str], *, campaign_id: str, annotator: str
) -> list[LabelEvent]:
    """Events that bring the annotator's answers to the wanted ones.

    An id is made of the change and of the last thing said before it: the same table sent by two people at
    once is stored once, and a table that goes back to an older answer is stored again.
    """
    current, history = store.current(campaign_id), store.history(campaign_id)
    mine = current[(current["annotator"] == annotator).to_numpy(bool)]
    standing = dict(zip(mine["galaxy_id"], mine["answer"], strict=True))
    said = history[(history["annotator"] == annotator).to_numpy(bool)]
    last_seq = dict(zip(said["galaxy_id"], said["seq"], strict=True))
    events = []
    for galaxy_id, answer in wanted.items():
        if answer == standing.get(galaxy_id):
            continue
        change = (campaign_id, annotator, galaxy_id, answer, str(last_seq.get(galaxy_id, 0)))
        event_id = str(uuid.uuid5(_NAMESPACE, "\x1f".join(change)))
        events.append(
            LabelEvent(event_id, campaign_id, galaxy_id, annotator, EventKind.LABEL, answer, display="table")
        )
    return events
