"""What somebody sees who may not come in, or may not write now: one clear panel, and what they can do."""

from __future__ import annotations

import streamlit as st

from galcore.people import NotAllowedError, Role, enter, may, person_in
from galcore.people.changes import accept_invitation
from galcore.ui.people.sign_in import INVITATION
from galcore.ui.text import plain
from galcore.workspace import Workspace

_KEPT = (
    "Answers that were on their way are kept in this browser and sent once you may write again. "
    "Labels that were saved stay."
)


def admit(workspace: Workspace, user: str) -> bool:
    """Let somebody into a workspace, by invitation if they bring one; draws why not, when not."""
    try:
        token = st.query_params.pop(INVITATION, "")
        if token:
            _accept(workspace, token, user)
        enter(workspace.folder, user)
    except NotAllowedError as error:
        _panel(":material/door_front:", f"{plain(workspace.title, limit=60)} is closed to you", str(error))
        st.caption("Choose another workspace on top, or ask an owner. This page looks again when reloaded.")
        return False
    return True


def show_standing(workspace: Workspace, user: str) -> bool:
    """Whether this person may label now; draws why not, when not. Draw nothing that writes after False."""
    if may(workspace.folder, user, Role.ANNOTATOR):
        return True
    if not may(workspace.folder, user, Role.VIEWER):
        st.rerun()  # the whole page: the shell says it
    if person_in(workspace.folder, user).paused:
        _panel(
            ":material/pause_circle:",
            "You are paused",
            "An owner has paused you. You can look around; the grid comes back by itself when you go on.",
        )
    else:
        _panel(
            ":material/visibility:",
            "You look on here",
            "Your role is viewer: maps, galleries and results are open to you, labelling is not. "
            "An owner can change that under Settings.",
        )
    return False


def _accept(workspace: Workspace, token: str, user: str) -> None:
    try:
        person = accept_invitation(workspace.folder, token, user)
    except NotAllowedError:
        if not may(workspace.folder, user, Role.VIEWER):
            raise
        st.toast("This invitation does not hold any more; you are in already.", icon=":material/link_off:")
        return
    st.toast(f"Welcome: you are {person.role.value} here.", icon=":material/waving_hand:")


def _panel(icon: str, title: str, text: str) -> None:
    with st.container(border=True, key="galcore_standing"):
        st.markdown(f"#### {icon} {title}")
        st.write(text)
        st.caption(_KEPT)
