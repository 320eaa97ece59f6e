"""What people will see first: the question with its answers over some of the galaxies, while it is made."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from galcore.questions import Question
from galcore.types import Campaign
from galcore.ui.campaigns.examples import show_thumbnails
from galcore.ui.text import clean, count, plain, shorten
from galcore.workspace import Workspace

_PICTURES = 8
_DIGITS = 9
_SEEN = {
    "after_own": "others' answers after the own one",
    "always": "others' answers always visible",
    "never": "others' answers never visible",
}


def show_preview(
    workspace: Workspace, campaign: Campaign, questions: Sequence[Question], galaxy_ids: Sequence[str] | None
) -> None:
    """The first question as it will look, and all of the settings in one sentence."""
    with st.container(border=True, key="galcore_campaign_preview"):
        st.caption("What people see first")
        first = questions[0] if questions else None
        text = campaign.question if campaign.mode in ("multilabel",) or not first else first.text
        st.markdown(f"**{plain(text or campaign.question or 'Your question', limit=300)}**")
        show_thumbnails(
            workspace,
            [(each, "") for each in _first_galaxies(workspace, galaxy_ids)],
            size_px=192,
            side_px=92,
        )
        answers = first.answers if first and campaign.mode != "multilabel" else campaign.answers
        st.html(_answer_chips(answers))
        if campaign.guidance:
            st.html(f'<div class="galcore-guide" dir="auto">{html.escape(campaign.guidance)}</div>')
        st.caption(describe(workspace, campaign, galaxy_ids))


def describe(workspace: Workspace, campaign: Campaign, galaxy_ids: Sequence[str] | None) -> str:
    """The settings in one sentence."""
    n_galaxies = len(workspace.catalog) if galaxy_ids is None else len(galaxy_ids)
    parts = [
        count(n_galaxies, "galaxy", "galaxies"),
        f"{count(campaign.overlap, 'person', 'people')} each",
        f"{n_galaxies * campaign.overlap:,} answers in all",
        _SEEN[campaign.visibility],
        f"the model learns ({plain(campaign.model, limit=30)})" if campaign.learns else "no model",
    ]
    if campaign.gold:
        parts.append(f"{count(len(campaign.gold), 'gold item')}, {campaign.gold_share:.0%} of a grid")
    if campaign.reask_share:
        parts.append(f"{campaign.reask_share:.0%} asked again")
    return " · ".join(parts)


def _first_galaxies(workspace: Workspace, galaxy_ids: Sequence[str] | None) -> Sequence[str]:
    if galaxy_ids is not None:
        return galaxy_ids[:_PICTURES]
    return workspace.catalog["galaxy_id"].astype(str).head(_PICTURES).tolist()


def _answer_chips(answers: Sequence[str]) -> str:
    chips = []
    for number, answer in enumerate(answers, start=1):
        digit = f"<kbd>{number}</kbd>" if number <= _DIGITS else ""
        chips.append(f'<span dir="auto">{digit}{html.escape(shorten(clean(answer), 40))}</span>')
    return f'<div class="galcore-chips">{"".join(chips)}</div>'
