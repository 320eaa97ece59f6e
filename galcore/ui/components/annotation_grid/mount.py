"""Mounts the annotation grid on a page and answers what it sends."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from galcore.loop.session import CampaignLoop
from galcore.people import NotAllowedError, Role, may, require_role
from galcore.types import Campaign, GalcoreError, Grid, Shares
from galcore.ui import state
from galcore.ui.components.annotation_grid import content
from galcore.ui.components.annotation_grid.model_card import model_content
from galcore.ui.components.annotation_grid.outbox import Acknowledgement, apply_outbox
from galcore.ui.standing import show_standing
from galcore.workspace import Workspace

_HERE = Path(__file__).parent
# One module for the browser, put together here instead of by a build step; main.js has the entry point.
_SCRIPTS = (
    "outbox.js",
    "board.js",
    "zoom.js",
    "keys.js",
    "view.js",
    "panel.js",
    "drawn.js",
    "operated.js",
    "main.js",
)
_REFRESH_S = 10
_LAST_SHOWN = 10
_SETTINGS_HOLD_S = 60
_AT_WORK = "galcore.at_work"  # workspace, campaign and person of the last grid
_PROBLEM = "galcore.outbox_problem"  # told to the browser in the next answer


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_mount = st.components.v2.component(
    "galcore_annotation_grid",
    html=_read("grid.html"),
    css=_read("grid.css"),
    js="\n".join(_read(name) for name in _SCRIPTS),
)


@st.fragment(run_every=_REFRESH_S)
def annotation_grid(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """The grid of one person in one campaign: shows the grid, stores what comes back, sends the next one."""
    if not show_standing(workspace, user):
        return
    key = _mount_key(workspace, campaign, user)
    loop = workspace.loop(campaign.campaign_id)
    _leave_the_last(workspace, campaign, user)
    sent = st.session_state.get(key) or {}
    acknowledged = _store(sent.get("outbox"), workspace, user)
    result = _mount(
        key=key,
        data=_page_content(workspace, loop, user, acknowledged, with_last=not sent.get("outbox")),
        on_outbox_change=_nothing,
        on_settings_change=_nothing,
        on_go_change=_nothing,
    )
    _follow(result.get("go"))
    changed = _apply_settings(result.get("settings"), workspace, loop, user)
    # After a restart of the server the first run knows the outbox only once the component is mounted.
    late = _store(result.get("outbox"), workspace, user)
    if changed or (late and late.number > (acknowledged.number if acknowledged else 0)):
        st.rerun()


def _leave_the_last(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """Whoever turns to another campaign, or goes by another name, gives back what lay in front of them."""
    here = (workspace.name, campaign.campaign_id, user)
    last = st.session_state.get(_AT_WORK)
    st.session_state[_AT_WORK] = here
    if last and last != here and last[0] == workspace.name:
        workspace.loop(last[1]).leave(last[2])


def _mount_key(workspace: Workspace, campaign: Campaign, user: str) -> str:
    """Another person, campaign or workspace is another page in the browser: nothing is carried over."""
    what = "\n".join((workspace.name, campaign.campaign_id, user))
    return f"galcore_grid_{hashlib.sha256(what.encode()).hexdigest()[:16]}"


def _nothing() -> None:
    """Streamlit keeps a value only if it has a callback; we read the values after mounting instead."""


def _store(message: object, workspace: Workspace, user: str) -> Acknowledgement | None:
    """Store what is new in the outbox; None when the browser has sent nothing yet."""
    if not isinstance(message, dict):
        return None
    done: dict[str, int] = st.session_state.setdefault("galcore.outbox_done", {})
    client = str(message.get("client", ""))
    acknowledged = apply_outbox(message, workspace, user, done=done.get(client, 0))
    done[client] = acknowledged.number
    if acknowledged.problem:
        st.session_state[_PROBLEM] = acknowledged.problem
    return acknowledged


def _page_content(
    workspace: Workspace,
    loop: CampaignLoop,
    user: str,
    acknowledged: Acknowledgement | None,
    *,
    with_last: bool,
) -> dict[str, Any]:
    campaign = loop.campaign
    grids = _grids(workspace, loop, user)
    status = loop.status(user)
    data: dict[str, Any] = {
        "workspace": workspace.name,
        "user": user,
        "campaign": content.campaign_content(campaign),
        "rows": campaign.grid_rows,
        "columns": campaign.grid_columns,
        "sizes": _sizes(campaign),
        "stretches": [{"name": name, "word": word, "help": text} for name, word, text in content.STRETCHES],
        "shares": {
            "top": campaign.shares.top,
            "margin": campaign.shares.margin,
            "random": campaign.shares.random,
        },
        "grids": [content.grid_content(grid, workspace) for grid in grids],
        "done": not grids,
        "counts": content.counts_content(status),
        "model": model_content(status, campaign),
        "guide": content.guide_content(campaign, workspace),
        "problem": st.session_state.pop(_PROBLEM, ""),
        "ack": {"client": acknowledged.client, "n": acknowledged.number} if acknowledged else None,
        "has_similar": state.has_page("similar"),
    }
    if with_last:
        recorded = workspace.labels.grids(campaign.campaign_id, user, submitted=True, limit=_LAST_SHOWN)
        data["last"] = [content.submission_content(each, campaign, workspace) for each in recorded]
    return data


def _grids(workspace: Workspace, loop: CampaignLoop, user: str) -> list[Grid]:
    # Galaxies shown are taken from everybody else: a viewer is given none.
    if loop.campaign.state != "open" or not may(workspace.folder, user, Role.ANNOTATOR):
        return []
    return [grid for grid in loop.grids(user) if grid is not None and grid.items]


def _sizes(campaign: Campaign) -> list[str]:
    now = f"{campaign.grid_rows} × {campaign.grid_columns}"
    return list(content.SIZES) if now in content.SIZES else [now, *content.SIZES]


def _apply_settings(settings: object, workspace: Workspace, loop: CampaignLoop, user: str) -> bool:
    """Take on shares or grid size chosen in the panel; each change once. Says whether something changed."""
    if not isinstance(settings, dict) or st.session_state.get("galcore.settings_done") == settings.get(
        "change"
    ):
        return False
    st.session_state["galcore.settings_done"] = settings.get("change")
    if abs(time.time() - float(settings.get("at_ms") or 0) / 1000) > _SETTINGS_HOLD_S:
        return False  # a browser that comes back tells its last choice again; somebody may have chosen since
    campaign = loop.campaign
    rows, columns = _read_size(settings, campaign)
    shares = _read_shares(settings, campaign)
    wanted = replace(campaign, shares=shares, grid_rows=rows, grid_columns=columns)
    if wanted == campaign:
        return False
    try:
        require_role(workspace.folder, user, Role.OWNER)
    except NotAllowedError as error:
        st.session_state[_PROBLEM] = f"The settings of a campaign are one for all, and {error}"
        return True
    loop.update_campaign(workspace.labels.update_campaign(wanted))
    return True


def _read_shares(settings: dict[str, Any], campaign: Campaign) -> Shares:
    shares = settings.get("shares")
    if not isinstance(shares, dict):
        return campaign.shares
    values = {name: float(shares.get(name) or 0) for name in ("top", "margin", "random")}
    if min(values.values()) < 0 or sum(values.values()) <= 0:
        raise GalcoreError("the shares of a grid must not all be zero; move a slider")
    return Shares(**{name: round(value, 4) for name, value in values.items()})


def _read_size(settings: dict[str, Any], campaign: Campaign) -> tuple[int, int]:
    size = str(settings.get("size", ""))
    if size not in content.SIZES:
        return campaign.grid_rows, campaign.grid_columns
    rows, _, columns = size.partition(" × ")
    return int(rows), int(columns)


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
