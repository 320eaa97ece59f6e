"""The report of a campaign on the page, with its one-file download."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from galcore.export.names import slug
from galcore.export.pseudonyms import pseudonym, workspace_key
from galcore.people import Role, may
from galcore.people.changes import person_weights
from galcore.people.permission import person_name
from galcore.report import CampaignReport, report_campaign, report_html
from galcore.report.html import (
    ANSWER_HEAD,
    PEOPLE_HEAD,
    answer_rows,
    asked_with_people,
    count_rows,
    made_by_rows,
    person_row,
    question_sentence,
    sentences,
)
from galcore.report.numbers import PersonNumbers
from galcore.types import Campaign
from galcore.ui.naming import names_for
from galcore.ui.results.loading import load_review
from galcore.ui.results.paging import option_text
from galcore.ui.text import plain
from galcore.workspace import Workspace

_HIDDEN = "report_pseudonymous"


ALPHA_HELP = (
    "Krippendorff's α: agreement beyond chance, 1 perfect, 0 chance, with its 95 % bootstrap interval over "
    "galaxies with two votes or more."
)
SKILL_HELP = (
    "Skill: chance of the right answer about a galaxy drawn at random, by the consensus of Dawid and Skene, "
    "with the 95 % interval of its posterior; only where people overlap."
)


def show_report(workspace: Workspace, campaign: Campaign, user: str) -> None:
    """Draw the report of a campaign; only owners see how good each person is under their name."""
    review = load_review(workspace, campaign)
    if review.history.empty:
        st.subheader(plain(campaign.name, limit=120), anchor=False)
        st.info("The report fills with the first submitted grid.", icon=":material/summarize:")
        return
    weights = person_weights(workspace.folder)
    version = f"{workspace.folder} {campaign!r} {workspace.labels.version} {workspace.catalog_hash} {weights}"
    is_owner = may(workspace.folder, user, Role.OWNER)
    report = named(_report(version, workspace, campaign), _naming(workspace, campaign, user, owns=is_owner))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(campaign.name, limit=120), anchor=False)
        st.space("stretch")
        if is_owner:
            st.toggle("Names replaced", key=_HIDDEN, help="By stable pseudonyms, also in the file")
        st.download_button(
            "Download as one file",
            data=report_html(report),
            file_name=f"{slug(campaign.name, otherwise='campaign')}-report.html",
            mime="text/html",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
            help="One HTML file that needs nothing else",
        )
    st.write(plain(" ".join(sentences(report)), limit=4000))
    _show_numbers(report)


def _naming(workspace: Workspace, campaign: Campaign, user: str, *, owns: bool) -> Callable[[str], str]:
    """Owners read names, or what a publication may hold; everybody else reads numbers."""
    if not owns:
        return names_for(workspace, campaign, user)
    if st.session_state.get(_HIDDEN):
        return partial(pseudonym, key=workspace_key(workspace.folder))
    return partial(person_name, workspace.folder)


def named(report: CampaignReport, name_of: Callable[[str], str]) -> CampaignReport:
    """The report with people named for one reader."""

    def shown(people: tuple[PersonNumbers, ...]) -> tuple[PersonNumbers, ...]:
        return tuple(replace(each, person=name_of(each.person)) for each in people)

    questions = tuple(replace(each, people=shown(each.people)) for each in report.questions)
    weights = tuple((name_of(name), weight) for name, weight in report.weights)
    return replace(report, people=shown(report.people), questions=questions, weights=weights)


@st.cache_resource(max_entries=8, show_spinner="Counting …")
def _report(version: str, _workspace: Workspace, _campaign: Campaign) -> CampaignReport:
    review = load_review(_workspace, _campaign)
    return report_campaign(_workspace, _campaign, _workspace.labels, scores=review.scores)


def _show_numbers(report: CampaignReport) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Counts")
        _pairs(count_rows(report))
    with right:
        st.markdown("##### What made these numbers")
        _pairs(made_by_rows(report))
    for place, question in enumerate(report.questions):
        if question.n_votes:
            st.markdown(f"##### {plain(question.text or question.name, limit=120)}")
            st.caption(question_sentence(question), help=ALPHA_HELP)
            _table(ANSWER_HEAD, answer_rows(question), key=f"report_question_{place}")
    st.markdown("##### People", help=SKILL_HELP)
    _table(PEOPLE_HEAD, [person_row(person) for person in _people_of(report)], key="report_people")


def _people_of(report: CampaignReport) -> tuple[PersonNumbers, ...]:
    """People on the chosen question; draws the choice where there are several."""
    asked = asked_with_people(report)
    if len(asked) < 2:
        return report.people
    names = [question.name for question in asked]
    texts = {question.name: option_text(question.text or question.name) for question in asked}
    chosen = st.selectbox(
        "On the question", names, format_func=texts.__getitem__, width=340, key="report_people_question",
        help="Everybody has a skill of their own in each question.",
    )  # fmt: skip
    return next(question.people for question in asked if question.name == chosen)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, key: str) -> None:
    columns = {name: [row[place] for row in rows] for place, name in enumerate(head)}
    st.dataframe(columns, hide_index=True, key=key)


def _pairs(rows: Sequence[tuple[str, str]]) -> None:
    """What and its value, long values read whole; a cell is somebody's text, and no markup."""
    pairs = {"what": [what for what, _ in rows], "value": [plain(value) for _, value in rows]}
    st.table(pairs, hide_index=True, hide_header=True, border="horizontal")
