"""What an annotation page does on the server in each run, whichever page it is."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

import streamlit as st

from galcore.loop.messages import LoopStatus
from galcore.loop.session import CampaignLoop
from galcore.people import Role, may
from galcore.types import Campaign, Grid
from galcore.ui import state
from galcore.ui.components.annotation_grid.content import campaign_content, stretches_content
from galcore.ui.components.annotation_grid.outbox import Acknowledgement, apply_outbox
from galcore.web.hands_routes import HANDS_ROUTE
from galcore.web.open_pages import OpenPage, open_pages
from galcore.workspace import Workspace

_AT_WORK = "galcore.at_work"  # workspace, campaign and person of the last grid
_PROBLEM = "galcore.outbox_problem"  # told to the browser in the next answer
_PAGE = "galcore.open_page"  # tells the tabs of one person apart
_DONE = "galcore.outbox_done"  # how far the outbox of each tab is stored


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of an annotation page.

    Attributes:
        campaign: With the settings in force.
        grids: What lies in front of the person.
        status: How the campaign stands.
        content: What every annotation page tells the browser.
    """

    campaign: Campaign
    grids: list[Grid]
    status: LoopStatus
    content: dict[str, Any]


def take_turn(
    workspace: Workspace, loop: CampaignLoop, user: str, acknowledged: Acknowledgement | None
) -> Turn:
    """Look at what lies in front of a person; what is wrong is told once, and the page counts as open."""
    campaign = workspace.labels.campaign(loop.campaign.campaign_id)  # the loop may not have looked yet
    grids = _offered_grids(workspace, loop, campaign, user)
    return Turn(
        campaign,
        grids,
        loop.status(user),
        content={
            "workspace": workspace.name,
            "user": user,
            "campaign": campaign_content(campaign),
            "stretches": stretches_content(),
            "problem": str(st.session_state.pop(_PROBLEM, "")),
            "ack": {"client": acknowledged.client, "n": acknowledged.number} if acknowledged else None,
            "hands": _hands_content(workspace, campaign, user),
            "has_similar": state.has_page("similar"),
        },
    )


def mount_key(page: str, workspace: Workspace, campaign: Campaign, user: str) -> str:
    """Another person, campaign or workspace is another page in the browser: nothing is carried over."""
    what = "\n".join((workspace.name, campaign.campaign_id, user))
    return f"galcore_{page}_{hashlib.sha256(what.encode()).hexdigest()[:16]}"


def keep_value() -> None:
    """Streamlit keeps a value only if it has a callback; we read the values after mounting instead."""


def leave_the_last(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """Whoever turns to another campaign, or goes by another name, gives back what lay in front of them."""
    here = (workspace.name, campaign.campaign_id, user)
    last = st.session_state.get(_AT_WORK)
    st.session_state[_AT_WORK] = here
    if last and last != here and last[0] == workspace.name:
        workspace.loop(last[1]).leave(last[2])


def store_outbox(message: object, workspace: Workspace, user: str) -> Acknowledgement | None:
    """Store what is new in the outbox; None when the browser has sent nothing yet."""
    if not isinstance(message, dict):
        return None
    done: dict[str, int] = st.session_state.setdefault(_DONE, {})
    client = str(message.get("client", ""))
    acknowledged = apply_outbox(message, workspace, user, done=done.get(client, 0))
    done[client] = acknowledged.number
    if acknowledged.problem:
        tell_problem(acknowledged.problem)
    return acknowledged


def came_late(late: Acknowledgement | None, acknowledged: Acknowledgement | None) -> bool:
    """Whether mounting brought more of the outbox: after a restart the first run knows it only then."""
    return late is not None and late.number > (acknowledged.number if acknowledged else 0)


def tell_problem(problem: str) -> None:
    """Say this in the next answer to the browser."""
    st.session_state[_PROBLEM] = problem


def _offered_grids(workspace: Workspace, loop: CampaignLoop, campaign: Campaign, user: str) -> list[Grid]:
    """The grids that lie in front of a person; none for a viewer: what is shown is taken from others."""
    if campaign.state != "open" or not may(workspace.folder, user, Role.ANNOTATOR):
        return []
    return [grid for grid in loop.grids(user) if grid.items]


def _hands_content(workspace: Workspace, campaign: Campaign, user: str) -> dict[str, str]:
    """Notes that this page is open, and says how the browser tells the server that it is left."""
    page_id = st.session_state.setdefault(_PAGE, secrets.token_hex(8))
    page = OpenPage(workspace.name, campaign.campaign_id, user, page_id)
    open_pages().sign(page)
    return {"address": HANDS_ROUTE, "token": page.token}


def follow(go: object) -> None:
    """Turn to the page that a key asked for, with its galaxies as the selection."""
    if not isinstance(go, dict):
        return
    galaxy_ids = [str(each) for each in go.get("galaxies", [])]
    page = str(go.get("page"))
    if not galaxy_ids or not state.has_page(page):
        return
    if page == "galaxy":
        state.open_galaxy(galaxy_ids[0])
    state.select(galaxy_ids)
    state.open_page(page)
