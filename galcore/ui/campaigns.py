"""Campaigns as people meet them: cards with progress, the dialog that makes one, closing."""

from __future__ import annotations

import functools
import uuid
from dataclasses import dataclass, replace

import streamlit as st

from galcore.types import Campaign, GalcoreError
from galcore.ui import state
from galcore.ui.text import count, plain
from galcore.web.registry import served
from galcore.workspace import Workspace

_SEVERAL = "several classes"
_MOST_SEEDS = 20
_ROWS_LOOKED_AT = 20_000
_SIZES = ((3, 3), (4, 4), (5, 5), (6, 6), (8, 8), (10, 10))


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """How far a campaign is.

    Attributes:
        n_galaxies: Galaxies in the workspace.
        n_answered: Of those, with an answer by anybody.
        n_mine: With an answer by this person.
        people: Everybody who has answered, most labels first.
        present: People at work now.
    """

    n_galaxies: int
    n_answered: int
    n_mine: int
    people: tuple[str, ...]
    present: tuple[str, ...]


def all_campaigns() -> list[tuple[Workspace, Campaign]]:
    """Every campaign of every workspace; a workspace that cannot be opened is named, and the others shown."""
    found = []
    for workspace in served().opened():
        try:
            found += [(workspace, campaign) for campaign in workspace.labels.campaigns()]
        except GalcoreError as error:
            st.warning(str(error), icon=":material/build:")
    return found


def measure_progress(workspace: Workspace, campaign: Campaign, user: str | None) -> CampaignProgress:
    """Progress of a campaign, from its standing answers."""
    n_answered, per_person = _count_answers(workspace, campaign.campaign_id, workspace.labels.version)
    return CampaignProgress(
        n_galaxies=len(workspace.catalog),
        n_answered=n_answered,
        n_mine=per_person.get(user, 0) if user else 0,
        people=tuple(per_person),
        present=workspace.labels.present(campaign.campaign_id),
    )


@functools.lru_cache(maxsize=64)
def _count_answers(workspace: Workspace, campaign_id: str, _version: int) -> tuple[int, dict[str, int]]:
    """Galaxies with an answer, and answers per person, most first; counted once per commit."""
    answers = workspace.labels.current(campaign_id)
    per_person = answers["annotator"].value_counts()
    return int(answers["galaxy_id"].nunique()), {str(name): int(n) for name, n in per_person.items()}


def show_campaign_card(workspace: Workspace, campaign: Campaign, user: str | None) -> None:
    """A campaign with its question, how far it is, who works on it, and the way in."""
    progress = measure_progress(workspace, campaign, user)
    with st.container(border=True, key=f"galcore_card_{workspace.name}_{campaign.campaign_id}"):
        st.markdown(f"**{plain(campaign.question or campaign.name, limit=120)}**")
        where = f"{plain(workspace.title, limit=40)} · {plain(campaign.name, limit=40)}"
        st.caption(f"{where} · {_summary(campaign, progress)}")
        st.progress(min(1.0, progress.n_answered / max(1, progress.n_galaxies)))
        going_on = progress.n_mine > 0
        label = "Look at it" if campaign.state == "closed" else "Continue" if going_on else "Annotate"
        if st.button(label, key=f"galcore_open_{workspace.name}_{campaign.campaign_id}", width="stretch"):
            go_to_campaign(workspace, campaign)


def go_to_campaign(workspace: Workspace, campaign: Campaign) -> None:
    """Turn to the grid of a campaign."""
    state.use_workspace(workspace.name)
    state.use_campaign(campaign.campaign_id)
    state.open_page("grid")


def _summary(campaign: Campaign, progress: CampaignProgress) -> str:
    parts = [f"{progress.n_answered:,} of {count(progress.n_galaxies, 'galaxy', 'galaxies')} answered"]
    if progress.n_mine:
        parts.append(f"{progress.n_mine:,} by you")
    if progress.people:
        parts.append(count(len(progress.people), "person", "people"))
    if progress.present:
        parts.append(f"{len(progress.present)} here now")
    if campaign.state == "closed":
        parts.append("closed")
    return " · ".join(parts)


@st.dialog("New campaign", width="medium")
def ask_new_campaign(workspace: Workspace, user: str) -> None:
    """Ask for a question and its answers, make the campaign and go to its grid."""
    st.caption(f"One question asked of {count(len(workspace.catalog), 'galaxy', 'galaxies')}.")
    question = st.text_input("Question", placeholder="Which of these are barred?", max_chars=300)
    kind = st.segmented_control("Answers", ["yes or no", _SEVERAL], default="yes or no")
    answers = _ask_classes() if kind == _SEVERAL else _ask_pair()
    guidance = st.text_area(
        "Guide (optional)", placeholder="What counts, what does not; shown with the key h.", max_chars=4000
    )
    with st.expander("More"):
        name = st.text_input("Short name", placeholder="taken from the question", max_chars=80)
        rows, columns = st.selectbox(
            "Grid", _SIZES, index=1, format_func=lambda size: f"{size[0]} × {size[1]}"
        )
        truth_column = st.selectbox(
            "Truth column (optional; Review compares with it)", ["", *_truth_columns(workspace)]
        )
        seeds = _ask_seeds(answers[0] if answers else "")
    if st.button("Make it", type="primary", width="stretch"):
        campaign = Campaign(
            campaign_id=uuid.uuid4().hex[:12],
            name=(name or question).strip()[:80],
            question=question.strip(),
            answers=answers,
            mode="multiclass" if kind == _SEVERAL else "binary",
            guidance=guidance.strip(),
            grid_rows=rows,
            grid_columns=columns,
            truth_column=truth_column,
            seeds=seeds,
            created_by=user,
        )
        try:
            stored = workspace.labels.create_campaign(campaign)
        except GalcoreError as error:
            st.error(str(error))
            return
        go_to_campaign(workspace, stored)


def change_campaign_state(workspace: Workspace, campaign: Campaign) -> None:
    """Close an open campaign, or open a closed one again; the running loop learns of it."""
    wanted = replace(campaign, state="closed" if campaign.state == "open" else "open")
    workspace.loop(campaign.campaign_id).update_campaign(workspace.labels.update_campaign(wanted))


def _ask_pair() -> tuple[str, ...]:
    wanted, rest = st.columns(2)
    positive = wanted.text_input("What a click means", "yes", max_chars=60)
    negative = rest.text_input("The rest is", "no", max_chars=60)
    return (positive.strip(), negative.strip())


def _ask_classes() -> tuple[str, ...]:
    lines = st.text_area("Classes, one a line (keys 1 – 9)", "spiral\nelliptical\nedge-on\nmerger\nartefact")
    return tuple(line.strip() for line in lines.splitlines() if line.strip())


def _ask_seeds(answer: str) -> tuple[str, ...]:
    chosen = state.selected()
    if not chosen:
        st.caption("Select galaxies first (Map, Similar) to give them as examples.")
        return ()
    label = f"The {count(len(chosen), 'selected galaxy', 'selected galaxies')} as examples of {plain(answer)}"
    return chosen[:_MOST_SEEDS] if st.checkbox(label) else ()


def _truth_columns(workspace: Workspace) -> list[str]:
    """Columns with few different values, which can hold an answer."""
    catalog = workspace.catalog
    sample = catalog.head(_ROWS_LOOKED_AT)
    own = {"galaxy_id", "source", "source_index", "hdu", "member", "x", "y", "ra", "dec", "stamp_size_px"}
    return [name for name in catalog.columns if name not in own and 2 <= sample[name].nunique() <= 50]
