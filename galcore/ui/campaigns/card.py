"""A campaign as a card: how far it is, the next step, the link to join, and what its owner can change."""

from __future__ import annotations

import streamlit as st

from galcore.types import Campaign
from galcore.ui import state
from galcore.ui.campaigns.dialogs import ask_changes, ask_duplicate
from galcore.ui.campaigns.join import go_to_campaign, show_invitation
from galcore.ui.campaigns.progress import CampaignProgress, measure_progress, next_step, summarize
from galcore.ui.campaigns.states import change_campaign_state, may_manage, next_states, state_change_words
from galcore.ui.text import plain
from galcore.workspace import Workspace

_BADGES = {"draft": ":gray-badge[draft]", "paused": ":orange-badge[paused]", "closed": ":blue-badge[closed]"}


def show_campaign_card(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """A campaign with its question, how far it is, who works on it, and the way in."""
    progress = measure_progress(workspace, campaign, user)
    key = f"{workspace.name}_{campaign.campaign_id}"
    manages = may_manage(workspace, user)
    with st.container(border=True, key=f"galcore_card_{key}"):
        badge = _BADGES.get(campaign.state, "")
        st.markdown(f"**{plain(campaign.question or campaign.name, limit=120)}** {badge}")
        where = f"{plain(workspace.title, limit=40)} · {plain(campaign.name, limit=40)}"
        st.caption(f"{where}  \n{summarize(campaign, progress)}")
        st.progress(progress.share)
        st.caption(next_step(campaign, progress, manages=manages))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _show_way_in(workspace, campaign, progress, key)
            if campaign.state != "closed":
                with st.popover(
                    "Invite", icon=":material/link:", type="tertiary", key=f"galcore_invite_{key}"
                ):
                    show_invitation(workspace, campaign, user)
            with st.popover(
                "", icon=":material/more_horiz:", type="tertiary", key=f"galcore_more_{key}",
                help="Settings, state, duplicate",
            ):  # fmt: skip
                _show_changes(workspace, campaign, user, manages=manages, key=key)


def _show_way_in(workspace: Workspace, campaign: Campaign, progress: CampaignProgress, key: str) -> None:
    if campaign.state == "closed" and state.has_page("review"):
        if st.button("Results", key=f"galcore_open_{key}", width="stretch"):
            state.use_workspace(workspace.name)
            state.use_campaign(campaign.campaign_id)
            state.open_page("review")
        return
    label = {"draft": "Look at it", "paused": "Look at it"}.get(
        campaign.state, "Continue" if progress.n_mine else "Annotate"
    )
    if st.button(label, key=f"galcore_open_{key}", width="stretch"):
        go_to_campaign(workspace, campaign)


def _show_changes(workspace: Workspace, campaign: Campaign, user: str, *, manages: bool, key: str) -> None:
    if not manages:
        st.caption("Its owner can change it. You can make one like it.")
    else:
        for wanted in next_states(campaign):
            label, icon, help_text = state_change_words(campaign, wanted)
            if st.button(
                label, key=f"galcore_make_{wanted}_{key}", icon=icon, width="stretch", help=help_text
            ):
                change_campaign_state(workspace, campaign, wanted, user)
                st.rerun()
        if st.button("Settings", key=f"galcore_edit_{key}", icon=":material/tune:", width="stretch"):
            ask_changes(workspace, campaign, user)
    if st.button("Duplicate", key=f"galcore_copy_{key}", icon=":material/content_copy:", width="stretch"):
        ask_duplicate(workspace, campaign, user)
