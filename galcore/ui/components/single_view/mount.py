"""Mounts the view of one galaxy at a time on a page and answers what it sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from galcore.loop.session import CampaignLoop
from galcore.types import Campaign
from galcore.ui.components.annotation_grid.outbox import Acknowledgement
from galcore.ui.components.common import at_work, page_html, put_together
from galcore.ui.components.single_view import content
from galcore.ui.standing import show_standing
from galcore.workspace import Workspace

_HERE = Path(__file__).parent
# One module for the browser, put together here instead of by a build step; main.js has the entry point.
_SCRIPTS = ("walk.js", "keys.js", "picture.js", "panel.js", "drawn.js", "answering.js", "main.js")
_REFRESH_S = 10

_mount = st.components.v2.component(
    "galcore_single_view",
    html=page_html(_HERE / "single.html"),
    css=put_together(_HERE, ["single.css"]),
    js=put_together(_HERE, _SCRIPTS),
)


@st.fragment(run_every=_REFRESH_S)
def single_view(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """One galaxy at a time for one person in one campaign: stores what comes back, sends what lies ahead."""
    if not show_standing(workspace, user):
        return
    key = at_work.mount_key("single", workspace, campaign, user)
    loop = workspace.loop(campaign.campaign_id)
    at_work.leave_the_last(workspace, campaign, user)
    sent = st.session_state.get(key) or {}
    acknowledged = at_work.store_outbox(sent.get("outbox"), workspace, user)
    result = _mount(
        key=key,
        data=_page_content(workspace, loop, user, acknowledged, with_begun=not sent.get("outbox")),
        on_outbox_change=at_work.keep_value,
        on_go_change=at_work.keep_value,
    )
    at_work.follow(result.get("go"))
    late = at_work.store_outbox(result.get("outbox"), workspace, user)
    if at_work.came_late(late, acknowledged):
        st.rerun()


def _page_content(
    workspace: Workspace,
    loop: CampaignLoop,
    user: str,
    acknowledged: Acknowledgement | None,
    *,
    with_begun: bool,
) -> dict[str, Any]:
    turn = at_work.take_turn(workspace, loop, user, acknowledged)
    campaign = turn.campaign
    ahead = content.ahead_content(turn.grids, workspace, campaign, user)
    data = {
        **turn.content,
        "questions": content.questions_content(campaign),
        "ahead": ahead,
        "done": not ahead,
        "counts": content.progress_content(turn.status),
        "guide": content.single_guide(campaign, workspace),
    }
    if with_begun:
        data["begun"] = content.begun_content(workspace, campaign, user)
    return data
