"""How far a campaign is, with as many people per galaxy as it wants, and what comes next."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import pandas as pd

from galcore.types import Campaign
from galcore.ui.campaigns.dialogs import scope_of
from galcore.ui.text import count
from galcore.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """How far a campaign is.

    Attributes:
        n_galaxies: Galaxies it asks about.
        n_answered: Of those, with an answer by anybody.
        n_complete: Of those, answered by as many people as wanted.
        share: Of all answers wanted, 0-1.
        n_mine: Galaxies answered by this person.
        people: Everybody who has answered, most galaxies first.
        present: People at work now.
    """

    n_galaxies: int
    n_answered: int
    n_complete: int
    share: float
    n_mine: int
    people: tuple[str, ...]
    present: tuple[str, ...]


def measure_progress(workspace: Workspace, campaign: Campaign, user: str | None) -> CampaignProgress:
    """Progress of a campaign, from its standing answers."""
    n_listed = _count_galaxies(workspace, campaign, workspace.labels.campaigns_changed)
    n_galaxies = len(workspace.catalog) if n_listed is None else n_listed
    n_answers, n_answered, n_complete, per_person = _count_answers(
        workspace, campaign.campaign_id, campaign.overlap, workspace.labels.version
    )
    return CampaignProgress(
        n_galaxies=n_galaxies,
        n_answered=n_answered,
        n_complete=n_complete,
        share=min(1.0, n_answers / max(1, n_galaxies * campaign.overlap)),
        n_mine=per_person.get(user, 0) if user else 0,
        people=tuple(per_person),
        present=workspace.labels.present(campaign.campaign_id),
    )


@functools.lru_cache(maxsize=64)
def _count_galaxies(workspace: Workspace, campaign: Campaign, _changed: int) -> int | None:
    """Galaxies on a campaign's own list; None: it asks about the whole workspace."""
    scope = scope_of(workspace, campaign)
    return None if scope is None else len(scope)


@functools.lru_cache(maxsize=64)
def _count_answers(
    workspace: Workspace, campaign_id: str, overlap: int, _version: int
) -> tuple[int, int, int, dict[str, int]]:
    """Answers that count, galaxies with one, galaxies with all, and galaxies per person, most first."""
    answers: pd.DataFrame = workspace.labels.current(campaign_id)
    pairs = answers[["galaxy_id", "annotator"]].drop_duplicates()  # several questions are one answer here
    people_each = pairs["galaxy_id"].value_counts()
    per_person = pairs["annotator"].value_counts()
    return (
        int(people_each.clip(upper=overlap).sum()),
        len(people_each),
        int((people_each >= overlap).sum()),
        {str(name): int(number) for name, number in per_person.items()},
    )


def summarize(campaign: Campaign, progress: CampaignProgress) -> str:
    """Progress in one line."""
    galaxies = count(progress.n_galaxies, "galaxy", "galaxies")
    if campaign.overlap > 1:
        parts = [f"{progress.n_complete:,} of {galaxies} answered by {campaign.overlap}"]
        parts.append(f"{progress.n_answered:,} by anybody")
    else:
        parts = [f"{progress.n_answered:,} of {galaxies} answered"]
    if progress.n_mine:
        parts.append(f"{progress.n_mine:,} by you")
    if progress.people:
        parts.append(count(len(progress.people), "person", "people"))
    if progress.present:
        parts.append(f"{len(progress.present)} here now")
    return " · ".join(parts)


def next_step(campaign: Campaign, progress: CampaignProgress, *, manages: bool) -> str:
    """What is to be done next, in a few words."""
    if campaign.state == "draft":
        return "Look through the settings, then open it." if manages else "Not open yet."
    if campaign.state == "paused":
        return "Paused: let it go on when you are ready." if manages else "Paused by its owner."
    if campaign.state == "closed":
        return "Closed: see Review for what came of it."
    if progress.share >= 1:
        return "All answered: review, then close it." if manages else "All answered. Thank you!"
    if not progress.people:
        return "Be the first."
    return "Continue where you were." if progress.n_mine else "Join in."
