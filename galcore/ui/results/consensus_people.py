"""How good each person is: a chart and a table with intervals, and the confusion of a chosen person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from galcore.people.naming import SeenNames
from galcore.review.campaign import CampaignReview
from galcore.review.consensus import QuestionConsensus, people_table
from galcore.ui.results.charts import person_confusion_chart, skill_chart, text_colour
from galcore.ui.results.downloads import show_heading
from galcore.ui.results.paging import option_text
from galcore.workspace import Workspace

MOST_IN_CHART = 40


def show_skills(
    workspace: Workspace, review: CampaignReview, found: QuestionConsensus, names: SeenNames
) -> None:
    """Draw the section."""
    people = people_table(found)
    readable = people.assign(annotator=people["annotator"].map(names))
    show_heading(workspace, review, "How good each person is", readable)
    if found.consensus.method != "majority":
        left, right = st.columns([1.25, 1], gap="large")
        with left:
            _show_chart(found, readable)
        with right:
            _show_confusion(found, people["annotator"].tolist(), names)
    st.dataframe(_shares(readable), hide_index=True, key="review_skills", column_config=_columns())


def _show_chart(found: QuestionConsensus, people: pd.DataFrame) -> None:
    known = people[people["skill"].notna()]
    shown = known.head(MOST_IN_CHART).sort_values("skill")
    chance = 1 / len(found.question.answers)
    st.plotly_chart(skill_chart(shown, chance=chance), key="review_skill_chart", width="stretch")
    left_out = f" The {MOST_IN_CHART} with most votes are drawn." if len(known) > MOST_IN_CHART else ""
    st.caption(
        "Skill: chance of the right answer about a galaxy drawn at random, by the votes of all; bars are "
        "95 % intervals. They hold fewer people than they say where most galaxies have one or two votes: "
        "look at known answers (◇) there." + left_out
    )


def _show_confusion(found: QuestionConsensus, people: list[str], names: SeenNames) -> None:
    own = people.index(names.user) if names.user in people else 0
    labels = {names(name): name for name in people}
    chosen = st.selectbox(
        "What this person makes of what", list(labels), own, format_func=option_text, key="review_confused"
    )
    person = next(each for each in found.skills if each.person == labels[chosen])
    st.plotly_chart(
        person_confusion_chart(person.confusion, found.question.answers, text_colour=text_colour()),
        key="review_person_confusion",
        width="stretch",
    )
    st.caption(
        "Share of this person's answers, in per cent, by the truth as all votes tell it; where somebody has "
        "few votes, close to what is believed of anybody."
    )


def _shares(people: pd.DataFrame) -> pd.DataFrame:
    """As drawn: shares in per cent, each interval in one column."""
    shown = people[["annotator", "n_votes", "n_gold", "n_reasks"]].copy()
    for name in ("skill", "gold", "consistency"):
        shown[name] = 100 * people[name]
        shown[f"{name}_range"] = [
            f"{100 * low:.0f} – {100 * high:.0f}" if np.isfinite(low) else ""
            for low, high in zip(people[f"{name}_low"], people[f"{name}_high"], strict=True)
        ]
    order = (
        "annotator", "n_votes", "skill", "skill_range", "n_gold", "gold", "gold_range", "n_reasks",
        "consistency", "consistency_range",
    )  # fmt: skip
    silent = [  # nobody met a known answer, or a galaxy for the second time: nothing to tell of anybody
        name for name, n in (("gold", "n_gold"), ("consistency", "n_reasks")) if not shown[n].any()
    ]
    return shown[[name for name in order if name.removesuffix("_range") not in silent]]


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "annotator": "who",
        "n_votes": config.NumberColumn("votes", help="That count, to this question"),
        "skill": config.NumberColumn(
            "skill, %", format="%.0f", help="Chance of the right answer, by the votes of all"
        ),
        "skill_range": config.TextColumn("95 %", help="Interval of the skill, in per cent"),
        "n_gold": config.NumberColumn("known answers", help="Answers to gold items"),
        "gold": config.NumberColumn("right, %", format="%.0f", help="Of the answers to gold items"),
        "gold_range": config.TextColumn("95 % ", help="Jeffreys' interval, in per cent"),
        "n_reasks": config.NumberColumn("second looks", help="Galaxies this person was silently asked again"),
        "consistency": config.NumberColumn(
            "same again, %", format="%.0f", help="Consistency only: nobody is right by repeating an error"
        ),
        "consistency_range": config.TextColumn("95 %  ", help="Jeffreys' interval, in per cent"),
    }
