"""How the person of this session reads the people of a campaign, and which of their answers."""

from __future__ import annotations

import pandas as pd

from galcore.people import Role, may
from galcore.people.naming import SeenNames, seen_names
from galcore.review.visibility import open_galaxies
from galcore.types import Campaign
from galcore.workspace import Workspace


def names_for(workspace: Workspace, campaign: Campaign, user: str) -> SeenNames:
    """Names to owners, numbers to everybody else, the reader marked."""
    return seen_names(workspace.folder, user, workspace.labels.annotators(campaign.campaign_id))


def galaxies_open_to(
    workspace: Workspace, campaign: Campaign, history: pd.DataFrame, user: str
) -> frozenset[str] | None:
    """Galaxies about which they may see what others answered; ``None``: all."""
    return open_galaxies(
        campaign,
        history,
        user,
        owns=may(workspace.folder, user, Role.OWNER),
        labels=may(workspace.folder, user, Role.ANNOTATOR),
    )
