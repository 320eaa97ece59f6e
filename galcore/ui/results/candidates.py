"""Candidates: galaxies ranked by the model, with what a threshold would bring."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from galcore.evaluate.metrics import Interval
from galcore.review.campaign import CampaignReview, candidate_estimator, candidates
from galcore.review.threshold import ThresholdEstimate
from galcore.ui import state
from galcore.ui.figures import figure_row
from galcore.ui.gallery import Tile, show_gallery
from galcore.ui.results.charts import threshold_chart
from galcore.ui.results.downloads import show_downloads
from galcore.ui.results.paging import PAGE_SIZE, choose_page, option_text
from galcore.ui.text import count, plain
from galcore.workspace import Workspace

UNSEEN, ALL, LABELLED = "not labelled yet", "all", "labelled"
CURVE = np.linspace(0, 1, 41)
ASSUMPTION = (
    "Estimated from the labels as a function of the score and carried over to galaxies of the same score "
    "that nobody looked at; the 95 % interval stands below. Labelled galaxies count as what they were "
    "labelled and are ranked by a model that did not see their label."
)

ASKED_TOO = " It counts that the question is asked at all: probabilities along the tree multiply."


def show_candidates(workspace: Workspace, review: CampaignReview, only: frozenset[str] | None) -> None:
    """Draw the tab.

    Args:
        workspace: Where the galaxies are.
        review: The campaign.
        only: Galaxies to keep to; ``None``: all.
    """
    if not review.model_version:
        _explain_missing_model(workspace, review)
        return
    answer = _choose_answer(review)
    ranked = candidates(review, answer)
    estimator = candidate_estimator(review, answer)
    with st.container(key="galcore_split_candidates"):
        left, right = st.columns([2.6, 1], gap="medium")
    with right:
        threshold = st.slider(
            "Threshold", 0.0, 1.0, _first_threshold(review, ranked), 0.01,
            key=f"review_threshold_{review.question.name}_{answer}",
            help=f"Candidates are the galaxies whose probability of “{plain(_named(review, answer))}” is at "
            "least this." + (ASKED_TOO if review.target.led_here else ""),
        )  # fmt: skip
        _show_estimate(estimator.at(threshold))
        curve = [estimator.at(float(each)) for each in CURVE]
        st.plotly_chart(threshold_chart(curve, threshold), key="review_threshold_chart", width="stretch")
        st.caption(ASSUMPTION)
    with left:
        shown = _filtered(ranked[ranked["probability"] >= threshold], only)
        _show_list(workspace, review, answer, shown)


def _choose_answer(review: CampaignReview) -> str:
    answers = review.answers
    if review.is_yes_or_no:
        return answers[0]
    target = review.target
    first = answers.index(_least_wanted(review)) if target.values else 0
    return st.selectbox(
        "Candidates for", answers, first, key=f"review_candidates_for_{review.question.name}", width=340,
        format_func=lambda answer: option_text(_named(review, answer)),
    )  # fmt: skip


def _first_threshold(review: CampaignReview, ranked: pd.DataFrame) -> float:
    """Likelier than not; down a tree, where few galaxies are that, low enough for a page of them."""
    if not review.target.led_here or ranked.empty:
        return 0.5
    least = ranked["probability"].head(PAGE_SIZE).min()
    return float(np.clip(np.floor(100 * least) / 100, 0.01, 0.5))


def _least_wanted(review: CampaignReview) -> str:
    """The lowest answer on the scale that is looked for."""
    target = review.target
    return review.answers[target.values.index(target.wanted_from)]


def _named(review: CampaignReview, answer: str) -> str:
    """What candidates for an answer are called."""
    return f"{answer} or above" if len(review.wanted(answer)) > 1 else answer


def _filtered(ranked: pd.DataFrame, only: frozenset[str] | None) -> pd.DataFrame:
    which = st.segmented_control(
        "Show", (UNSEEN, ALL, LABELLED), default=UNSEEN, required=True, key="review_candidates_show",
        label_visibility="collapsed",
    )  # fmt: skip
    if which == UNSEEN:
        ranked = ranked[ranked["label"] == ""]
    elif which == LABELLED:
        ranked = ranked[ranked["label"] != ""]
    return ranked if only is None else ranked[ranked.index.isin(only)]


def _show_list(workspace: Workspace, review: CampaignReview, answer: str, shown: pd.DataFrame) -> None:
    if shown.empty:
        st.info("No galaxy lies above this threshold. Lower it, or show all.", icon=":material/tune:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{count(len(shown), 'candidate')}**", width="content")
        page = choose_page(shown, key="review_candidates")
        if st.button("Select this page", icon=":material/select_all:", type="tertiary"):
            state.select(page.index, add=True)
            st.rerun()
        if state.has_page("grid") and st.button(
            f"Annotate the first {min(len(shown), 500):,}", icon=":material/grid_view:", type="tertiary"
        ):
            state.select(shown.index[:500])
            state.open_page("grid", queue="selection")
        table = shown.reset_index().rename(columns={"probability": "probability_held_out"})
        show_downloads(workspace, review, table.assign(answer=answer), name="candidates")
    tiles = [
        Tile(row.Index, (f"{100 * row.probability:.1f} %", row.Index), row.label) for row in page.itertuples()
    ]
    show_gallery(tiles, key="review_candidates_gallery", label="candidates, likeliest first")


def _show_estimate(estimate: ThresholdEstimate) -> None:
    with figure_row():
        st.metric(
            "Candidates", f"{estimate.n_candidates:,}", width="content",
            help=f"Galaxies at or above the threshold; {estimate.n_unseen:,} of them nobody has labelled.",
        )  # fmt: skip
        st.metric(
            "Real ones", *_number(estimate.positives), delta_color="off", delta_arrow="off", width="content",
            help="Positives to be expected in the whole catalogue. " + ASSUMPTION,
        )  # fmt: skip
        st.metric(
            "Purity", _percent(estimate.purity), _brackets(estimate.purity), delta_color="off",
            delta_arrow="off", width="content", help="Share of the candidates that are real. " + ASSUMPTION,
        )  # fmt: skip
        st.metric(
            "Completeness", _percent(estimate.completeness), _brackets(estimate.completeness),
            delta_color="off", delta_arrow="off", width="content",
            help="Share of all real ones in the catalogue that are candidates. " + ASSUMPTION,
        )  # fmt: skip


def _percent(interval: Interval | None) -> str:
    return "–" if interval is None else f"{100 * interval.value:.0f} %"


def _brackets(interval: Interval | None) -> str | None:
    return None if interval is None else f"{100 * interval.low:.0f} to {100 * interval.high:.0f} %"


def _number(interval: Interval | None) -> tuple[str, str | None]:
    if interval is None:
        return "–", None
    return f"{interval.value:,.0f}", f"{interval.low:,.0f} to {interval.high:,.0f}"


def _explain_missing_model(workspace: Workspace, review: CampaignReview) -> None:
    with st.container(border=True):
        st.markdown("#### No ranking yet")
        if not workspace.models():
            st.write("The model has not looked at these galaxies yet. Prepare the workspace, then come back.")
            target, label, icon = "data", "Go to Data", ":material/database:"
        else:
            two = " and ".join(f"“{plain(answer)}”" for answer in review.answers[:2])
            st.write(
                f"The model learns from your answers: give at least one {two}, and every galaxy gets a "
                "probability. One grid is usually enough to begin."
            )
            target, label, icon = "grid", "Annotate now", ":material/grid_view:"
        if state.has_page(target) and st.button(label, type="primary", icon=icon):
            state.open_page(target)
