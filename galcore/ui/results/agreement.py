"""How far people agree, on the galaxies that the random stream gave to several of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from galcore.consensus import Agreement
from galcore.people.naming import SeenNames
from galcore.review.agreement import QuestionAgreement
from galcore.review.campaign import CampaignReview
from galcore.ui.figures import figure_row
from galcore.ui.results.downloads import show_heading
from galcore.ui.results.loading import load_agreement
from galcore.ui.text import count
from galcore.workspace import Workspace

ALPHA_HELP = (
    "Agreement beyond chance: 1 perfect, 0 chance; votes may be missing. 95 % bootstrap interval over "
    "galaxies. Only galaxies that the random stream gave to two people or more: those that the model or a "
    "person chose are easier or harder than the rest. Undefined when only one answer occurs."
)


def show_agreement(workspace: Workspace, review: CampaignReview, names: SeenNames) -> None:
    """Draw the section: everybody together, then every two people."""
    found = load_agreement(workspace, review)
    pairs = named_pairs(found.pairs, names)
    show_heading(workspace, review, "Agreement between people", pairs)
    if not found.overall.n_galaxies:
        st.caption(explain_no_overlap(found))
        return
    with figure_row():
        st.metric(
            "Overlap", count(found.overall.n_galaxies, "galaxy", "galaxies"), width="content",
            help=f"Given to two people or more by the random stream. Shared in any way: {found.n_shared:,}.",
        )  # fmt: skip
        st.metric(
            "Equal answers", f"{found.overall.percent:.0f} %", width="content",
            help="Of all pairs of answers to the same galaxy",
        )  # fmt: skip
        show_alpha(found.overall)
    st.caption(
        "On randomly assigned galaxies only, as in the report. Adjudications, gold items and second looks "
        "are no votes."
    )
    st.dataframe(
        pairs, hide_index=True, key="review_pairs",
        column_config={
            "first": "who", "second": "and who",
            "n_galaxies": st.column_config.NumberColumn("galaxies in common"),
            "percent": st.column_config.NumberColumn("equal, %", format="%.0f"),
            "kappa": st.column_config.NumberColumn(
                "Cohen κ", format="%.2f", help="1 perfect, 0 chance; empty where undefined"
            ),
        },
    )  # fmt: skip


def named_pairs(pairs: pd.DataFrame, names: SeenNames) -> pd.DataFrame:
    """Names as they may be read; within a pair in the order in which people came, not in that of names."""
    place = {name: number for number, name in enumerate(names.shown)}
    ordered = [
        sorted(pair, key=lambda name: place.get(name, len(place)))
        for pair in zip(pairs["first"], pairs["second"], strict=True)
    ]
    return pairs.assign(
        first=[names(first) for first, _ in ordered], second=[names(second) for _, second in ordered]
    )


def show_alpha(agreement: Agreement) -> None:
    """Krippendorff's alpha with its interval."""
    known = np.isfinite(agreement.alpha)
    low, high = agreement.alpha_low, agreement.alpha_high
    st.metric(
        "Krippendorff α", f"{agreement.alpha:.2f}" if known else "–",
        f"{low:.2f} to {high:.2f}" if known and np.isfinite([low, high]).all() else None,
        delta_color="off", delta_arrow="off", help=ALPHA_HELP, width="content",
    )  # fmt: skip


def explain_no_overlap(found: QuestionAgreement) -> str:
    """Why there is nothing to compare."""
    if not found.n_shared:
        return "No galaxy was answered by two people yet, so there is nothing to compare."
    return (
        f"{count(found.n_shared, 'galaxy', 'galaxies')} answered by two people or more, but none of them was "
        "given to both by the random stream, and only such galaxies measure agreement fairly: leave a share "
        "of random galaxies in the grids."
    )
