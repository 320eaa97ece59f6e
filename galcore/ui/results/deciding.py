"""Deciding by key or click: the walk of this session through the queue, and what each step stores."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from galcore.people import Role, may, require_role
from galcore.review.card import GalaxyCard
from galcore.review.decision import adjudication, last_ruling, reopening, undo_of
from galcore.review.queue import AdjudicationQueue, Case
from galcore.review.walk import Walk
from galcore.types import Campaign, EventKind, GalcoreError, LabelEvent, Reason
from galcore.ui.labelling import store_answers
from galcore.ui.notices import tell
from galcore.ui.text import plain
from galcore.workspace import Workspace

_TOUR = "review_tour"
MOST_KEYS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Tour:
    """One session's way through one queue.

    Attributes:
        choices: What the queue was chosen by: another choice is another tour.
        queue: As it was when the tour began; it does not change its order under somebody's hands.
        walk: Where they are.
        began_at: UTC.
        table: The cases as they are told in the queue, to download.
        rulings: Decisions and reopenings of this session, for undo.
        card_key: Names the card on screen: what is pressed twice on one card is stored once.
    """

    choices: tuple[object, ...]
    queue: AdjudicationQueue
    walk: Walk
    began_at: datetime
    table: pd.DataFrame
    rulings: tuple[LabelEvent, ...] = ()
    card_key: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def case(self) -> Case | None:
        """What is looked at; ``None`` at the end."""
        return None if self.walk.row is None else self.queue.case(self.walk.row)

    def at(self, walk: Walk, rulings: tuple[LabelEvent, ...] | None = None) -> Tour:
        """The tour at another step, which is another card."""
        kept = self.rulings if rulings is None else rulings
        return replace(self, walk=walk, rulings=kept, card_key=str(uuid.uuid4()))


def tour_through(queue: AdjudicationQueue, rows: Sequence[int], choices: tuple[object, ...]) -> Tour:
    """The tour of this session; a new one after other choices, or when the last one was ended."""
    tour = st.session_state.get(_TOUR)
    if not isinstance(tour, Tour) or tour.choices != choices:
        walk, table = Walk(tuple(int(row) for row in rows)), queue.table(rows)
        tour = Tour(choices, queue, walk, datetime.now(UTC), table)
        st.session_state[_TOUR] = tour
    return tour


def kept_tour(choices: tuple[object, ...]) -> Tour | None:
    """The tour of this session, if it was begun with these choices."""
    tour = st.session_state.get(_TOUR)
    return tour if isinstance(tour, Tour) and tour.choices == choices else None


def end_tour() -> None:
    """The next look makes a new queue."""
    st.session_state.pop(_TOUR, None)


def show_steps(tour: Tour) -> None:
    """Back, later and forward."""
    at_end = tour.case is None
    st.button(
        "Back", key="review_back", shortcut="Left", type="tertiary", on_click=_step, args=(-1,),
        disabled=tour.walk.at == 0,
    )  # fmt: skip
    st.button(
        "Later", key="review_later", shortcut="Space", type="tertiary", on_click=_later, disabled=at_end,
        help="Puts it at the end",
    )  # fmt: skip
    st.button(
        "Next", key="review_next", shortcut="Right", type="tertiary", on_click=_step, args=(1,),
        disabled=tour.walk.at >= len(tour.walk.cases) - 1,
    )  # fmt: skip


def show_undo(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """A button that takes back the last decision of this person."""
    if _may_decide(workspace, campaign, user):
        st.button(
            "Undo", key="review_undo", shortcut="U", type="tertiary", on_click=_undo,
            args=(workspace, campaign, user), help="Takes back your last decision in this campaign",
        )  # fmt: skip


def show_decision(workspace: Workspace, campaign: Campaign, user: str, tour: Tour, card: GalaxyCard) -> None:
    """One button an answer, a reason to write beside them, and the decision in force."""
    if not may(workspace.folder, user, Role.ANNOTATOR):
        st.caption("You look on here: deciding takes the role annotator.")
        return
    if not _may_decide(workspace, campaign, user):
        st.caption("The campaign is closed; reopen it to decide.")
        return
    why_key = f"review_why_{tour.card_key}"
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for number, answer in enumerate(card.question.answers, start=1):
            st.button(
                plain(answer, limit=40), key=f"review_decide_{number}",
                shortcut=str(number) if number <= MOST_KEYS else None,
                type="primary" if card.ruling and card.ruling.answer == answer else "secondary",
                on_click=_decide, args=(workspace, campaign, user, tour, answer, why_key),
            )  # fmt: skip
    st.text_input(
        "Why", key=why_key, placeholder="why (optional), then Tab and the digit",
        label_visibility="collapsed", max_chars=1000,
    )  # fmt: skip
    if card.ruling is not None:
        st.button(
            "Reopen", key="review_reopen", icon=":material/lock_open:", on_click=_reopen,
            args=(workspace, campaign, user, tour, why_key),
            help="Ends the decision; it stays in the history. A new decision needs no reopening.",
        )  # fmt: skip


def show_own_answer(
    workspace: Workspace, campaign: Campaign, user: str, tour: Tour, card: GalaxyCard
) -> None:
    """Buttons for the own answer, in a blind campaign, before the votes of others are shown."""
    if campaign.state != "open":
        st.caption("The campaign takes no answers now.")
        return
    st.markdown("**What do you see?** Your own answer counts as a vote; then the others' show.")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for number, answer in enumerate(card.question.answers, start=1):
            st.button(
                plain(answer, limit=40), key=f"review_answer_{number}",
                shortcut=str(number) if number <= MOST_KEYS else None,
                on_click=_answer, args=(workspace, campaign, user, tour, answer),
            )  # fmt: skip


def _decide(
    workspace: Workspace, campaign: Campaign, user: str, tour: Tour, answer: str, why_key: str
) -> None:
    case = _at_hand(tour)
    if case is None:
        return
    ruling = adjudication(
        campaign.campaign_id, case.galaxy_id, user, answer=answer, question=case.question,
        event_id=tour.card_key, comment=str(st.session_state.get(why_key, "")).strip(),
    )  # fmt: skip
    if _store(workspace, user, ruling):
        st.session_state[_TOUR] = tour.at(tour.walk.decided(), (*tour.rulings, ruling))
        tell(f"Decided: {plain(answer, limit=40)}", icon=":material/gavel:")


def _reopen(workspace: Workspace, campaign: Campaign, user: str, tour: Tour, why_key: str) -> None:
    case = _at_hand(tour)
    if case is None or tour.walk.row is None:
        return
    ruling = reopening(
        campaign.campaign_id, case.galaxy_id, user, question=case.question,
        comment=str(st.session_state.get(why_key, "")).strip(),
    )  # fmt: skip
    if _store(workspace, user, ruling):
        st.session_state[_TOUR] = tour.at(tour.walk.back_to(tour.walk.row), (*tour.rulings, ruling))


def _answer(workspace: Workspace, campaign: Campaign, user: str, tour: Tour, answer: str) -> None:
    case = _at_hand(tour)
    if case is None:
        return
    try:
        store_answers(
            workspace, campaign, user, [case.galaxy_id], answer, reason=Reason.QUEUED, question=case.question
        )
    except GalcoreError as error:
        tell(plain(str(error), limit=300), icon=":material/error:")
        return
    st.session_state[_TOUR] = tour.at(tour.walk)


def _undo(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """The last decision of this session, else the last one this person ever made in the campaign."""
    tour = st.session_state.get(_TOUR)
    ruling = tour.rulings[-1] if isinstance(tour, Tour) and tour.rulings else None
    if ruling is None:
        ruling = last_ruling(workspace.labels.history(campaign.campaign_id), user)
    if ruling is None:
        tell("You have decided nothing in this campaign that could be taken back.", icon=":material/undo:")
        return
    if not _store(workspace, user, undo_of(ruling)):
        return
    did = "Reopening" if ruling.kind is EventKind.FLAG else "Decision"
    tell(f"{did} taken back: {plain(ruling.galaxy_id, limit=40)}", icon=":material/undo:")
    if isinstance(tour, Tour):
        row = tour.queue.row(Case(ruling.galaxy_id, ruling.question))
        walk = tour.walk if row is None else tour.walk.back_to(row)
        st.session_state[_TOUR] = tour.at(walk, tour.rulings[:-1])


def _step(by: int) -> None:
    tour = st.session_state.get(_TOUR)
    if isinstance(tour, Tour):
        st.session_state[_TOUR] = tour.at(tour.walk.step(by))


def _later() -> None:
    tour = st.session_state.get(_TOUR)
    if isinstance(tour, Tour):
        st.session_state[_TOUR] = tour.at(tour.walk.later())


def _at_hand(tour: Tour) -> Case | None:
    """The case of the card that was pressed, unless the session has gone on since: a key pressed twice."""
    now = st.session_state.get(_TOUR)
    return tour.case if isinstance(now, Tour) and now.card_key == tour.card_key else None


def _may_decide(workspace: Workspace, campaign: Campaign, user: str) -> bool:
    return campaign.state in ("open", "paused") and may(workspace.folder, user, Role.ANNOTATOR)


def _store(workspace: Workspace, user: str, event: LabelEvent) -> bool:
    try:
        require_role(workspace.folder, user, Role.ANNOTATOR)
        workspace.labels.append([event])
    except (GalcoreError, OSError) as error:
        tell(plain(str(error), limit=300), icon=":material/error:")
        return False
    return True
