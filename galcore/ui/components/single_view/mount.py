"""Mounts the view of one galaxy at a time on a page and answers what it sends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from galcore.types import Campaign
from galcore.ui.components.common import page_html, put_together
from galcore.ui.components.common.at_work import AnnotationPage, Turn, run_page
from galcore.ui.components.served import served_component
from galcore.ui.components.single_view import content
from galcore.workspace import Workspace

_HERE = Path(__file__).parent
# One module for the browser, put together here instead of by a build step; main.js has the entry point.
_SCRIPTS = ("walk.js", "keys.js", "picture.js", "panel.js", "drawn.js", "answering.js", "main.js")
_REFRESH_S = 10

_mount = served_component(
    "single_view",
    html=page_html(_HERE / "single.html"),
    css=put_together(_HERE, ["single.css"]),
    js=put_together(_HERE, _SCRIPTS),
)


@st.fragment(run_every=_REFRESH_S)
def single_view(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """One galaxy at a time for one person in one campaign: stores what comes back, sends what lies ahead."""
    run_page(AnnotationPage("single", _mount, _page_content), workspace, campaign, user)


def _page_content(turn: Turn) -> dict[str, Any]:
    campaign, workspace = turn.campaign, turn.workspace
    ahead = content.ahead_content(turn.grids, workspace, campaign, turn.user)
    data: dict[str, Any] = {
        "questions": content.questions_content(campaign),
        "ahead": ahead,
        "done": not ahead,
        "counts": content.progress_content(turn.status),
        "guide": content.single_guide(campaign, workspace),
    }
    if turn.is_first:
        data["begun"] = content.begun_content(workspace, campaign, turn.user)
    return data
