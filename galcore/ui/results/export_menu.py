"""Export of the whole campaign from the Review page: the same tables as the command line writes."""

from __future__ import annotations

import streamlit as st

from galcore.export import campaign_bytes, votes_bytes
from galcore.export.names import slug
from galcore.people import Role, may
from galcore.review.campaign import CampaignReview
from galcore.review.visibility import seen_events
from galcore.ui.naming import galaxies_open_to
from galcore.ui.text import plain
from galcore.workspace import Workspace

_NO_NAMES = (
    "Names are replaced by stable pseudonyms, comments are left out, and of others' votes those are in it "
    "that the campaign lets you see."
)
_CARRIED = "CSV comes as a zip with its provenance; Parquet and FITS carry it inside."
_STILL_BLIND = (
    "People answer this campaign without seeing each other's answers; its owner can take the results, or "
    "close it."
)
FORMATS = {"CSV": ".csv", "Parquet": ".parquet", "FITS table": ".fits"}


def show_export(workspace: Workspace, review: CampaignReview, user: str) -> None:
    """A menu: what to export, in which format, and the command that does the same."""
    campaign = review.campaign
    owns = may(workspace.folder, user, Role.OWNER)
    open_here = galaxies_open_to(workspace, campaign, review.history, user)
    with st.popover("Export results", icon=":material/download:", type="primary"):
        chosen = st.segmented_control("Format", FORMATS, default="CSV", required=True, key="export_format")
        everything = st.toggle(
            "All galaxies, with model probabilities", key="export_all", help="Else only the labelled ones"
        )
        catalog = st.toggle("With the catalogue's own columns", key="export_catalog")
        suffix = FORMATS[chosen or "CSV"]
        stem = slug(campaign.name, otherwise="campaign")
        st.download_button(
            "Download",
            data=lambda: campaign_bytes(
                workspace,
                campaign,
                suffix,
                all_galaxies=everything,
                catalog_columns=catalog,
                scores=review.scores,
                pseudonymous=not owns,
            ),
            file_name=stem + (".zip" if suffix == ".csv" else suffix),
            on_click="ignore",
            type="primary",
            width="stretch",
            disabled=open_here is not None,
            help=_CARRIED if open_here is None else _STILL_BLIND,
        )
        st.caption("The same from a terminal, also while this dashboard runs:")
        options = (" --all" if everything else "") + (" --catalog" if catalog else "")
        st.code(
            f"python -m galcore export {workspace.name} --campaign {campaign.campaign_id} "
            f"--out {stem}{suffix}{options}",
            language="bash",
            wrap_lines=True,
        )
        st.caption("One row a vote, to take into another campaign or to compute with:")
        hidden = not owns or st.toggle(
            "Names replaced", key="export_pseudonymous", help="By stable pseudonyms; no comments"
        )
        if not owns:
            st.caption(_NO_NAMES)
        st.download_button(
            "Download votes",
            data=lambda: votes_bytes(
                workspace,
                campaign,
                suffix,
                history=seen_events(review.history, user, open_here),
                pseudonymous=hidden,
            ),
            file_name=f"{stem}-votes" + (".zip" if suffix == ".csv" else suffix),
            on_click="ignore",
            width="stretch",
        )
        if not review.model_version:
            st.caption(f"“{plain(campaign.name, limit=60)}” has no model yet, so probabilities are empty.")
