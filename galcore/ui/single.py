"""The page One by one around its component: without a campaign, and with galaxies put in front."""

from __future__ import annotations

import streamlit as st

from galcore.types import Campaign
from galcore.ui import state
from galcore.ui.campaigns import offer_first_campaign
from galcore.ui.components.single_view.mount import single_view
from galcore.workspace import Workspace

ONE_BY_ONE = ("tree", "multilabel")  # modes that the grid cannot answer: several questions a galaxy


def show_no_campaign(workspace: Workspace, user: str) -> None:
    """What to do first."""
    offer_first_campaign(
        workspace,
        user,
        "A campaign is one question, or a tree of them, asked of every galaxy: *which grade as a lens?*, "
        "or the questions of Galaxy Zoo. Make one, and the first galaxy is there.",
    )


def show_single(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """The galaxies of a campaign, one at a time."""
    with st.container(key="galcore_single"):
        single_view(workspace, campaign, user)


def turn_from_grid(campaign: Campaign, *, at_once: bool) -> None:
    """Lead from the grid to this page where a campaign has more questions than a grid can ask; else nothing.

    Args:
        campaign: The one in use.
        at_once: Turn the page, since galaxies were just sent there; else say why, with a button.
    """
    if campaign.mode not in ONE_BY_ONE:
        return
    if at_once:
        state.open_page("single")
    with st.container(border=True):
        st.markdown("#### This campaign is answered one by one")
        st.write("It asks several questions of each galaxy, which do not fit on a grid.")
        if st.button("Go on one by one", type="primary", icon=":material/center_focus_strong:"):
            state.open_page("single")
    st.stop()
