"""Consensus: what the votes come to and by which method, who is how good, and what to look at again."""

from __future__ import annotations

import streamlit as st

from galcore.review.campaign import CampaignReview
from galcore.review.consensus import QuestionConsensus
from galcore.types import GalcoreError
from galcore.ui.figures import figure_row
from galcore.ui.naming import galaxies_open_to, names_for
from galcore.ui.results.agreement import show_alpha
from galcore.ui.results.consensus_lists import show_likely_errors, show_unsure
from galcore.ui.results.consensus_loading import load_consensus
from galcore.ui.results.consensus_people import show_skills
from galcore.ui.text import plain
from galcore.workspace import Workspace


def show_consensus(
    workspace: Workspace, review: CampaignReview, user: str, only: frozenset[str] | None
) -> None:
    """Draw the tab; ``only``: galaxies that the lists keep to, ``None`` for all."""
    if review.current.empty:
        st.info(
            "What the votes come to stands here, with how good each person is and which labels look wrong. "
            "It begins with the first submitted grid, and says most when people share galaxies: set *People "
            "per galaxy* to two or more.",
            icon=":material/groups:",
        )
        return
    try:
        found = load_consensus(workspace, review)
    except GalcoreError as error:
        st.error(plain(str(error), limit=400), icon=":material/build:")
        return
    if not len(found.votes):
        st.info(
            "Only gold items and decisions so far: nothing that counts as a vote.", icon=":material/groups:"
        )
        return
    _show_method(found)
    show_skills(workspace, review, found, names_for(workspace, review.campaign, user))
    readable = galaxies_open_to(workspace, review.campaign, review.history, user)
    if readable is not None:
        only = readable if only is None else only & readable
        st.caption("The lists keep to galaxies about which the campaign lets you see what others answered.")
    show_unsure(workspace, review, found, user, only)
    show_likely_errors(workspace, review, found, user, only)


def _show_method(found: QuestionConsensus) -> None:
    title, why = method_words(found)
    consensus = found.consensus
    voted = consensus.n_votes > 0
    with st.container(border=True):
        st.markdown(f"**{title}.** {why}")
        with figure_row():
            st.metric(
                "Galaxies with votes", f"{voted.sum():,}", width="content",
                help="Votes to this question that count",
            )  # fmt: skip
            st.metric(
                "Shared", f"{(consensus.n_votes >= 2).sum():,}", width="content",
                help="Galaxies with votes of two people or more: only there people can be compared",
            )  # fmt: skip
            st.metric(
                "Sure on average", f"{100 * consensus.confidence[voted].mean():.0f} %", width="content",
                help="Mean probability of the likeliest answer of a galaxy with votes: as many labels are "
                "right if the probabilities hold",
            )  # fmt: skip
            show_alpha(found.agreement)


def method_words(found: QuestionConsensus) -> tuple[str, str]:
    """The method's name, and why this one."""
    if found.consensus.method == "majority":
        return (
            "Majority",
            "No galaxy has votes of two people yet, so nothing shows who errs how; the votes are taken as "
            "they are. Known answers and second looks measure people here.",
        )
    people = "People share galaxies, so each is weighed by how they err, learned from the votes alone. "
    if found.consensus.model_share:
        share = f"{100 * found.consensus.model_share:.0f} %"
        return (
            "Dawid-Skene and CROWDLAB",
            people + f"The model is one more voice, with a share of {share}: with it, votes that were hidden "
            "for the test are predicted clearly better. It did not see the labels of the galaxies it judges.",
        )
    if not found.has_model:
        return "Dawid-Skene", people + "There is no model that could be one more voice."
    if not found.hears_model:
        return (
            "Dawid-Skene",
            people + "This campaign does without the model, so people alone decide; the model only looks for "
            "likely label errors.",
        )
    if not found.is_testable:
        return "Dawid-Skene", people + "Too few galaxies are shared to tell whether the model would help."
    return (
        "Dawid-Skene",
        people + "The model was tried as one more voice and is not heard: votes that were hidden for the "
        "test were not predicted clearly better with it.",
    )
