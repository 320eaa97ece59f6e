"""The card of one galaxy that waits for a decision: picture, answers, discussion, history, catalogue."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from galcore.images.stretch import STRETCHES
from galcore.people.naming import SeenNames
from galcore.review.card import GalaxyCard
from galcore.review.queue import Why
from galcore.types import Campaign
from galcore.ui import galaxy_facts, state
from galcore.ui.components.sky_picture import show_sky_picture
from galcore.ui.discussion import show_discussion
from galcore.ui.text import clean, count, plain, shorten
from galcore.web.facts import catalog_row
from galcore.workspace import Workspace

_WHY = {
    Why.PEOPLE: ":material/call_split:",
    Why.MODEL: ":material/robot_2:",
    Why.FEW: ":material/person_add:",
}
_ROW = (
    '<tr><td style="padding:3px 10px 3px 0;max-width:16em;overflow:hidden;text-overflow:ellipsis">'
    "{answer}</td>"
    '<td style="width:40%;padding:3px 0"><div style="height:10px;border-radius:5px;background:'
    'color-mix(in srgb,currentColor 14%,transparent)"><div style="height:10px;border-radius:5px;'
    'width:{share:.0f}%;background:var(--st-primary-color,#f0a93b)"></div></div></td>'
    '<td style="padding:3px 8px;text-align:right">{n}</td>'
    '<td style="padding:3px 8px;text-align:right;white-space:nowrap">'
    '{consensus}</td><td style="padding:3px 0 3px 8px;text-align:right;white-space:nowrap">{model}</td></tr>'
)
_HEAD = (
    '<tr style="opacity:.65;font-size:12px"><td></td><td></td><td style="text-align:right;padding:0 8px" '
    'title="Votes of people">votes</td><td style="text-align:right;padding:0 8px" title="Probability by all '
    'votes, each weighed by the skill of its person; as of when the queue was made">people</td>'
    '<td style="text-align:right" title="Probability by a model that did not see the answers about this '
    'galaxy">model</td></tr>'
)


def show_picture(card: GalaxyCard, card_key: str) -> None:
    """The picture with its stretches; ``card_key`` names the card on screen."""
    galaxy_id = card.case.galaxy_id
    stretch = st.segmented_control(
        "Stretch", STRETCHES, default="survey", key="review_stretch", label_visibility="collapsed",
        help="How flux becomes brightness",
    )  # fmt: skip
    show_sky_picture(galaxy_id, key="review_picture", stretch=stretch or "survey", card=card_key)


def show_question(card: GalaxyCard) -> None:
    """Which galaxy, what is asked of it, and why it waits."""
    name = plain(card.case.galaxy_id, limit=60)
    asked = f" · {plain(card.question.text, limit=160)}" if card.question.name else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"##### {name}{asked}", width="content")
        if st.button(
            "Open", key="review_open", type="tertiary", icon=":material/open_in_full:", help="Its page"
        ):
            state.open_galaxy(card.case.galaxy_id)
    words = [f"{_WHY[each]} {each}" for each in card.why]
    if card.n_people:
        words.append(f"value {100 * card.value:.0f} %")
    if card.messages:
        words.append(f":material/chat: {len(card.messages)}")
    st.caption(
        " · ".join(words) or "no votes yet",
        help="Value: how much a decision would teach the model, from 0 to 100 %: entropy of people and model "
        "taken together, halved for galaxies that are like no others.",
    )


def show_tally(card: GalaxyCard, names: SeenNames) -> None:
    """Votes, consensus and model for each answer, and the decision in force."""
    total = max(card.n_people, 1)
    rows = [
        _ROW.format(
            answer=escape(shorten(clean(each.answer), 60)),
            share=100 * each.n_people / total,
            n=each.n_people,
            consensus=_percent(each.consensus),
            model=_percent(each.model),
        )
        for each in card.tally
    ]
    st.html(
        '<table style="width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:14px">'
        f"{_HEAD}{''.join(rows)}</table>"
    )
    if card.ruling is not None:
        said = f": {plain(card.ruling.comment, limit=300)}" if card.ruling.comment else ""
        st.markdown(
            f":material/gavel: **{plain(card.ruling.answer, limit=60)}**, decided by "
            f"{plain(names(card.ruling.annotator), limit=60)}{said}"
        )


def show_rest(
    workspace: Workspace,
    campaign: Campaign,
    user: str,
    card: GalaxyCard,
    history: pd.DataFrame,
    *,
    open_to_me: bool,
    names: SeenNames,
) -> None:
    """Provenance of each vote, what was said, everything that happened, the catalogue.

    Args:
        workspace: Where.
        campaign: Whose card.
        user: Who looks.
        card: The galaxy.
        history: Its events.
        open_to_me: Whether the person may see what others answered.
        names: How they read others; owners also see skill.
    """
    # no counts in the names: tabs with other names are other tabs, and the open one would close
    votes, talk, past, catalogue = st.tabs(["Votes", "Discussion", "History", "Catalogue"])
    with votes:
        if not open_to_me:
            st.caption(":material/visibility_off: The answers of others show after your own.")
        elif card.votes.empty:
            st.caption("Nobody has answered yet.")
        else:
            table = card.votes if names.owns else card.votes.drop(columns="skill")
            st.dataframe(table, hide_index=True, column_config=_columns(), key="review_votes")
    with talk:
        show_discussion(workspace, campaign, user, card.case.galaxy_id, history=history, said=card.messages)
    with past:
        mine = card.timeline if open_to_me else card.timeline[card.timeline["who"] == names(user)]
        st.dataframe(
            mine, hide_index=True, height=min(320, 38 + 35 * max(len(mine), 1)), key="review_timeline",
            column_config={"when": _when()},
        )  # fmt: skip
    with catalogue:
        row = catalog_row(workspace, card.case.galaxy_id)
        if row is None:
            st.caption(f"{count(1, 'galaxy')} that is not in the catalogue any more.")
        else:
            galaxy_facts.show_position(row)
            galaxy_facts.show_catalogue(row)


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "given": config.TextColumn(
            help="explicit: clicked or keyed; implied: by submitting the rest of a grid"
        ),
        "why shown": config.TextColumn(help="Stream that put the galaxy in front of the person"),
        "score then": config.NumberColumn(
            format="%.2f", help="0-1, probability of the first (or likeliest) answer when it was shown"
        ),
        "model then": config.TextColumn(help="Version of the model that gave the score"),
        "stretch": config.TextColumn(help="How the picture was shown"),
        "skill": config.NumberColumn(
            format="%.2f", help="0-1, probability that this person is right about a galaxy drawn at random"
        ),
        "when": _when(),
    }


def _when() -> Any:
    return st.column_config.DatetimeColumn("when (UTC)", format="YYYY-MM-DD HH:mm:ss")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"
