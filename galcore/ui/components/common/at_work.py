"""What an annotation page does on the server in each run, whichever page it is."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from galcore.loop.messages import LoopStatus
from galcore.loop.session import CampaignLoop
from galcore.people import Role, may
from galcore.types import Campaign, Grid
from galcore.ui import state
from galcore.ui.components.common.content import campaign_content, stretches_content
from galcore.ui.components.common.outbox import Acknowledgement, apply_outbox
from galcore.ui.people.standing import show_standing
from galcore.web.addresses import from_page
from galcore.web.hands_routes import HANDS_ROUTE
from galcore.web.open_pages import OpenPage, open_pages, settle
from galcore.workspace import Workspace

_AT_WORK = "galcore.at_work"  # workspace, campaign and person of the last grid
_PROBLEM = "galcore.outbox_problem"  # told to the browser in the next answer
_PAGE = "galcore.open_page"  # tells the tabs of one person apart
_DONE = "galcore.outbox_done"  # how far the outbox of each tab is stored


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of an annotation page: what there is to show.

    Attributes:
        workspace: The workspace.
        user: Who looks.
        campaign: With the settings in force.
        grids: What lies in front of the person.
        status: How the campaign stands.
        is_first: Whether this tab has not said anything yet.
    """

    workspace: Workspace
    user: str
    campaign: Campaign
    grids: list[Grid]
    status: LoopStatus
    is_first: bool


@dataclass(frozen=True, slots=True)
class AnnotationPage:
    """What tells one annotation page from another.

    Attributes:
        name: In the key of its component.
        mount: The component.
        content: What it tells the browser beside what every page does.
        sends: What its browser sends beside the outbox and where to go, with what takes it in; that says
            whether something changed.
    """

    name: str
    mount: Callable[..., Any]
    content: Callable[[Turn], dict[str, Any]]
    sends: dict[str, Callable[[object, Workspace, CampaignLoop, str], bool]] = field(default_factory=dict)


def run_page(page: AnnotationPage, workspace: Workspace, campaign: Campaign, user: str) -> None:
    """Store what came, show what there is, store what mounting brought; run again if that changed it."""
    if not show_standing(workspace, user):
        return
    began = open_pages().now()
    try:
        _run(page, workspace, campaign, user)
    finally:  # after all that takes galaxies: the page may have been left meanwhile
        settle(_open_page(workspace, campaign, user), workspace.labels, began=began)


def _run(page: AnnotationPage, workspace: Workspace, campaign: Campaign, user: str) -> None:
    key = _mount_key(page.name, workspace, campaign, user)
    loop = workspace.loop(campaign.campaign_id)
    _leave_the_last(workspace, campaign, user)
    outbox = (st.session_state.get(key) or {}).get("outbox")
    acknowledged = _store_outbox(outbox, workspace, user)
    turn = _take_turn(workspace, loop, user, is_first=not outbox)
    result = page.mount(
        key=key,
        data={**_shared_content(turn, acknowledged), **page.content(turn)},
        **{f"on_{name}_change": _keep_value for name in ("outbox", "go", *page.sends)},
    )
    _follow(result.get("go"))
    changed = [take(result.get(name), workspace, loop, user) for name, take in page.sends.items()]
    late = _store_outbox(result.get("outbox"), workspace, user)
    if any(changed) or _came_late(late, acknowledged):
        st.rerun()


def tell_problem(problem: str) -> None:
    """Say this in the next answer to the browser."""
    st.session_state[_PROBLEM] = problem


def _take_turn(workspace: Workspace, loop: CampaignLoop, user: str, *, is_first: bool) -> Turn:
    campaign = workspace.labels.campaign(loop.campaign.campaign_id)  # the loop may not have looked yet
    grids = _offered_grids(workspace, loop, campaign, user)
    return Turn(workspace, user, campaign, grids, loop.status(user), is_first)


def _shared_content(turn: Turn, acknowledged: Acknowledgement | None) -> dict[str, Any]:
    """What every page tells; a problem is told once."""
    return {
        "workspace": turn.workspace.name,
        "user": turn.user,
        "campaign": campaign_content(turn.campaign),
        "stretches": stretches_content(),
        "problem": str(st.session_state.pop(_PROBLEM, "")),
        "ack": {"client": acknowledged.client, "n": acknowledged.number} if acknowledged else None,
        "hands": _hands_content(turn.workspace, turn.campaign, turn.user),
        "has_similar": state.has_page("similar"),
    }


def _mount_key(page: str, workspace: Workspace, campaign: Campaign, user: str) -> str:
    """Another person, campaign or workspace is another page in the browser: nothing is carried over."""
    what = "\n".join((workspace.name, campaign.campaign_id, user))
    return f"galcore_{page}_{hashlib.sha256(what.encode()).hexdigest()[:16]}"


def _keep_value() -> None:
    """Streamlit keeps a value only if it has a callback; we read the values after mounting instead."""


def _leave_the_last(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """Whoever turns to another campaign, or goes by another name, gives back what lay in front of them."""
    here = (workspace.name, campaign.campaign_id, user)
    last = st.session_state.get(_AT_WORK)
    st.session_state[_AT_WORK] = here
    if last and last != here and last[0] == workspace.name:
        workspace.loop(last[1]).leave(last[2])


def _store_outbox(message: object, workspace: Workspace, user: str) -> Acknowledgement | None:
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


def _came_late(late: Acknowledgement | None, acknowledged: Acknowledgement | None) -> bool:
    """Whether mounting brought more of the outbox: after a restart the first run knows it only then."""
    return late is not None and late.number > (acknowledged.number if acknowledged else 0)


def _offered_grids(workspace: Workspace, loop: CampaignLoop, campaign: Campaign, user: str) -> list[Grid]:
    """The grids that lie in front of a person; none for a viewer: what is shown is taken from others."""
    if campaign.state != "open" or not may(workspace.folder, user, Role.ANNOTATOR):
        return []
    return [grid for grid in loop.grids(user) if grid.items]


def _hands_content(workspace: Workspace, campaign: Campaign, user: str) -> dict[str, str]:
    """How the browser tells the server that this page is left."""
    return {"address": from_page(HANDS_ROUTE), "token": _open_page(workspace, campaign, user).token}


def _open_page(workspace: Workspace, campaign: Campaign, user: str) -> OpenPage:
    page_id = st.session_state.setdefault(_PAGE, secrets.token_hex(8))
    return OpenPage(workspace.name, campaign.campaign_id, user, page_id)


def _follow(go: object) -> None:
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
