"""Joining by link: ``?join=<code>`` leads straight into the room of a campaign, after the name prompt."""

from __future__ import annotations

import secrets
from dataclasses import replace

import streamlit as st

from galcore.people import Role, require_role
from galcore.types import Campaign, GalcoreError
from galcore.ui import state
from galcore.ui.campaigns.states import may_manage, update_campaign
from galcore.ui.components.copy_link import copy_link
from galcore.ui.people.identity import current_user, require_user
from galcore.ui.text import plain
from galcore.web.registry import served
from galcore.workspace import Workspace

_JOIN = "join"
_CODE_BYTES = 9
_ONE_BY_ONE = ("tree", "grades", "multilabel")


def new_join_code() -> str:
    """A code nobody can guess."""
    return secrets.token_urlsafe(_CODE_BYTES)


def find_by_code(code: str) -> tuple[Workspace, Campaign] | None:
    """The campaign that a link leads to, among all workspaces; None if there is none."""
    for workspace in served().opened():
        try:
            campaigns = workspace.labels.campaigns()
        except GalcoreError:
            continue  # a workspace that cannot be opened is named on Home; the link may lead to another
        for campaign in campaigns:
            known = campaign.join_code.encode()
            if known and secrets.compare_digest(known, code.encode(errors="replace")):
                return workspace, campaign
    return None


def room_of(campaign: Campaign) -> str:
    """Page on which a campaign is answered."""
    return "single" if campaign.mode in _ONE_BY_ONE else "grid"


def go_to_campaign(workspace: Workspace, campaign: Campaign) -> None:
    """Turn to the room of a campaign."""
    state.use_workspace(workspace.name)
    state.use_campaign(campaign.campaign_id)
    state.open_page(room_of(campaign))


def turn_to_join_link() -> None:
    """Turn to the workspace and campaign of the link that opened the page: their rules hold then."""
    code = st.query_params.get(_JOIN)
    found = find_by_code(code) if code else None
    if found is not None:
        state.use_workspace(found[0].name)
        state.use_campaign(found[1].campaign_id)


def follow_join_link() -> None:
    """Follow the link that opened the page, if one did; a link that leads nowhere is explained."""
    code = st.query_params.get(_JOIN)
    if not code:
        return
    found = find_by_code(code)
    if found is None:
        _refuse(
            "This link leads nowhere",
            "There is no campaign behind it here. Ask whoever sent it for the whole link; it may have been "
            "cut off, or belong to another server.",
        )
        st.stop()
    workspace, campaign = found
    if campaign.state in ("draft", "closed") and not may_manage(workspace, current_user()):
        _refuse_state(campaign)
        st.stop()
    if current_user() is None:
        st.subheader(plain(campaign.question or campaign.name, limit=300), anchor=False)
        st.caption(f"You are invited to “{plain(campaign.name, limit=80)}”.")
    require_user()
    del st.query_params[_JOIN]
    go_to_campaign(workspace, campaign)


def show_invitation(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """The link to join with a button that copies it; an older campaign gets its code on demand."""
    if campaign.join_code:
        copy_link(
            data={"code": campaign.join_code}, height=40,
            key=f"galcore_link_{workspace.name}_{campaign.campaign_id}",
        )  # fmt: skip
        st.caption("Whoever opens it types a name and is in the campaign.")
    elif not may_manage(workspace, user):
        st.caption("This campaign has no link yet; its owner can make one.")
    elif st.button("Make a link", key=f"galcore_make_link_{workspace.name}_{campaign.campaign_id}"):
        require_role(workspace.folder, user, Role.OWNER)
        update_campaign(workspace, replace(campaign, join_code=new_join_code()))
        st.rerun()


def _refuse_state(campaign: Campaign) -> None:
    if campaign.state == "closed":
        _refuse(
            f"“{plain(campaign.name, limit=80)}” is closed",
            "It takes no more answers; everything given so far is kept.",
        )
    else:
        who = plain(campaign.created_by, limit=60) or "its owner"
        _refuse(
            f"“{plain(campaign.name, limit=80)}” has not begun",
            f"It opens when {who} opens it; this link works then.",
        )


def _refuse(title: str, text: str) -> None:
    with st.container(border=True, key="galcore_join_refused", width=560):
        st.markdown(f"#### :material/link_off: {title}")
        st.write(text)
        if st.button("Go to Home", key="galcore_join_home"):
            del st.query_params[_JOIN]
            st.rerun()
