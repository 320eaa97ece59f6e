"""The bar on top of every page: workspace, campaign, the selection, who is here, what is running."""

from __future__ import annotations

import streamlit as st

from galcore.types import Campaign
from galcore.ui import state
from galcore.ui.identity import MAX_NAME_LETTERS, change_user
from galcore.ui.text import count, plain
from galcore.web.registry import served
from galcore.workspace import Workspace

_PRESENCE_S = 20


def show_bar(user: str | None) -> None:
    """Draw the bar for the person of this session (None: nobody has given a name yet)."""
    workspace = state.current_workspace()
    with st.container(key="galcore_bar", horizontal=True, vertical_alignment="center", gap="small"):
        if workspace is not None:
            _choose_workspace(workspace)
            campaign = state.current_campaign()
            _choose_campaign(workspace, campaign)
            st.space("stretch")
            _show_selection()
            if user is not None:
                _show_presence(workspace, campaign, user)
        else:
            st.space("stretch")
        if user is not None:
            _show_person(user)


def _choose_workspace(workspace: Workspace) -> None:
    with st.popover(plain(workspace.title, limit=40), icon=":material/folder_open:", type="tertiary"):
        st.caption("Workspace: one set of images with its labels")
        for name in served().folders():
            here = name == workspace.name
            if st.button(
                plain(name, limit=60),
                key=f"galcore_use_{name}",
                width="stretch",
                type="secondary",
                disabled=here,
            ):
                state.use_workspace(name)
                st.rerun()


def _choose_campaign(workspace: Workspace, campaign: Campaign | None) -> None:
    label = plain(campaign.name, limit=40) if campaign else "no campaign yet"
    with st.popover(label, icon=":material/flag:", type="tertiary"):
        st.caption("Campaign: one question asked of the galaxies")
        for each in workspace.labels.campaigns():
            here = campaign is not None and each.campaign_id == campaign.campaign_id
            name = plain(each.name, limit=60) + (" · closed" if each.state == "closed" else "")
            if st.button(name, key=f"galcore_campaign_{each.campaign_id}", width="stretch", disabled=here):
                state.use_campaign(each.campaign_id)
                st.rerun()
        if state.has_page("grid") and st.button(
            "New campaign",
            key="galcore_new_campaign",
            icon=":material/add:",
            width="stretch",
            type="tertiary",
        ):
            state.open_page("grid", new="1")


def _show_selection() -> None:
    chosen = state.selected()
    label = f"selection ({len(chosen)})"
    with st.popover(label, icon=":material/select_all:", type="tertiary", disabled=not chosen):
        st.caption(f"{count(len(chosen), 'galaxy', 'galaxies')} selected; every page works on them")
        if state.has_page("grid") and st.button(
            "Annotate these", icon=":material/grid_view:", width="stretch"
        ):
            state.open_page("grid", queue="selection")
        if state.has_page("similar") and st.button(
            "Find similar", icon=":material/join_inner:", width="stretch"
        ):
            state.open_page("similar")
        st.download_button(
            "Export ids",
            "galaxy_id\n" + "\n".join(_csv_field(each) for each in chosen) + "\n",
            file_name="selection.csv",
            mime="text/csv",
            icon=":material/download:",
            width="stretch",
        )
        if st.button("Clear", icon=":material/close:", width="stretch"):
            state.clear()
            st.rerun()


def _csv_field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@st.fragment(run_every=_PRESENCE_S)
def _show_presence(workspace: Workspace, campaign: Campaign | None, user: str) -> None:
    """Who works on this campaign now; says at the same time that this person does."""
    if campaign is None:
        return
    workspace.labels.touch(campaign.campaign_id, user)
    present = workspace.labels.present(campaign.campaign_id)
    names = " · ".join(plain(name, limit=40) for name in present)
    st.markdown(f":small[:material/group: {max(1, len(present))} here]", help=names or None, width="content")


def _show_person(user: str) -> None:
    with st.popover(plain(user, limit=24), icon=":material/person:", type="tertiary"):
        st.caption("Your labels are kept under this name")
        name = st.text_input("Name", user, max_chars=MAX_NAME_LETTERS, key="galcore_rename")
        if st.button("Change", width="stretch") and change_user(name):
            st.rerun()
