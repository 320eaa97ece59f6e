"""Which answers of others a person may look at, as the campaign's setting ``visibility`` says.

Answers given blind are independent; one who has read what others said before answering is no second opinion.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from galcore.review.campaign import CampaignReview
from galcore.types import Campaign, EventKind


def open_galaxies(
    campaign: Campaign, history: pd.DataFrame, user: str, *, owns: bool, labels: bool
) -> frozenset[str] | None:
    """Galaxies about which a person may see what others answered; ``None``: all.

    *After the own answer* binds those who can still give one: viewers see all, and so does everybody once
    the campaign is closed.

    Args:
        campaign: Its setting counts.
        history: Every event of it.
        user: Who looks.
        owns: Whether they own the workspace: owners see everything.
        labels: Whether they may label.
    """
    still_answers = labels and campaign.state != "closed"
    if owns or campaign.visibility == "always" or (campaign.visibility == "after_own" and not still_answers):
        return None
    if campaign.visibility == "never" or history.empty:
        return frozenset()
    own = history[(history["annotator"] == user).to_numpy(bool) & ~history["undone"].to_numpy(bool)]
    return frozenset(own.loc[own["kind"].astype(str) == EventKind.LABEL, "galaxy_id"].astype(str))


def seen_events(events: pd.DataFrame, user: str, galaxies: frozenset[str] | None) -> pd.DataFrame:
    """Events that a person may look at: the own ones, and those about galaxies that are open to them.

    Args:
        events: Of a campaign.
        user: Who looks.
        galaxies: From :func:`open_galaxies`.
    """
    if galaxies is None or events.empty:
        return events
    return events[events["galaxy_id"].isin(galaxies) | (events["annotator"] == user)]


def seen_review(review: CampaignReview, galaxies: frozenset[str] | None) -> CampaignReview:
    """A campaign in which galaxies that are not open count as not labelled yet.

    Args:
        review: The campaign.
        galaxies: From :func:`open_galaxies`.
    """
    if galaxies is None:
        return review
    hidden = ~review.galaxies.index.isin(galaxies)
    shown = review.galaxies.copy()
    shown.loc[hidden, ["label", "n_annotators", "agreement"]] = ["", 0, np.nan]
    return replace(review, galaxies=shown)
