"""The bar on top of every page: workspace, campaign, the selection, who is here, what is running."""

from __future__ import annotations

import html

import streamlit as st

from galcore.jobs import jobs
from galcore.people import Access, Mode
from galcore.people.permission import person_name
from galcore.people.tokens import device_token
from galcore.types import Campaign
from galcore.ui import state
from galcore.ui.campaigns.states import change_campaign_state, may_manage, next_states, state_change_words
from galcore.ui.links import link_here
from galcore.ui.people.identity import MAX_NAME_LETTERS, change_user, read_access, sign_out
from galcore.ui.people.sign_in import ask_taken
from galcore.ui.text import clean, count, plain
from galcore.web.registry import served
from galcore.workspace import Workspace

_REFRESH_S = 15
_WORDS = '<span class="galcore-words">{}</span>'  # a phone shows the number alone


def show_bar(user: str | None, *, admitted: bool = True) -> None:
    """Draw the bar for the person of this session.

    Args:
        user: Who it is; None: nobody has given a name yet.
        admitted: Whether they may look into the workspace in use; else they can only choose another.
    """
    workspace = state.current_workspace()
    with st.container(key="galcore_bar", horizontal=True, vertical_alignment="center", gap="small"):
        if workspace is not None and not admitted:
            _choose_workspace(workspace)
            st.space("stretch")
        elif workspace is not None:
            campaign = state.current_campaign()
            _choose_workspace(workspace)
            _choose_campaign(workspace, campaign, user)
            st.space("stretch")
            _show_selection()
            if user is not None:
                with st.container(key="galcore_here", width="content"):
                    _show_people_and_jobs(workspace, campaign, user)
        else:
            st.space("stretch")
        if user is not None:
            _show_person(user)


def _choose_workspace(workspace: Workspace) -> None:
    with st.popover(
        plain(workspace.title, limit=28), icon=":material/folder_open:", type="tertiary",
        key="galcore_workspace",
    ):  # fmt: skip
        st.caption("Workspace: one set of images with its labels")
        for each in served().opened():
            key, here = f"galcore_use_{each.name}", each.name == workspace.name
            if st.button(plain(each.title, limit=60), key=key, width="stretch", disabled=here):
                state.use_workspace(each.name)
                st.rerun()


def _choose_campaign(workspace: Workspace, campaign: Campaign | None, user: str | None) -> None:
    label = plain(campaign.name, limit=28) if campaign else "no campaign yet"
    with st.popover(label, icon=":material/flag:", type="tertiary", key="galcore_campaign"):
        st.caption("Campaign: one question asked of the galaxies")
        for each in workspace.labels.campaigns():
            here = campaign is not None and each.campaign_id == campaign.campaign_id
            name = plain(each.name, limit=60) + (f" · {each.state}" if each.state != "open" else "")
            if st.button(name, key=f"galcore_campaign_{each.campaign_id}", width="stretch", disabled=here):
                state.use_campaign(each.campaign_id)
                st.rerun()
        if (
            user is not None
            and may_manage(workspace, user)
            and st.button("New campaign", key="galcore_new_campaign", icon=":material/add:", type="tertiary")
        ):
            state.open_page("grid", new="1")
        if campaign is not None and user is not None and may_manage(workspace, user):
            for wanted in next_states(campaign):
                words, icon, help_text = state_change_words(campaign, wanted)
                if st.button(words, key=f"galcore_make_{wanted}", icon=icon, type="tertiary", help=help_text):
                    change_campaign_state(workspace, campaign, wanted, user)
                    st.rerun()


def _show_selection() -> None:
    chosen = state.selected()
    label = f"selection **({len(chosen)})**"  # a phone shows the number alone
    with st.popover(
        label, icon=":material/select_all:", type="tertiary", disabled=not chosen, key="galcore_selection"
    ):
        st.caption(f"{count(len(chosen), 'galaxy', 'galaxies')} selected; every page works on them")
        if state.has_page("grid") and st.button(
            "Annotate these", icon=":material/grid_view:", width="stretch", key="galcore_annotate_selection"
        ):
            state.annotate(chosen)
        if state.has_page("similar") and st.button(
            "Find similar", icon=":material/join_inner:", width="stretch", key="galcore_similar_selection"
        ):
            state.open_page("similar")
        if state.has_page("restore") and st.button(
            "Restore the first", icon=":material/healing:", width="stretch", key="galcore_restore_selection",
            help="Fill in what is missing, or sharpen it; the others wait under “Another image”",
        ):  # fmt: skip
            state.open_page("restore", galaxy=chosen[0])
        st.download_button(
            "Export ids",
            "galaxy_id\n" + "\n".join(_csv_field(each) for each in chosen) + "\n",
            file_name="selection.csv",
            mime="text/csv",
            icon=":material/download:",
            width="stretch",
            key="galcore_export_selection",
        )
        if st.button("Clear", icon=":material/close:", width="stretch", key="galcore_clear_selection"):
            state.clear()
            st.rerun()


def _csv_field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@st.fragment(run_every=_REFRESH_S)
def _show_people_and_jobs(workspace: Workspace, campaign: Campaign | None, user: str) -> None:
    """Who works on this campaign now and what runs; says at the same time that this person is here."""
    parts = []
    if campaign is not None:
        workspace.labels.appear(campaign.campaign_id, user)
        present = workspace.labels.present(campaign.campaign_id)
        shown = [clean(person_name(workspace.folder, name)) for name in present]
        names = html.escape(", ".join(shown))
        parts.append(
            f'<span class="galcore-present" title="{names}"><i></i>{len(present)}'
            f"{_WORDS.format(' here now')}</span>"
        )
    running = [job for job in jobs(workspace.folder)[:20] if job.status.is_active]
    if running:
        kinds = html.escape(", ".join(job.kind for job in running))
        parts.append(f'<span title="{kinds}">{count(len(running), "job")}{_WORDS.format(" running")}</span>')
    st.html(f'<div class="galcore-here">{"".join(parts)}</div>')


def _show_person(user: str) -> None:
    access = read_access()
    with st.popover(plain(user, limit=18), icon=":material/person:", type="tertiary", key="galcore_person"):
        st.caption("Your labels are kept under this name")
        if access.is_proven:
            _show_proven(user, access)
        elif not ask_taken():
            name = st.text_input("Name", user, max_chars=MAX_NAME_LETTERS, key="galcore_rename")
            if st.button("Change", width="stretch", key="galcore_rename_button") and change_user(name):
                st.rerun()


def _show_proven(user: str, access: Access) -> None:
    st.markdown(f"**{plain(user, limit=60)}**")
    if access.mode is Mode.PASSPHRASE and st.button(
        "Another browser", icon=":material/devices:", width="stretch", key="galcore_device",
        help="A link by which you go on under this name elsewhere; for 15 minutes.",
    ):  # fmt: skip
        st.code(link_here(device=device_token(user, access)), language=None)
    if st.button("Sign out", icon=":material/logout:", width="stretch", key="galcore_sign_out"):
        sign_out()
        st.rerun()
