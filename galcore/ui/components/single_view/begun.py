"""Galaxies that a person has begun and not finished: a decision tree left in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from galcore.questions import next_question
from galcore.types import Campaign, EventKind, GalcoreError, Reason, ShownItem
from galcore.workspace import Workspace

MOST_BEGUN = 20
_LAST_GRIDS = 5
_NO_VOTES = (Reason.GOLD, Reason.REASK, Reason.ADJUDICATION)  # they stand in the history only


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer of this person that stands, with its event, to take back."""

    question: str
    answer: str
    event_id: str


@dataclass(frozen=True, slots=True)
class BegunGalaxy:
    """A galaxy with some of its questions answered, as it was shown."""

    item: ShownItem
    grid_id: str
    round: int
    given: tuple[GivenAnswer, ...]


def begun_galaxies(workspace: Workspace, campaign: Campaign, user: str) -> list[BegunGalaxy]:
    """Half-answered galaxies of one person, the last begun first; without those skipped in the end."""
    if campaign.mode not in ("tree", "multilabel"):
        return []
    half = [*_measuring(workspace, campaign, user), *_half_answered(workspace, campaign, user)]
    found = []
    for galaxy_id, again_in in dict.fromkeys(half):
        begun = _read(workspace, campaign, user, galaxy_id, again_in)
        if begun is not None:
            found.append(begun)
    return found[:MOST_BEGUN]


def _half_answered(workspace: Workspace, campaign: Campaign, user: str) -> list[tuple[str, str]]:
    current = workspace.labels.current(campaign.campaign_id)
    mine = current.loc[current["annotator"] == user, ["galaxy_id", "question", "answer"]]
    answers: dict[str, dict[str, str]] = {}
    for galaxy_id, question, answer in mine.itertuples(index=False):
        said = answers.pop(galaxy_id, {})  # put in again at the end: the last said about comes last
        said[question] = answer
        answers[galaxy_id] = said
    half = [galaxy_id for galaxy_id, said in answers.items() if _is_open(campaign, said)]
    return [(str(galaxy_id), "") for galaxy_id in reversed(half[-MOST_BEGUN:])]


def _measuring(workspace: Workspace, campaign: Campaign, user: str) -> Iterator[tuple[str, str]]:
    """Gold galaxies and those asked again, answered in one of the last grids, with that grid."""
    for recorded in workspace.labels.grids(campaign.campaign_id, user, limit=_LAST_GRIDS):
        for item in recorded.grid.items:
            if item.reason in _NO_VOTES and item.galaxy_id in recorded.answers:
                yield item.galaxy_id, recorded.grid.grid_id


def _read(
    workspace: Workspace, campaign: Campaign, user: str, galaxy_id: str, again_in: str
) -> BegunGalaxy | None:
    """What stands, with the events; ``again_in``: only what was said in this grid."""
    history = workspace.labels.history(campaign.campaign_id, galaxy_id)
    mine = history[(history["annotator"] == user) & ~history["undone"].astype(bool)]
    measures = mine["reason"].isin([str(reason) for reason in _NO_VOTES])
    mine = mine[(mine["grid_id"] == again_in) & measures] if again_in else mine[~measures]
    labels = mine[mine["kind"] == str(EventKind.LABEL)].drop_duplicates("question", keep="last")
    if labels.empty or _was_skipped(mine, int(labels["seq"].max())):
        return None
    given = tuple(
        GivenAnswer(str(row.question), str(row.answer), str(row.event_id)) for row in labels.itertuples()
    )
    if not _is_open(campaign, {each.question: each.answer for each in given}):
        return None
    last = labels.iloc[-1]
    score = None if pd.isna(last["score"]) else float(last["score"])
    item = ShownItem(galaxy_id, Reason(last["reason"]), score)
    return BegunGalaxy(item, str(last["grid_id"]), int(last["round"]), given)


def _was_skipped(mine: pd.DataFrame, after_seq: int) -> bool:
    return bool(((mine["kind"] == str(EventKind.SKIP)) & (mine["seq"] > after_seq)).any())


def _is_open(campaign: Campaign, answers: dict[str, str]) -> bool:
    try:
        return next_question(campaign, answers) is not None
    except GalcoreError:
        return False  # an answer that is none any more, imported perhaps: nothing to go on from
