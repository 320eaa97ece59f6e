"""Galleries: what people put into each class, and what the model would."""

from __future__ import annotations

import streamlit as st

from galcore.review.campaign import CampaignReview, members
from galcore.ui import state
from galcore.ui.gallery import Tile, show_gallery
from galcore.ui.labelling import show_label_bar
from galcore.ui.results.downloads import show_downloads
from galcore.ui.results.paging import choose_page, option_text
from galcore.ui.text import count
from galcore.workspace import Workspace

PEOPLE, MODEL = "people", "model, unlabelled"
TYPICAL, SURPRISING = "typical first", "surprising first"


def show_galleries(
    workspace: Workspace, review: CampaignReview, user: str, only: frozenset[str] | None
) -> None:
    """Draw the tab; ``only``: galaxies to keep to, ``None`` for all."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        answer = st.selectbox(
            "Class", review.answers, format_func=option_text, width=260,
            key=f"review_class_{review.question.name}",
        )  # fmt: skip
        source = st.segmented_control(
            "Put there by", (PEOPLE, MODEL), default=PEOPLE, required=True, key="review_source",
            help="People: decided or majority answer. Model: likeliest answer for galaxies nobody labelled.",
        )  # fmt: skip
        order = st.segmented_control(
            "Order", (TYPICAL, SURPRISING), default=TYPICAL, required=True, key="review_order",
            help="By the probability of this class from a model that did not see the galaxy's own label. "
            "Surprising ones are where mistakes hide.",
        )  # fmt: skip
    table = members(review, answer, by_model=source == MODEL, surprising=order == SURPRISING)
    if only is not None:
        table = table[table.index.isin(only)]
    if table.empty:
        st.info(_why_empty(review, source), icon=":material/photo_library:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{count(len(table), 'galaxy', 'galaxies')}**", width="content")
        page = choose_page(table, key="review_galleries")
        if st.button(
            "Select this page", icon=":material/select_all:", type="tertiary", key="review_class_all"
        ):
            state.select(page.index, add=True)
            st.rerun()
        show_downloads(workspace, review, table.reset_index(), name=f"gallery {answer}")
    tiles = [Tile(row.Index, _lines(row, answer), _badge(row, answer)) for row in page.itertuples()]
    show_gallery(tiles, key="review_gallery", label="galaxies of the class")
    chosen = [each for each in state.selected() if each in set(page.index)]
    if chosen:
        show_label_bar(
            workspace, review.campaign, user, chosen, question=review.question, key="review_relabel"
        )


def _lines(row: object, answer: str) -> tuple[str, ...]:
    probability = getattr(row, "probability", float("nan"))
    votes = int(getattr(row, "n_annotators", 0))
    told = "no probability" if probability != probability else f"{100 * probability:.0f} % {answer}"
    return (told, f"{votes} × voted" if votes > 1 else str(getattr(row, "Index", "")))


def _badge(row: object, answer: str) -> str:
    predicted = str(getattr(row, "predicted", ""))
    return f"model: {predicted}" if predicted and predicted != answer else ""


def _why_empty(review: CampaignReview, source: str | None) -> str:
    if source == MODEL:
        return (
            "The model puts no unlabelled galaxy here."
            if review.model_version
            else "There is no model yet: it begins with the first two different answers."
        )
    return "Nobody has put a galaxy into this class yet."
