"""Pages of a long list of galaxies."""

from __future__ import annotations

import pandas as pd
import streamlit as st

PAGE_SIZE = 48


def choose_page(rows: pd.DataFrame, *, key: str, page_size: int = PAGE_SIZE) -> pd.DataFrame:
    """The rows of the chosen page; draws the choice only where there is more than one."""
    n_pages = -(-len(rows) // page_size)
    if n_pages <= 1:
        return rows
    number = st.number_input(
        f"Page, of {n_pages:,}", 1, n_pages, 1, key=f"{key}_page_{n_pages}", width=160,
        help=f"{page_size} galaxies a page",
    )  # fmt: skip
    return rows.iloc[(number - 1) * page_size : number * page_size]
