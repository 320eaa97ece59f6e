"""Galaxies to look at again: those whose consensus is unsure, and labels that look wrong."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from galcore.people import Role, may
from galcore.review.campaign import CampaignReview
from galcore.review.consensus import QuestionConsensus, error_table, unsure_galaxies
from galcore.review.decision import decided_answers
from galcore.types import Campaign, GalcoreError
from galcore.ui.gallery import Tile, TileAction, show_gallery
from galcore.ui.labelling import MAX_QUEUED, ask_once_more
from galcore.ui.results.downloads import show_heading
from galcore.ui.results.paging import choose_page
from galcore.ui.text import count, plain
from galcore.workspace import Workspace

DECIDING = "review_deciding"  # galaxies that the Disagreements tab keeps to
PAGE_SIZE = 24
_ASK, _DECIDE = "ask", "decide"
_ACTIONS = (
    TileAction(_ASK, "Ask again", "One more person answers it, also where it has all the votes wanted"),
    TileAction(_DECIDE, "Decide", "Turn to it under Disagreements"),
)


def show_unsure(
    workspace: Workspace,
    review: CampaignReview,
    found: QuestionConsensus,
    user: str,
    only: frozenset[str] | None,
) -> None:
    """Draw the section of galaxies whose likeliest answer is not likely enough."""
    place = st.container()
    below = st.slider(
        "Unsure below, %", 50, 100, 80, 1, key="review_unsure_below", width=320,
        help="Probability of the likeliest answer. Decided galaxies are left out.",
    )  # fmt: skip
    table = _kept(
        unsure_galaxies(
            found, below=below / 100, decided=decided_answers(review.history, review.question.name)
        ),
        only,
    )
    with place:
        show_heading(workspace, review, "Unsure", table.reset_index())
    if table.empty:
        st.caption("No galaxy is less sure than this.")
        return
    page = _show_bar(workspace, review.campaign, user, table, key="review_unsure")
    tiles = [
        Tile(str(galaxy_id), (f"{100 * row['probability']:.0f} % {row['consensus'] or 'tied'}", row["votes"]))
        for galaxy_id, row in page.iterrows()
    ]
    _show_tiles(workspace, review.campaign, user, tiles, key="review_unsure", label="unsure galaxies")


def show_likely_errors(
    workspace: Workspace,
    review: CampaignReview,
    found: QuestionConsensus,
    user: str,
    only: frozenset[str] | None,
) -> None:
    """Draw the section of labels that a model which did not see them finds unlikely."""
    table = _kept(error_table(found, decided=decided_answers(review.history, review.question.name)), only)
    show_heading(workspace, review, "Likely label errors", table.reset_index())
    if not found.has_model:
        st.caption("Needs a model: prepare the workspace on the Data page.")
        return
    st.caption(
        "People's label is not what a model that did not see it finds likeliest; those that confident "
        "learning (Northcutt et al. 2021) counts as errors are marked and come first. A list to look at "
        "again, not a correction: the model may be the one that errs."
    )
    if table.empty:
        st.caption("None: the model finds every label likely, or has seen one answer only.")
        return
    page = _show_bar(workspace, review.campaign, user, table, key="review_errors")
    tiles = [
        Tile(
            str(galaxy_id),
            (f"given: {row['given']}", f"suggested: {row['suggested']} · {count(row['n_votes'], 'vote')}"),
            "likely wrong" if row["flagged"] else "",
        )
        for galaxy_id, row in page.iterrows()
    ]
    _show_tiles(workspace, review.campaign, user, tiles, key="review_errors", label="likely label errors")


def _kept(table: pd.DataFrame, only: frozenset[str] | None) -> pd.DataFrame:
    return table if only is None else table[table.index.isin(only)]


def _show_bar(
    workspace: Workspace, campaign: Campaign, user: str, table: pd.DataFrame, *, key: str
) -> pd.DataFrame:
    """Number, page and what can be done with all of them; the rows of the page."""
    ids = tuple(table.index.astype(str))
    again = ids[:MAX_QUEUED]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{count(len(table), 'galaxy', 'galaxies')}**", width="content")
        page = choose_page(table, key=key, page_size=PAGE_SIZE)
        if actions_for(workspace, campaign, user):
            if campaign.state == "open":
                st.button(
                    f"Ask again about {len(again):,}", key=f"{key}_ask", type="tertiary",
                    icon=":material/replay:", on_click=ask_again, args=(workspace, campaign, user, again),
                    help="One more person answers each: you, if the campaign wants more votes and yours is "
                    "not among them; else the next who is given a grid and has not answered it",
                )  # fmt: skip
            st.button(
                f"Decide all {len(ids):,}", key=f"{key}_decide", type="tertiary", icon=":material/gavel:",
                on_click=decide, args=(ids,),
            )  # fmt: skip
    return page


def _show_tiles(
    workspace: Workspace, campaign: Campaign, user: str, tiles: Sequence[Tile], *, key: str, label: str
) -> None:
    def act(name: str, galaxy_id: str) -> None:
        if name == _ASK:
            ask_again(workspace, campaign, user, (galaxy_id,))
        else:
            decide((galaxy_id,))

    show_gallery(
        tiles, key=f"{key}_gallery", tile_px=150, label=label, on_action=act,
        actions=actions_for(workspace, campaign, user),
    )  # fmt: skip


def actions_for(workspace: Workspace, campaign: Campaign, user: str) -> tuple[TileAction, ...]:
    """What this person may do with a galaxy now."""
    if not may(workspace.folder, user, Role.ANNOTATOR) or campaign.state in ("closed", "draft"):
        return ()
    return _ACTIONS if campaign.state == "open" else _ACTIONS[1:]


def ask_again(workspace: Workspace, campaign: Campaign, user: str, galaxy_ids: Sequence[str]) -> None:
    """Have one more person asked about each galaxy, and say what came of it."""
    try:
        n_mine, n_others = ask_once_more(workspace, campaign, user, galaxy_ids)
    except GalcoreError as error:
        st.toast(plain(str(error), limit=300), icon=":material/error:")
        return
    said = [f"{count(n_mine, 'galaxy', 'galaxies')} next on your grid"] if n_mine else []
    said += [f"{count(n_others, 'galaxy', 'galaxies')} to one more person each"] if n_others else []
    if said:
        st.toast(f"Asked again: {', '.join(said)}", icon=":material/replay:")
        return
    st.toast("One more person is asked already, or it is on your grid.", icon=":material/info:")


def decide(galaxy_ids: Sequence[str]) -> None:
    """Turn to the Disagreements tab, kept to these galaxies."""
    st.session_state[DECIDING] = tuple(galaxy_ids)
    st.session_state["review_tab"] = "disagreements"


def keep_to_deciding(only: frozenset[str] | None) -> frozenset[str] | None:
    """Galaxies that the Disagreements tab keeps to: those that were to be decided, else ``only``."""
    wanted = st.session_state.get(DECIDING, ())
    if not wanted:
        return only
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f":material/gavel: {count(len(wanted), 'galaxy', 'galaxies')} from *Consensus*", width="content"
        )
        st.button("All disagreements", key="review_deciding_end", type="tertiary", on_click=_stop_deciding)
    return frozenset(wanted)


def _stop_deciding() -> None:
    st.session_state.pop(DECIDING, None)
