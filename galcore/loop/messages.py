"""What goes in and out of a campaign's loop: values only."""

from __future__ import annotations

from dataclasses import dataclass

from galcore.evaluate.metrics import Interval
from galcore.loop.curve import CurvePoint
from galcore.types import EventKind, Grid


@dataclass(frozen=True, slots=True)
class GridAnswer:
    """What a person says about one galaxy.

    Attributes:
        galaxy_id: The galaxy.
        answer: One of the campaign's answers; empty for a skip or a flag.
        event_id: UUID made by the client: sending it twice stores it once.
        explicit: False where the answer is implied by submitting the rest of a grid.
        kind: Label, skip, flag; undo takes back this person's standing answer about the galaxy.
        comment: Free text, for a flag.
    """

    galaxy_id: str
    answer: str
    event_id: str
    explicit: bool = True
    kind: EventKind = EventKind.LABEL
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """One submitted grid.

    Attributes:
        grid_id: The grid that was answered.
        annotator: Who answered.
        answers: One a galaxy.
        display: Stretch and bands on screen.
    """

    grid_id: str
    annotator: str
    answers: tuple[GridAnswer, ...]
    display: str = ""


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """What a submission led to; everything in it is on disk.

    Attributes:
        acknowledged: Ids of the events that are stored now.
        n_stored: Of them, how many were new.
        grid: The grid to show next (it was waiting).
        waiting: The grid behind it; its ``items`` are empty when nothing is left.
        model_version: Learner that is current after the submission.
        milliseconds: Time the server took.
    """

    acknowledged: tuple[str, ...]
    n_stored: int
    grid: Grid
    waiting: Grid
    model_version: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What was taken back.

    Attributes:
        galaxy_ids: Galaxies whose last answer (or skip) no longer counts; empty when there was nothing.
        grid_id: Grid they were answered in, which is offered again; empty for answers given elsewhere.
    """

    galaxy_ids: tuple[str, ...]
    grid_id: str


@dataclass(frozen=True, slots=True)
class LoopStatus:
    """How a campaign stands, for the strip beside the grid.

    Attributes:
        round: Grids this person has been given, the one on show included.
        labels_mine: Standing answers of this person.
        labels_all: Standing answers of all.
        galaxies_answered: Galaxies with at least one answer.
        n_galaxies: Galaxies in the campaign.
        positives: Galaxies whose leading answer is the first of the campaign.
        tally: Galaxies per leading answer, in the campaign's order.
        present: People at work now.
        model_version: Current learner; empty before the first fit.
        ready: Whether embeddings are there; without them grids are random.
        curve: Learning curve from the uniform sample; empty while there is not enough.
        prevalence: Share of positives; ``None`` while there is not enough.
        remaining: Positives not found yet; ``None`` while there is not enough.
        audited: Labels in the uniform sample.
        recent_yield: Share of positives in the last three grids; ``None`` before the first.
    """

    round: int
    labels_mine: int
    labels_all: int
    galaxies_answered: int
    n_galaxies: int
    positives: int
    tally: tuple[int, ...]
    present: tuple[str, ...]
    model_version: str
    ready: bool
    curve: tuple[CurvePoint, ...]
    prevalence: Interval | None
    remaining: Interval | None
    audited: int
    recent_yield: float | None
