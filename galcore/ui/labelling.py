"""Label galaxies outside the grid: the answers of the campaign as buttons."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import streamlit as st

from galcore.people import Role, may, require_role
from galcore.questions import MULTILABEL_ANSWERS, Question, questions_of
from galcore.types import Campaign, EventKind, LabelEvent, Reason
from galcore.ui.text import count, plain
from galcore.workspace import Workspace

MAX_AT_ONCE = 500
MAX_QUEUED = 480
_STATES = {"draft": "not open yet", "paused": "paused", "closed": "closed"}


def show_label_bar(
    workspace: Workspace,
    campaign: Campaign | None,
    user: str,
    galaxy_ids: Sequence[str],
    *,
    reason: Reason = Reason.SIMILAR,
    question: Question | None = None,
    key: str = "label_bar",
) -> None:
    """One button an answer; a press stores it for all ``galaxy_ids`` at once.

    Without a ``question`` the answers are those of the campaign: to its first question, of several at once a
    yes to each.
    """
    if campaign is None or not galaxy_ids:
        return
    if not may(workspace.folder, user, Role.ANNOTATOR):
        st.caption("You look on here: labelling takes the role annotator.")
        return
    if campaign.state != "open":
        st.caption(f"The campaign is {_STATES[campaign.state]}; its labels can be seen but not changed.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        what = "" if len(galaxy_ids) == 1 else f" {count(len(galaxy_ids), 'galaxy', 'galaxies')}"
        st.markdown(f"Label{what} as", width="content")
        for number, (asked, answer, shown) in enumerate(_choices(campaign, question)):
            if st.button(
                plain(shown, limit=40), key=f"{key}_{number}", disabled=len(galaxy_ids) > MAX_AT_ONCE
            ):
                store_answers(workspace, campaign, user, galaxy_ids, answer, question=asked, reason=reason)
                st.toast(f"Saved: {count(len(galaxy_ids), 'label')} “{shown}”", icon=":material/check:")
                st.rerun()
        if len(galaxy_ids) > MAX_AT_ONCE:
            st.caption(f"at most {MAX_AT_ONCE} at once; queue them with *Annotate* instead")


def _choices(campaign: Campaign, question: Question | None) -> list[tuple[str, str, str]]:
    """Question, answer and text of each button."""
    if question is None and campaign.mode == "multilabel":
        return [(name, MULTILABEL_ANSWERS[0], name) for name in campaign.answers]
    asked = question or questions_of(campaign)[0]
    return [(asked.name, answer, answer) for answer in asked.answers]


def store_answers(
    workspace: Workspace,
    campaign: Campaign,
    user: str,
    galaxy_ids: Sequence[str],
    answer: str,
    *,
    reason: Reason,
    question: str = "",
) -> int:
    """Append one explicit answer a galaxy; number stored, after the commit.

    Raises:
        NotAllowedError: If this person may not label here now.
    """
    require_role(workspace.folder, user, Role.ANNOTATOR)
    events = [
        LabelEvent(
            event_id=str(uuid.uuid4()),
            campaign_id=campaign.campaign_id,
            galaxy_id=galaxy_id,
            annotator=user,
            kind=EventKind.LABEL,
            answer=answer,
            explicit=True,
            reason=reason,
            display="survey",
            question=question,
        )
        for galaxy_id in galaxy_ids
    ]
    return workspace.labels.append(events)


def ask_once_more(
    workspace: Workspace, campaign: Campaign, user: str, chosen: Sequence[str]
) -> tuple[int, int]:
    """Have one more person asked about each galaxy, whether or not it has all the votes that are wanted.

    Returns:
        How many come next on the grid of this person, who has not answered them while votes are missing, and
        how many go to somebody else; those that wait for one more person already are in neither.

    Raises:
        NotAllowedError: If this person may not label here now.
    """
    given = chosen[:MAX_QUEUED]
    n_mine = queue_chosen(workspace, campaign, user, given)
    mine = workspace.labels.leased(campaign.campaign_id, user)
    others = [galaxy_id for galaxy_id in given if galaxy_id not in mine]
    return n_mine, workspace.loop(campaign.campaign_id).ask_again(others, by=user)


def queue_chosen(workspace: Workspace, campaign: Campaign, user: str, chosen: Sequence[str]) -> int:
    """Put the chosen galaxies in front of this person next, ``MAX_QUEUED`` at most.

    Returns:
        How many will be shown: those answered, waiting already or without an embedding are passed over.

    Raises:
        NotAllowedError: If this person may not label here now.
    """
    require_role(workspace.folder, user, Role.ANNOTATOR)
    loop = workspace.loop(campaign.campaign_id)
    in_loop = set(loop.galaxy_ids.tolist())
    return loop.queue([each for each in chosen if each in in_loop][:MAX_QUEUED], by=user)
