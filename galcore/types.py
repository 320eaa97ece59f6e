"""The values that cross module borders: frozen, small, free of behaviour.

Everything a person may publish from carries a :class:`Provenance`; everything a person was shown carries
the reason why (:class:`ShownItem`), because it cannot be recovered later and the statistics depend on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]


class GalcoreError(Exception):
    """A mistake the user can mend; the message names the file, column or field and says what to do."""


class Reason(StrEnum):
    """Why a galaxy was put in front of a person."""

    TOP = "top"  # highest score of the current model
    MARGIN = "margin"  # the model is unsure
    RANDOM = "random"  # uniform audit stream: the only one that may estimate prevalence or AUC
    CLUSTER = "cluster"  # cold start: nearest to a k-means centre
    SIMILAR = "similar"  # neighbour of a seed example
    QUEUED = "queued"  # somebody selected it and asked for it to be labelled
    ANOMALY = "anomaly"
    GOLD = "gold"
    REASK = "reask"  # the same person answered it before; measures the person and counts as no vote
    ADJUDICATION = "adjudication"


class EventKind(StrEnum):
    """What a label event says."""

    LABEL = "label"
    SKIP = "skip"  # seen, not decided
    UNDO = "undo"  # takes back an earlier event; nothing is ever deleted
    FLAG = "flag"  # a comment that somebody should look at


class ThreadKind(StrEnum):
    """What an event of the discussion of a galaxy does."""

    WRITE = "write"
    EDIT = "edit"  # of a message of one's own
    WITHDRAW = "withdraw"  # of a message of one's own; its text is not shown any more


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is; ``total == 0`` means not known yet."""

    stage: str
    done: int
    total: int
    message: str = ""


ProgressCallback = Callable[[Progress], None]
CancelCheck = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the range it could well be in.

    Attributes:
        value: The estimate.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One thing a job did not take, and why, in words for the person who gave it."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of a grid per stream; they are normalised when used."""

    top: float = 0.60
    margin: float = 0.20
    random: float = 0.20


@dataclass(frozen=True, slots=True)
class ShownItem:
    """A galaxy in a grid with the reason it is there."""

    galaxy_id: str
    reason: Reason
    score: float | None = None  # model probability of the positive (or most likely) answer, 0-1


@dataclass(frozen=True, slots=True)
class Grid:
    """One page of galaxies composed for one person."""

    grid_id: str
    campaign_id: str
    annotator: str
    round: int
    items: tuple[ShownItem, ...]
    model_version: str  # learner that composed it; "" before the first fit


CampaignMode = Literal["binary", "multiclass", "multilabel", "interest", "grades", "tree"]
CampaignState = Literal["draft", "open", "paused", "closed"]
Visibility = Literal["after_own", "always", "never"]
INTEREST_ANSWERS = ("0", "1", "2", "3", "4", "5")
GRADE_ANSWERS = ("A", "B", "C", "X")  # sure lens, likely, possible, none
ALL_QUESTIONS = "*"  # focus of a campaign whose grids are chosen for all of its questions together


@dataclass(frozen=True, slots=True)
class GoldItem:
    """A galaxy whose answer is known; people meet it unmarked, and it counts as no vote."""

    galaxy_id: str
    answer: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class ExampleImage:
    """A galaxy shown in the guidance, with what it is an example of."""

    galaxy_id: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A question asked of a set of galaxies.

    A label answers one ``question``: the empty one in modes with a single question (binary, multiclass,
    interest, grades), the name of an answer with ``yes`` or ``no`` in ``multilabel``, and the name of a node
    in a decision ``tree``.

    Attributes:
        campaign_id: Never changes.
        name: What people read.
        question: What is asked.
        answers: Binary: (positive, negative). Interest and grades: their fixed scale. Tree: the answers of
            its first question.
        mode: How it is answered.
        guidance: Text beside the grid.
        examples: Galaxies beside the grid.
        model: Encoder whose embeddings the learner works on.
        learns: Whether a model learns and recommends; without it galaxies come in random order.
        grid_rows: Rows of a grid, before a person chooses others.
        grid_columns: Columns of a grid.
        shares: Streams of a grid.
        seeds: Example galaxies of the positive class to start from.
        truth_column: Catalogue column with the true answer, where one exists.
        state: Only an open campaign takes labels.
        overlap: How many people answer each galaxy.
        visibility: When a person sees the answers of others: after the own one, always, or never.
        gold: Galaxies with known answers.
        gold_share: Share of a grid that is gold.
        reask_share: Share of a grid that its person has answered before.
        tree: TOML text of the decision tree, in mode ``tree``.
        scoped: Whether only galaxies of the campaign's own list are asked about; else all of the workspace.
        join_code: Secret part of the link by which people join.
        shows_pace: Whether people see each other's pace.
        focus: Of several questions, the one that grids are chosen for (a question of the tree, or one of
            several answers); empty: the first; :data:`ALL_QUESTIONS`: all of them together.
        seed: Of all randomness.
        created_by: Person.
        created_at: Set by the store.
    """

    campaign_id: str
    name: str
    question: str
    answers: tuple[str, ...]  # binary: (positive, negative)
    mode: CampaignMode = "binary"
    guidance: str = ""
    model: str = "galcore-tiny"
    grid_rows: int = 4
    grid_columns: int = 4
    shares: Shares = field(default_factory=Shares)
    seeds: tuple[str, ...] = ()  # example galaxies of the positive class
    truth_column: str = ""  # catalogue column with the true answer, where one exists
    state: CampaignState = "open"
    seed: int = 0
    created_by: str = ""
    created_at: datetime | None = None
    examples: tuple[ExampleImage, ...] = ()
    learns: bool = True
    overlap: int = 1
    visibility: Visibility = "after_own"
    gold: tuple[GoldItem, ...] = ()
    gold_share: float = 0.0
    reask_share: float = 0.0
    tree: str = ""
    scoped: bool = False
    join_code: str = ""
    shows_pace: bool = False
    focus: str = ""


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """One append-only line of the label store. ``event_id`` is a UUID made by the client.

    ``question`` is empty where the campaign asks a single one, see :class:`Campaign`.
    """

    event_id: str
    campaign_id: str
    galaxy_id: str
    annotator: str
    kind: EventKind
    answer: str = ""  # empty for skip and undo
    explicit: bool = True  # False: implied by submitting the rest of a grid
    reason: Reason = Reason.QUEUED
    score: float | None = None
    model_version: str = ""
    grid_id: str = ""
    round: int = 0
    undoes: str = ""  # event_id taken back, for UNDO
    comment: str = ""
    display: str = ""  # stretch and bands the person was looking at
    created_at: datetime | None = None  # set by the store, but kept for a label that is imported
    question: str = ""


@dataclass(frozen=True, slots=True)
class ThreadEvent:
    """One append-only line of the discussion of a galaxy. ``event_id`` is a UUID made by the client.

    A message is named by the ``event_id`` that wrote it.
    """

    event_id: str
    campaign_id: str
    galaxy_id: str
    annotator: str
    kind: ThreadKind
    text: str = ""  # empty for a withdrawal
    message_id: str = ""  # message that is edited or withdrawn; empty for a new one
    created_at: datetime | None = None  # set by the store, but kept for a message that is imported


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a result: enough to make it again."""

    code_version: str
    model_name: str
    model_hash: str
    data_hash: str
    parameters: dict[str, object]
    created_at: str
