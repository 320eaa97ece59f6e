"""History: every label event, filtered."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from galcore.export.pseudonyms import pseudonymise
from galcore.review.campaign import CampaignReview
from galcore.review.visibility import seen_events
from galcore.ui.naming import galaxies_open_to, names_for
from galcore.ui.results.downloads import show_downloads
from galcore.ui.text import count
from galcore.workspace import Workspace

MOST_ROWS = 5000
_WHY_NOT_ALL = {
    "after_own": "What others said about a galaxy stands here once you have answered it.",
    "never": "This campaign does not show what others answered; these are your own events.",
}
COLUMNS = (
    "created_at", "annotator", "kind", "answer", "galaxy_id", "explicit", "reason", "score", "round",
    "model_version", "comment", "undone", "display", "grid_id", "event_id",
)  # fmt: skip


def show_history(
    workspace: Workspace, review: CampaignReview, user: str, only: frozenset[str] | None
) -> None:
    """Draw the tab; ``only``: galaxies to keep to, ``None`` for all."""
    if review.history.empty:
        st.info(
            "Nothing has happened yet: every answer, correction and undo will be listed here.",
            icon=":material/history:",
        )
        return
    events = _readable(workspace, review, user)
    events = _filter(events if only is None else events[events["galaxy_id"].isin(only)])
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


def _readable(workspace: Workspace, review: CampaignReview, user: str) -> pd.DataFrame:
    """The events that the campaign lets this person see, with names as they may read them."""
    campaign = review.campaign
    names = names_for(workspace, campaign, user)
    galaxies = galaxies_open_to(workspace, campaign, review.history, user)
    if galaxies is not None:
        st.caption(_WHY_NOT_ALL[campaign.visibility], help="The campaign's owner chose it under *People*.")
    events = seen_events(review.history, user, galaxies)
    if names.owns:
        return events.assign(annotator=events["annotator"].map(names.shown))
    return pseudonymise(events, names, own=user)


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
            "score then", format="%.2f", help="0-1, probability when it was shown, before the answer"
        ),
        "undone": config.CheckboxColumn("undone", help="Taken back later"),
        "model_version": config.TextColumn("model then", help="Version of the model that gave the score"),
        "display": config.TextColumn("stretch", help="How the picture was shown"),
        "grid_id": "grid",
        "event_id": "event",
    }
