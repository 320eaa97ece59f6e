"""Statistics: counts, people, agreement, confusion with the truth, calibration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from galcore.evaluate.metrics import confusion_matrix
from galcore.people.naming import SeenNames
from galcore.review.campaign import NOT_ASKED, CampaignReview, calibration_table, truth_columns
from galcore.ui.figures import figure_row
from galcore.ui.gallery import Tile, show_gallery
from galcore.ui.naming import names_for
from galcore.ui.results.agreement import show_agreement
from galcore.ui.results.charts import calibration_chart, confusion_chart, text_colour
from galcore.ui.results.downloads import show_downloads, show_heading
from galcore.ui.results.loading import load_people
from galcore.ui.results.paging import option_text
from galcore.ui.text import count, plain
from galcore.workspace import Workspace

NO_TRUTH = "none"
_ANSWERS_COUNTED = 4
PACE_COLUMNS = ("first_at", "last_at", "labels_per_hour")


def show_statistics(workspace: Workspace, review: CampaignReview, user: str) -> None:
    """Draw the tab."""
    if review.history.empty:
        st.info(
            "Numbers appear with the first submitted grid: who labelled how much, how far people agree, and, "
            "where the catalogue knows the truth, what is mistaken for what.",
            icon=":material/monitoring:",
        )
        return
    _show_counts(review)
    names = names_for(workspace, review.campaign, user)
    _show_people(workspace, review, names)
    show_agreement(workspace, review, names)
    _show_truth(workspace, review)
    _show_calibration(workspace, review)


def _show_counts(review: CampaignReview) -> None:
    labelled = ~review.galaxies["label"].isin(("", NOT_ASKED))
    answered = review.galaxies["n_annotators"] > 0
    figures = [
        ("Galaxies", len(review.galaxies), "In the catalogue"),
        ("Answered", answered.sum(), "Galaxies with at least one standing answer"),
        ("Answers", len(review.current), "Standing answers of all people"),
        ("Undecided", (answered & ~labelled).sum(), "Galaxies whose leading answers tie"),
    ]
    for answer in review.answers[:_ANSWERS_COUNTED]:
        n = (review.galaxies["label"] == answer).sum()
        figures.append((plain(answer, limit=24), n, "Galaxies with this label (decided or majority)"))
    with figure_row():
        for label, n, about in figures:
            st.metric(label, f"{n:,}", help=about, width="content")


def _show_people(workspace: Workspace, review: CampaignReview, names: SeenNames) -> None:
    people = load_people(workspace, review)
    if not names.owns and not review.campaign.shows_pace:
        people = people.assign(
            **{column: people[column].where(people["annotator"] == names.user) for column in PACE_COLUMNS}
        )
    people = people.assign(annotator=people["annotator"].map(names))
    show_heading(workspace, review, "People", people)
    st.dataframe(
        people, hide_index=True, key="review_people",
        column_config=_people_columns(),
    )  # fmt: skip


def _people_columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "annotator": "who",
        "n_answers": config.NumberColumn("galaxies answered", help="Standing answers"),
        "n_explicit": config.NumberColumn(
            "explicit", help="Of those, clicked or keyed rather than implied by submitting a grid"
        ),
        "n_skipped": config.NumberColumn("skipped", help="Seen, not decided"),
        "n_undone": config.NumberColumn("undone", help="Answers taken back"),
        "n_grids": config.NumberColumn("grids", help="Grids submitted"),
        "first_at": config.DatetimeColumn("first (UTC)", format="YYYY-MM-DD HH:mm"),
        "last_at": config.DatetimeColumn("last (UTC)", format="YYYY-MM-DD HH:mm"),
        "labels_per_hour": config.NumberColumn(
            "pace, labels / h", format="%.0f", help="Per hour of work; breaks over five minutes left out"
        ),
    }


def _show_truth(workspace: Workspace, review: CampaignReview) -> None:
    columns = truth_columns(workspace.catalog, review)
    if not columns:
        return
    st.markdown("##### Beside the truth")
    default = (
        columns.index(review.campaign.truth_column) + 1 if review.campaign.truth_column in columns else 0
    )
    chosen = st.selectbox(
        "Truth column of the catalogue", (NO_TRUTH, *columns), default, width=320,
        format_func=option_text,
        help="Columns whose values can be read as answers of this campaign",
    )  # fmt: skip
    if chosen == NO_TRUTH:
        return
    truth = review.truth(workspace.catalog[chosen])
    galaxies = review.galaxies.assign(truth=truth)
    known = galaxies[galaxies["truth"].notna()]
    people = known[known["label"] != ""]
    unseen = known[(known["n_annotators"] == 0) & (known["predicted"] != "")]
    left, right = st.columns(2, gap="large")
    with left:
        _show_confusion(
            workspace, review, people, "label", "People", "galaxies with a label and a known truth"
        )
    with right:
        where = "galaxies that nobody labelled, so that the model never learned from them"
        _show_confusion(workspace, review, unseen, "predicted", "Model", where)


def _show_confusion(
    workspace: Workspace, review: CampaignReview, rows: pd.DataFrame, column: str, who: str, where: str
) -> None:
    answers = review.answers
    st.markdown(f"**{who} against the truth**")
    if rows.empty:
        st.caption(f"None yet: this counts {where}.")
        return
    matrix = confusion_matrix(rows["truth"], rows[column], list(answers))
    correct = np.trace(matrix) / max(1, matrix.sum())
    st.caption(f"{count(int(matrix.sum()), 'galaxy', 'galaxies')}, {100 * correct:.1f} % right: {where}.")
    st.plotly_chart(
        confusion_chart(matrix, answers, text_colour=text_colour()),
        key=f"review_confusion_{who}",
        width="stretch",
    )
    mistakes = rows[(rows["truth"] != rows[column]) & rows["truth"].isin(answers)]
    show_downloads(
        workspace, review, mistakes.reset_index(), name=f"mistakes {who}", label="Download the mistakes"
    )
    if len(mistakes):
        with st.expander(f"{count(len(mistakes), 'mistake')}", icon=":material/compare_arrows:"):
            tiles = [
                Tile(str(galaxy_id), (f"truth: {row['truth']}", f"given: {row[column]}"))
                for galaxy_id, row in mistakes.head(48).iterrows()
            ]
            show_gallery(tiles, key=f"review_mistakes_{who}", tile_px=110, label="mistakes")


def _show_calibration(workspace: Workspace, review: CampaignReview) -> None:
    table = calibration_table(review)
    show_heading(workspace, review, "Calibration", table)
    if table.empty:
        st.caption("Needs a model and at least ten labels that the loop itself chose.")
        return
    left, right = st.columns([1, 1])
    with left:
        st.plotly_chart(calibration_chart(table), key="review_calibration", width="stretch")
    with right:
        what = (
            f"probability of “{plain(review.answers[0])}”"
            if review.is_yes_or_no
            else "probability of the likeliest answer"
        )
        st.markdown(
            f"How often the {what} came true, on {int(table['n'].sum()):,} labelled galaxies, each judged "
            "by a model that did not see its label. On the dotted line they can be taken at their word; "
            "below it the model is too sure. Bars: 95 % intervals.\n\n"
            "The learner gives every answer the same total weight, so for a rare class it says *yes* too "
            "often. That leaves the ranking as it is, and the expected purity on the first tab corrects it."
        )
