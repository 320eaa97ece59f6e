"""The discussion of a galaxy: read in order, write, change and take back what one wrote oneself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pandas as pd
import streamlit as st

from galcore.labels.records import LONGEST_TEXT
from galcore.people import Role, may, require_role
from galcore.people.naming import SeenNames
from galcore.review.thread import WRITTEN, Message, conversation, count_unread, edit, message, withdrawal
from galcore.types import Campaign, GalcoreError, ThreadEvent
from galcore.ui.naming import galaxies_open_to, names_for
from galcore.ui.notices import show_told, tell
from galcore.ui.text import plain, plain_lines
from galcore.workspace import Workspace

_EDITED = "galcore.discussion_edited"  # message whose text is being changed
_BLIND = {
    "after_own": "Others' comments show once you have answered this galaxy: the campaign keeps people "
    "independent.",
    "never": "This campaign does not show people what others say.",
}


def may_follow(
    workspace: Workspace, campaign: Campaign, history: pd.DataFrame, galaxy_id: str, user: str
) -> bool:
    """Whether somebody may see what others said about a galaxy.

    Args:
        workspace: Where.
        campaign: Says how blind it is.
        history: Events about the galaxy.
        galaxy_id: Which.
        user: Who looks.
    """
    seen = galaxies_open_to(workspace, campaign, history, user)
    return seen is None or galaxy_id in seen


@st.fragment
def show_galaxy_discussion(workspace: Workspace, campaign: Campaign, user: str, galaxy_id: str) -> None:
    """The discussion on a page of its own galaxy; draws nothing where there is none and none can be begun."""
    show_told()
    history = workspace.labels.history(campaign.campaign_id, galaxy_id)
    said = conversation(history, workspace.labels.thread(campaign.campaign_id, galaxy_id))
    if not said and not _may_write(workspace, campaign, user):
        return
    unread = count_unread(said, user) if may_follow(workspace, campaign, history, galaxy_id, user) else 0
    fresh = f" · {unread} new" if unread and any(each.annotator == user for each in said) else ""
    st.markdown(f"##### Discussion{f' ({len(said)}{fresh})' if said else ''}")
    show_discussion(workspace, campaign, user, galaxy_id, history=history, said=said)


def show_discussion(
    workspace: Workspace,
    campaign: Campaign,
    user: str,
    galaxy_id: str,
    *,
    history: pd.DataFrame,
    said: tuple[Message, ...],
) -> None:
    """Everything that was said about a galaxy, in order of time, and a field to answer in.

    Args:
        workspace: Where.
        campaign: Whose discussion.
        user: Who looks.
        galaxy_id: About which galaxy.
        history: Its events: what somebody has answered decides what a blind campaign shows them.
        said: From :func:`galcore.review.thread.conversation`.
    """
    names = names_for(workspace, campaign, user)
    open_to_me = may_follow(workspace, campaign, history, galaxy_id, user)
    shown = said if open_to_me else tuple(each for each in said if each.annotator == user)
    if not open_to_me:
        st.caption(f":material/visibility_off: {_BLIND[campaign.visibility]}")
    writes = _may_write(workspace, campaign, user)
    for each in shown:
        _show_message(workspace, campaign, each, names, mine=writes and each.annotator == user)
    if not writes:
        st.caption(_why_silent(workspace, campaign, user))
        return
    if not shown and open_to_me:
        st.caption("Nobody has said anything yet.")
    key = f"discussion_{campaign.campaign_id}_{galaxy_id}"
    with st.form(f"{key}_form", border=False):
        st.text_area(
            "Message", key=key, height=80, max_chars=LONGEST_TEXT, label_visibility="collapsed",
            placeholder="What do you see?",
        )  # fmt: skip
        st.form_submit_button(
            "Send", icon=":material/send:", on_click=_send, args=(workspace, campaign, user, galaxy_id, key),
            help="Read by owners under your name, by others under a number",
        )  # fmt: skip


def _show_message(
    workspace: Workspace, campaign: Campaign, said: Message, names: SeenNames, *, mine: bool
) -> None:
    head = [f"**{plain(names(said.annotator) or 'somebody', limit=60)}**", _time_text(said.written_at)]
    head += [said.given] if said.given else []
    head += ["edited"] if said.edited_at and not said.withdrawn else []
    with st.container(key=f"message_{said.message_id}", gap=None):
        st.markdown(f":small[{' · '.join(head)}]")
        if said.withdrawn:
            st.markdown(":gray[*withdrawn*]")
            return
        if st.session_state.get(_EDITED) == said.message_id and mine:
            _show_edit(workspace, campaign, said)
            return
        st.markdown(plain_lines(said.text))
        if mine and said.given == WRITTEN:
            with st.container(horizontal=True, gap="small"):
                st.button(
                    "Edit", key=f"edit_{said.message_id}", type="tertiary", on_click=_begin_edit,
                    args=(said.message_id,),
                )  # fmt: skip
                st.button(
                    "Withdraw", key=f"withdraw_{said.message_id}", type="tertiary", on_click=_withdraw,
                    args=(workspace, campaign, said),
                    help="Takes it out of sight; that something was said stays",
                )  # fmt: skip


def _show_edit(workspace: Workspace, campaign: Campaign, said: Message) -> None:
    key = f"edited_{said.message_id}"
    st.text_area("Message", said.text, key=key, max_chars=LONGEST_TEXT, label_visibility="collapsed")
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Save", key=f"save_{said.message_id}", on_click=_save, args=(workspace, campaign, said, key)
        )
        st.button(
            "Cancel", key=f"cancel_{said.message_id}", type="tertiary", on_click=_begin_edit, args=("",)
        )


def _send(workspace: Workspace, campaign: Campaign, user: str, galaxy_id: str, key: str) -> None:
    text = str(st.session_state.get(key, ""))
    if not text.strip():
        return
    if _store(workspace, user, lambda: message(campaign.campaign_id, galaxy_id, user, text)):
        st.session_state[key] = ""  # kept where it could not be stored


def _begin_edit(message_id: str) -> None:
    st.session_state[_EDITED] = message_id


def _withdraw(workspace: Workspace, campaign: Campaign, said: Message) -> None:
    _store(workspace, said.annotator, lambda: withdrawal(campaign.campaign_id, said))


def _save(workspace: Workspace, campaign: Campaign, said: Message, key: str) -> None:
    text = str(st.session_state.get(key, ""))
    if text.strip() == said.text or _store(
        workspace, said.annotator, lambda: edit(campaign.campaign_id, said, text)
    ):
        _begin_edit("")


def _store(workspace: Workspace, user: str, make: Callable[[], ThreadEvent]) -> bool:
    """Store what somebody says, if they may; tells them when not."""
    try:
        require_role(workspace.folder, user, Role.ANNOTATOR)
        workspace.labels.append_thread([make()])
    except (GalcoreError, OSError) as error:
        tell(plain(str(error), limit=300), icon=":material/error:")
        return False
    return True


def _may_write(workspace: Workspace, campaign: Campaign, user: str) -> bool:
    return campaign.state in ("open", "paused") and may(workspace.folder, user, Role.ANNOTATOR)


def _why_silent(workspace: Workspace, campaign: Campaign, user: str) -> str:
    if not may(workspace.folder, user, Role.ANNOTATOR):
        return "You look on here: writing takes the role annotator."
    return "The campaign is closed; reopen it to write."


def _time_text(moment: datetime) -> str:
    return f"{moment:%d %b %Y, %H:%M} UTC"
