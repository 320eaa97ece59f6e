"""Choices that several parts share: the page of a long list of galaxies, the question."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from galcore.export.questions import AskedQuestion
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


def choose_question(questions: Sequence[AskedQuestion], *, key: str) -> AskedQuestion:
    """One of the campaign's questions; draws the choice only where there is more than one."""
    if len(questions) == 1:
        return questions[0]
    return st.selectbox(
        "Question", questions, format_func=lambda question: option_text(question.name), width=320, key=key,
        help="Each question of the campaign has votes of its own.",
    )  # fmt: skip


def option_text(text: str) -> str:
    """A user's text as an option of a select box, which shows letters and no markup."""
    return shorten(clean(text), 60)
