"""The campaigns of every workspace, as Home lists them and as other pages miss them."""

from __future__ import annotations

import streamlit as st

from galcore.people import Role, may
from galcore.types import Campaign, GalcoreError
from galcore.ui.campaigns.card import show_campaign_card
from galcore.ui.campaigns.dialogs import ask_new_campaign
from galcore.ui.campaigns.states import (
    may_manage,
)
from galcore.web.registry import served
from galcore.workspace import Workspace

_ORDER = ("open", "paused", "draft", "closed")


def all_campaigns(user: str | None) -> list[tuple[Workspace, Campaign]]:
    """Campaigns of every workspace, those at work first; drafts only for whoever may open them.

    A workspace that cannot be opened is named, and the others are shown.
    """
    found = []
    for workspace in served().opened():
        try:
            if user is not None and not may(workspace.folder, user, Role.VIEWER):
                continue  # invited people only, and this is none of them
            found += [(workspace, campaign) for campaign in workspace.labels.campaigns()]
        except GalcoreError as error:
            st.warning(str(error), icon=":material/build:")
    shown = [each for each in found if each[1].state != "draft" or may_manage(each[0], user)]
    return sorted(shown, key=lambda each: _ORDER.index(each[1].state))


def offer_first_campaign(workspace: Workspace, user: str, about: str) -> None:
    """What to do on a page that needs a campaign, where there is none.

    Args:
        workspace: Where it would be made.
        user: Who looks; only who may make campaigns gets the button.
        about: What a campaign is on this page.
    """
    st.subheader("Ask a question first", anchor=False)
    st.write(about)
    if may_manage(workspace, user) and st.button("New campaign", type="primary", icon=":material/add:"):
        ask_new_campaign(workspace, user)


def show_campaigns(campaigns: list[tuple[Workspace, Campaign]], user: str) -> None:
    """A card each, as many in a row as the window has room for."""
    with st.container(key="galcore_cards"):
        for workspace, campaign in campaigns:
            show_campaign_card(workspace, campaign, user)
