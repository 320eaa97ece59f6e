"""Invitations: links with a role and an end, made and withdrawn by owners."""

from __future__ import annotations

import time

import streamlit as st

from galcore.people import Invitation, Role, may
from galcore.people.changes import invitation_token, invite, withdraw_invitation
from galcore.people.roster import read_roster
from galcore.ui.links import link_here
from galcore.ui.people.sign_in import INVITATION
from galcore.ui.text import plain
from galcore.workspace import Workspace

_DAYS = {1: "a day", 7: "a week", 30: "a month", 365: "a year"}


def show_invitations(workspace: Workspace, user: str) -> None:
    """The form, and the links that are out; owners only."""
    if not may(workspace.folder, user, Role.OWNER):
        st.caption("Owners invite people.")
        return
    with st.form("settings_invite", clear_on_submit=True):
        left, middle, right = st.columns(3)
        role = left.selectbox("As", list(Role), index=1, format_func=str, key="settings_invite_role")
        days = middle.selectbox("For", list(_DAYS), index=1, format_func=_DAYS.__getitem__)
        note = right.text_input("For whom", max_chars=80, placeholder="students, spring term")
        if st.form_submit_button("Make a link", type="primary", icon=":material/link:"):
            invite(workspace.folder, by=user, role=Role(role or Role.ANNOTATOR), days=days, note=note)
    for each in read_roster(workspace.folder).invitations:
        if each.expires_at > time.time():
            _show_invitation(workspace, user, each)


def _show_invitation(workspace: Workspace, user: str, invitation: Invitation) -> None:
    days = (invitation.expires_at - time.time()) / 86400
    left = f"{days:.0f} days" if days >= 2 else f"{days * 24:.0f} hours"
    note = f" · {plain(invitation.note, limit=80)}" if invitation.note else ""
    with st.container(border=True, key=f"invitation_{invitation.invitation_id}"):
        st.markdown(f"**{invitation.role.value}** · {left} left{note}")
        token = invitation_token(workspace.folder, invitation)
        st.code(link_here(workspace=workspace.name, **{INVITATION: token}), language=None)
        if st.button("Withdraw", key=f"withdraw_{invitation.invitation_id}", type="tertiary"):
            withdraw_invitation(workspace.folder, invitation.invitation_id, by=user)
            st.rerun()
