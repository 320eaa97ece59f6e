"""Choices that several parts share: the page of a long list of galaxies, the question."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from galcore.questions import questions_of
from galcore.types import Campaign
from galcore.ui.text import clean, shorten

PAGE_SIZE = 48


def choose_page(rows: pd.DataFrame, *, key: str, page_size: int = PAGE_SIZE) -> pd.DataFrame:
    """The rows of the chosen page; draws the choice only where there is more than one."""
    n_pages = -(-len(rows) // page_size)
    if n_pages <= 1:
        return rows
    number = st.number_input(
        "Page", 1, n_pages, 1, key=f"{key}_page_{n_pages}", width=130, label_visibility="collapsed",
        help=f"{page_size} galaxies a page",
    )  # fmt: skip
    st.markdown(f":gray[page of {n_pages:,}]", width="content")
    return rows.iloc[(number - 1) * page_size : number * page_size]


def choose_question(campaign: Campaign) -> str | None:
    """Which question of a campaign with several is looked at; ``None``: the only one, or the one in focus."""
    questions = {question.name: question for question in questions_of(campaign)}
    if len(questions) < 2:
        return None
    names = list(questions)
    return st.selectbox(
        "Question", names, names.index(campaign.focus) if campaign.focus in names else 0,
        key=f"review_question_{campaign.campaign_id}", label_visibility="collapsed", width=340,
        format_func=lambda name: option_text(questions[name].text),
        help="Everything below is about this question of the campaign.",
    )  # fmt: skip


def option_text(text: str) -> str:
    """A user's text as an option of a select box, which shows letters and no markup."""
    return shorten(clean(text), 60)
