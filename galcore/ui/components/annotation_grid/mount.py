"""Mounts the annotation grid on a page and answers what it sends."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from galcore.loop.session import CampaignLoop
from galcore.people import NotAllowedError, Role, require_role
from galcore.types import Campaign, GalcoreError, Shares
from galcore.ui.components.annotation_grid import content
from galcore.ui.components.annotation_grid.model_card import model_content
from galcore.ui.components.common import at_work, page_html, put_together
from galcore.ui.components.common.at_work import AnnotationPage, Turn
from galcore.ui.components.common.content import counts_content
from galcore.ui.components.served import served_component
from galcore.workspace import Workspace

_HERE = Path(__file__).parent
# One module for the browser, put together here instead of by a build step; main.js has the entry point.
_SCRIPTS = ("board.js", "zoom.js", "keys.js", "view.js", "panel.js", "drawn.js", "operated.js", "main.js")
_REFRESH_S = 10
_LAST_SHOWN = 10
_SETTINGS_HOLD_S = 60

_mount = served_component(
    "annotation_grid",
    html=page_html(_HERE / "grid.html"),
    css=put_together(_HERE, ["grid.css"]),
    js=put_together(_HERE, _SCRIPTS),
)


@st.fragment(run_every=_REFRESH_S)
def annotation_grid(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """The grid of one person in one campaign: shows the grid, stores what comes back, sends the next one."""
    at_work.run_page(
        AnnotationPage("grid", _mount, _page_content, sends={"settings": _apply_settings}),
        workspace,
        campaign,
        user,
    )


def _page_content(turn: Turn) -> dict[str, Any]:
    campaign, workspace = turn.campaign, turn.workspace
    data: dict[str, Any] = {
        "rows": campaign.grid_rows,
        "columns": campaign.grid_columns,
        "sizes": _sizes(campaign),
        "shares": {
            "top": campaign.shares.top,
            "margin": campaign.shares.margin,
            "random": campaign.shares.random,
        },
        "grids": [content.grid_content(grid, workspace) for grid in turn.grids],
        "done": not turn.grids,
        "counts": counts_content(turn.status),
        "model": model_content(turn.status, campaign),
        "guide": content.grid_guide(campaign, workspace),
    }
    if turn.is_first:
        recorded = workspace.labels.grids(campaign.campaign_id, turn.user, submitted=True, limit=_LAST_SHOWN)
        data["last"] = [content.submission_content(each, campaign, workspace) for each in recorded]
    return data


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
        at_work.tell_problem(f"The settings of a campaign are one for all, and {error}")
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
