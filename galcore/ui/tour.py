"""The two-minute tour: five steps in a dialog, on demand."""

from __future__ import annotations

import streamlit as st

from galcore.ui import state

_STEP = "galcore.tour_step"
_STEPS = (
    (
        ":material/grid_view:",
        "Look and mark",
        "A campaign asks one question. You see a grid of galaxies; click those that are meant, then press "
        "**⏎**. For a yes-or-no question the rest counts as no. Digits answer too, **␣** says *unsure*, "
        "**⌫** takes back, **?** lists all keys.",
    ),
    (
        ":material/model_training:",
        "The model learns at every grid",
        "It chooses the next grid: galaxies it finds **likely**, some it is **unsure** of, and some drawn at "
        "**random**. Each picture says in its corner why it is there. The random ones alone measure how good "
        "the model is, which is why the curve beside the grid can be trusted.",
    ),
    (
        ":material/scatter_plot:",
        "Explore",
        "*Map* lays similar galaxies side by side: draw a lasso to select. *Similar* finds more like one, "
        "several, or a picture of your own. What you select anywhere can be labelled or exported anywhere.",
    ),
    (
        ":material/fact_check:",
        "Review and take home",
        "*Review* ranks the candidates, shows where people disagree and compares with the truth where it is "
        "known. Everything downloads as CSV, Parquet or FITS, with who said what, and why it was shown.",
    ),
    (
        ":material/group:",
        "Together",
        "Send the link of a campaign (*Invite* on its card) and work on it at once; nobody is shown what "
        "they answered already, or what somebody else has open. "
        "Nothing is ever overwritten: every answer, correction and undo is kept with its name and time.",
    ),
)


@st.dialog("Galcore in two minutes", width="medium")
def show_tour() -> None:
    """Show the steps of the tour, one at a time."""
    step = min(st.session_state.get(_STEP, 0), len(_STEPS) - 1)
    icon, title, text = _STEPS[step]
    st.markdown(f"#### {icon} {title}")
    st.write(text)
    st.caption(f"{step + 1} of {len(_STEPS)}")
    back, onward = st.columns(2)
    if back.button("Back", width="stretch", disabled=step == 0):
        st.session_state[_STEP] = step - 1
        st.rerun(scope="fragment")
    if step + 1 < len(_STEPS):
        if onward.button("Next", type="primary", width="stretch"):
            st.session_state[_STEP] = step + 1
            st.rerun(scope="fragment")
    elif onward.button("Begin", type="primary", width="stretch"):
        st.session_state[_STEP] = 0
        state.open_page("grid")
