"""The dialogs in which a campaign is made, changed and duplicated."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from galcore.people import Role, require_role
from galcore.settings import DEFAULT_MODEL
from galcore.types import Campaign, CampaignState, GalcoreError
from galcore.ui.campaigns.form import LONGEST_NAME, Draft, campaign_form
from galcore.ui.campaigns.join import go_to_campaign, new_join_code
from galcore.ui.campaigns.states import update_campaign
from galcore.ui.text import plain
from galcore.workspace import Workspace

_NEW = Campaign("", "", "", ("yes", "no"))


@st.dialog("New campaign", width="large", dismissible=False, icon=":material/flag:")
def ask_new_campaign(workspace: Workspace, user: str) -> None:
    """Ask for a question and all the rest, make the campaign and go to its room."""
    models = workspace.models()
    start = replace(_NEW, model=models[0] if models else DEFAULT_MODEL)
    _make(workspace, start, user, galaxy_ids=None, form="new")


@st.dialog("Duplicate", width="large", dismissible=False, icon=":material/content_copy:")
def ask_duplicate(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """Ask for what is to differ from a campaign, and make it; labels are not copied."""
    name = f"{campaign.name[: LONGEST_NAME - 7]} (copy)"
    start = replace(campaign, campaign_id="", name=name, join_code="", created_at=None)
    _make(
        workspace, start, user, galaxy_ids=scope_of(workspace, campaign), form=f"copy_{campaign.campaign_id}"
    )


@st.dialog("Settings of the campaign", width="large", dismissible=False, icon=":material/tune:")
def ask_changes(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """Ask for changed settings and store them as the next version."""
    n_labels = len(workspace.labels.current(campaign.campaign_id))
    before = scope_of(workspace, campaign)
    draft = campaign_form(
        workspace, campaign, galaxy_ids=before, n_labels=n_labels, key=_keys(campaign.campaign_id)
    )
    st.caption("Changes hold from now on; every label keeps the version it was given under.")
    with st.container(horizontal=True):
        if st.button("Keep the changes", type="primary", key="galcore_campaign_keep"):
            _try(draft, lambda: change_campaign(workspace, campaign, draft, user))
        _cancel()


def create_campaign(workspace: Workspace, draft: Draft, user: str, state: CampaignState) -> Campaign:
    """Store a new campaign of this person with its list of galaxies and a code to join by.

    Raises:
        GalcoreError: If this person may not, a field is wrong, or the name is taken.
    """
    require_role(workspace.folder, user, Role.OWNER)
    campaign = replace(
        draft.campaign,
        campaign_id=uuid.uuid4().hex[:12],
        join_code=new_join_code(),
        created_by=user,
        created_at=None,
        state=state,
    )
    return workspace.labels.create_campaign(campaign, draft.galaxy_ids)


def change_campaign(workspace: Workspace, before: Campaign, draft: Draft, user: str) -> Campaign:
    """Store changed settings of a campaign, its state and its link kept as they are now.

    Raises:
        GalcoreError: If this person may not, or a field is wrong, or an answer with labels is missing.
    """
    require_role(workspace.folder, user, Role.OWNER)
    now = workspace.labels.campaign(before.campaign_id)
    if draft.galaxy_ids is not None and draft.galaxy_ids != scope_of(workspace, now):
        workspace.labels.set_scope(now.campaign_id, draft.galaxy_ids)
    return update_campaign(
        workspace,
        replace(draft.campaign, state=now.state, join_code=now.join_code, created_by=now.created_by),
    )


def scope_of(workspace: Workspace, campaign: Campaign) -> tuple[str, ...] | None:
    """Galaxies of a campaign's own list; None: the whole workspace."""
    return (workspace.labels.scope(campaign.campaign_id) or ()) if campaign.scoped else None


def _make(
    workspace: Workspace, start: Campaign, user: str, *, galaxy_ids: tuple[str, ...] | None, form: str
) -> None:
    draft = campaign_form(workspace, start, galaxy_ids=galaxy_ids, n_labels=0, key=_keys(form))
    with st.container(horizontal=True):
        begin = st.button("Create and begin", type="primary", key="galcore_campaign_create")
        later = st.button(
            "Save as draft", key="galcore_campaign_draft", help="Nobody can annotate until you open it."
        )
        _cancel()
    if begin:
        _try(draft, lambda: go_to_campaign(workspace, create_campaign(workspace, draft, user, "open")))
    elif later:
        _try(draft, lambda: create_campaign(workspace, draft, user, "draft"))


def _try(draft: Draft, act: Callable[[], object]) -> None:
    """Do it and close the dialog, or say what has to be mended first."""
    if draft.problems:
        st.error("  \n".join(plain(each, limit=300) for each in draft.problems[:5]))
        return
    try:
        act()
    except GalcoreError as error:
        st.error(plain(str(error), limit=500))
        return
    st.rerun()


def _cancel() -> None:
    if st.button("Cancel", type="tertiary", key="galcore_campaign_cancel"):
        st.rerun()


def _keys(form: str) -> Callable[[str], str]:
    return lambda name: f"campaign_{form}_{name}"
