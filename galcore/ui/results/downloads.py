"""Download of any table in the three formats, with its provenance."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from galcore.export import describe_table, provenance_json, table_bytes
from galcore.export.names import slug
from galcore.people import Role, may
from galcore.review.campaign import CampaignReview
from galcore.types import Provenance
from galcore.ui.people.identity import current_user
from galcore.ui.text import count
from galcore.workspace import Workspace

_FORMATS = (
    ("CSV", ".csv", "text/csv"),
    ("Parquet", ".parquet", "application/vnd.apache.parquet"),
    ("FITS table", ".fits", "application/fits"),
)


def show_downloads(
    workspace: Workspace, review: CampaignReview, table: pd.DataFrame, *, name: str, label: str = "Download"
) -> None:
    """A small menu: this table as CSV, Parquet or FITS, and what made it.

    Args:
        workspace: Where the table comes from.
        review: Campaign it is about.
        table: Rows as shown, after all filters.
        name: What the table is, for the file name.
        label: Of the menu.
    """

    user = current_user() or ""

    def provenance() -> Provenance:
        return describe_table(
            workspace,
            review.campaign,
            table,
            learner_version=review.model_version,
            pseudonymous=not may(workspace.folder, user, Role.OWNER),
        )

    stem = f"{slug(review.campaign.name, otherwise='campaign')}-{slug(name, otherwise='table')}"
    with st.popover(label, icon=":material/download:", type="tertiary", disabled=table.empty):
        st.caption(f"{count(len(table), 'row')} as shown; made when you click")
        for title, suffix, mime in _FORMATS:
            st.download_button(
                title,
                data=_deferred(table, suffix, provenance),
                file_name=stem + suffix,
                mime=mime,
                key=f"download_{name}_{suffix}",
                on_click="ignore",
                width="stretch",
            )
        st.download_button(
            "Provenance (for the CSV)",
            data=lambda: provenance_json(provenance()),
            file_name=f"{stem}.csv.provenance.json",
            mime="application/json",
            key=f"download_{name}_provenance",
            on_click="ignore",
            width="stretch",
            help="Versions, hashes and settings behind this table; Parquet and FITS carry them inside.",
        )


def show_heading(workspace: Workspace, review: CampaignReview, title: str, table: pd.DataFrame) -> None:
    """The title of a section with the download of its table."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"##### {title}", width="content")
        show_downloads(workspace, review, table, name=title)


def _deferred(table: pd.DataFrame, suffix: str, provenance: Callable[[], Provenance]) -> Callable[[], bytes]:
    return lambda: table_bytes(table, suffix, provenance())
