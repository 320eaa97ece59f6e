"""History: every label event, filtered."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from galcore.review.campaign import CampaignReview
from galcore.ui.results.downloads import show_downloads
from galcore.ui.text import count
from galcore.workspace import Workspace

MOST_ROWS = 5000
COLUMNS = (
    "created_at", "annotator", "kind", "answer", "galaxy_id", "explicit", "reason", "score", "round",
    "model_version", "comment", "undone", "display", "grid_id", "event_id",
)  # fmt: skip


def show_history(workspace: Workspace, review: CampaignReview, only: frozenset[str] | None) -> None:
    """Draw the tab; ``only``: galaxies to keep to, ``None`` for all."""
    if review.history.empty:
        st.info(
            "Nothing has happened yet: every answer, correction and undo will be listed here.",
            icon=":material/history:",
        )
        return
    events = review.history if only is None else review.history[review.history["galaxy_id"].isin(only)]
    events = _filter(events)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count(len(events), 'event')}**, newest first", width="content")
        show_downloads(workspace, review, events, name="events")
    if len(events) > MOST_ROWS:
        st.caption(f"The newest {MOST_ROWS:,} are shown; the download has all.")
    newest = events.iloc[::-1].head(MOST_ROWS)
    st.dataframe(
        newest[[name for name in COLUMNS if name in newest]],
        hide_index=True, height=560, key="review_history",
        column_config=_columns(),
    )  # fmt: skip


def _filter(events: pd.DataFrame) -> pd.DataFrame:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for column, label in (
            ("annotator", "Who"),
            ("kind", "What"),
            ("answer", "Answer"),
            ("reason", "Shown because"),
        ):
            options = sorted(each for each in events[column].astype(str).unique() if each)
            wanted = st.multiselect(
                label, options, key=f"review_history_{column}", placeholder="all", width=220
            )
            if wanted:
                events = events[events[column].astype(str).isin(wanted)]
        text = st.text_input("Galaxy id contains", key="review_history_galaxy", width=220)
    if text.strip():
        events = events[events["galaxy_id"].astype(str).str.contains(text.strip(), regex=False)]
    return events


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "created_at": config.DatetimeColumn("when (UTC)", format="YYYY-MM-DD HH:mm:ss"),
        "annotator": "who",
        "galaxy_id": config.TextColumn("galaxy"),
        "explicit": config.CheckboxColumn(
            "explicit", help="Clicked or keyed; not implied by submitting the rest of a grid"
        ),
        "reason": config.TextColumn(
            "shown because", help="Stream that put the galaxy in front of the person"
        ),
        "score": config.NumberColumn(
            "score then", format="percent", help="Probability when it was shown, before the answer"
        ),
        "undone": config.CheckboxColumn("undone", help="Taken back later"),
    }
