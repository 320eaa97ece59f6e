"""The form behind a new, a changed and a duplicated campaign: a question is enough, the rest is folded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from galcore.questions import Question, questions_of
from galcore.settings import DEFAULT_MODEL
from galcore.types import ALL_QUESTIONS, Campaign, GalcoreError, Shares, Visibility
from galcore.ui.campaigns.answers import Answers, Key, ask_answers
from galcore.ui.campaigns.examples import ask_gold, ask_guidance, ask_seeds
from galcore.ui.campaigns.galaxies import ask_galaxies
from galcore.ui.campaigns.lists import answer_columns
from galcore.ui.campaigns.preview import show_preview
from galcore.ui.text import clean, shorten
from galcore.workspace import Workspace

_SIZES = ((1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (10, 10))
_VISIBILITY: dict[Visibility, str] = {
    "after_own": "after the own answer",
    "always": "always",
    "never": "never",
}
_MOST_PEOPLE = 50
LONGEST_QUESTION = 300
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form says now.

    Attributes:
        campaign: With all of its settings.
        galaxy_ids: Its own list of galaxies; None: the whole workspace.
        problems: What has to be mended before it can be made.
    """

    campaign: Campaign
    galaxy_ids: tuple[str, ...] | None
    problems: tuple[str, ...]


def campaign_form(
    workspace: Workspace,
    start: Campaign,
    *,
    galaxy_ids: tuple[str, ...] | None,
    n_labels: int,
    key: Key,
) -> Draft:
    """All of the fields, beginning with those of ``start``; the preview stands beside them.

    Args:
        workspace: Whose galaxies it asks about.
        start: Settings to begin with.
        galaxy_ids: Its own list of galaxies so far; None: the whole workspace.
        n_labels: Labels it has; with some, what they mean cannot be changed.
        key: Makes the key of a widget.
    """
    with st.container(key="galcore_campaign_form"):
        fields, beside = st.columns([3, 2], gap="medium")
    with fields:
        campaign = _ask_question(start, key)
        answers = ask_answers(start, key, n_labels=n_labels)
        campaign = replace(campaign, mode=answers.mode, answers=answers.answers, tree=answers.tree)
        questions = _questions(campaign, answers)
        with st.expander("Guidance and examples", icon=":material/menu_book:"):
            guidance, examples = ask_guidance(workspace, start, key)
        with st.expander("Galaxies", icon=":material/lens_blur:"):
            scope = ask_galaxies(workspace, galaxy_ids, key)
        campaign = replace(
            campaign, guidance=guidance, examples=examples, scoped=scope.galaxy_ids is not None
        )
        with st.expander("People", icon=":material/group:"):
            campaign = _ask_people(campaign, key)
        with st.expander("Known answers and asking again", icon=":material/rule:"):
            campaign, gold_problems = _ask_checks(workspace, campaign, questions, key)
        with st.expander("Model", icon=":material/model_training:"):
            campaign = _ask_model(workspace, campaign, questions, key)
        with st.expander("Grid and truth", icon=":material/grid_view:"):
            campaign = _ask_grid(workspace, campaign, key)
    with beside:
        show_preview(workspace, campaign, questions, scope.galaxy_ids)
    problems = (*_question_problems(campaign), *answers.problems, *scope.problems, *gold_problems)
    return Draft(campaign, scope.galaxy_ids, problems)


def _ask_question(start: Campaign, key: Key) -> Campaign:
    question = st.text_input(
        "Question", start.question, placeholder="Which of these are barred?", max_chars=LONGEST_QUESTION,
        key=key("question"), help="What people read over the galaxies. This alone is enough to begin.",
    )  # fmt: skip
    name = st.text_input(
        "Short name", start.name, placeholder="taken from the question", max_chars=LONGEST_NAME,
        key=key("name"), help="For lists, links and files.",
    )  # fmt: skip
    return replace(start, question=question.strip(), name=(name.strip() or question.strip())[:LONGEST_NAME])


def _questions(campaign: Campaign, answers: Answers) -> tuple[Question, ...]:
    """What is asked; nothing while the answers are not right."""
    if answers.problems or not campaign.answers:
        return ()
    try:
        return questions_of(campaign)
    except GalcoreError:
        return ()


def _question_problems(campaign: Campaign) -> tuple[str, ...]:
    return () if campaign.question else ("Type a question first.",)


def _ask_people(start: Campaign, key: Key) -> Campaign:
    overlap = st.number_input(
        "People per galaxy", 1, _MOST_PEOPLE, start.overlap, key=key("overlap"),
        help="How many different people answer each galaxy. More take longer, and give consensus and skill.",
    )  # fmt: skip
    visibility = st.selectbox(
        "Others' answers are visible", list(_VISIBILITY), list(_VISIBILITY).index(start.visibility),
        format_func=_VISIBILITY.__getitem__, key=key("visibility"),
        help="Blind until the own answer keeps people independent, which every measure of agreement assumes.",
    )  # fmt: skip
    shows_pace = st.toggle(
        "People see each other's pace", start.shows_pace, key=key("pace"),
        help="Off: everybody sees their own pace only.",
    )  # fmt: skip
    return replace(start, overlap=int(overlap), visibility=visibility, shows_pace=shows_pace)


def _ask_checks(
    workspace: Workspace, start: Campaign, questions: tuple[Question, ...], key: Key
) -> tuple[Campaign, tuple[str, ...]]:
    gold_share = _ask_percent(
        "Gold items in a grid", start.gold_share, key("gold_share"),
        "Share of a grid with known answers, unmarked. They measure a person and count as no vote.",
    )  # fmt: skip
    reask_share = _ask_percent(
        "Asked again", start.reask_share, key("reask_share"),
        "Share of a grid that the same person answered before: how consistent they are. Counts as no vote.",
    )  # fmt: skip
    others = {
        each.campaign_id: each
        for each in workspace.labels.campaigns()
        if each.campaign_id != start.campaign_id and set(start.answers) & set(each.answers)
    }
    gold, problems = ask_gold(workspace, start, questions, others, key)
    if gold and not gold_share:
        st.caption("They are shown once *Gold items in a grid* is above 0 %.")
    return replace(start, gold=gold, gold_share=gold_share, reask_share=reask_share), problems


def _ask_percent(label: str, share: float, key: str, help_text: str) -> float:
    return st.slider(label, 0, 50, round(share * 100), format="%d %%", key=key, help=help_text) / 100


def _ask_model(workspace: Workspace, start: Campaign, questions: tuple[Question, ...], key: Key) -> Campaign:
    learns = st.toggle(
        "A model learns and chooses what comes next", start.learns, key=key("learns"),
        help="Off: galaxies come in random order, the same for everybody.",
    )  # fmt: skip
    models = list(dict.fromkeys([*workspace.models(), start.model or DEFAULT_MODEL]))
    model = st.selectbox(
        "Model", models, models.index(start.model) if start.model in models else 0, disabled=not learns,
        format_func=lambda name: shorten(name, 60), key=key("model"),
        help="Whose view of the galaxies the learner works on; others can be prepared on the page Data.",
    )  # fmt: skip
    focus = _ask_focus(start, questions, key) if learns else start.focus
    shares = _ask_shares(start.shares, key, disabled=not learns)
    wanted = start.answers[0] if start.answers else ""
    seeds = ask_seeds(workspace, start, wanted, key) if learns else start.seeds
    return replace(start, learns=learns, model=model, shares=shares, seeds=seeds, focus=focus)


def _ask_focus(start: Campaign, questions: tuple[Question, ...], key: Key) -> str:
    """Which of several questions the grids are for; kept where the answers are not right yet."""
    texts = {question.name: question.text for question in questions}
    if len(texts) < 2:
        return start.focus if not texts else ""
    names = [*texts, ALL_QUESTIONS]
    focus = st.selectbox(
        "Learn for", names, names.index(start.focus) if start.focus in names else 0,
        format_func=lambda name: shorten(clean(texts.get(name, "all questions together")), 60),
        key=key(f"focus_{'_'.join(texts)}"),
        help="Every question is learned. This one says which galaxies come next: those likely to be asked it "
        "and get its wanted answer, and those where its answer is unsure.",
    )  # fmt: skip
    return "" if focus == names[0] else focus


def _ask_shares(start: Shares, key: Key, *, disabled: bool) -> Shares:
    total = start.top + start.margin + start.random or 1.0
    first, second = round(100 * start.top / total), round(100 * (start.top + start.margin) / total)
    likely, unsure = st.slider(
        "A grid is made of: likely | unsure | random", 0, 100, (first, second), 5, disabled=disabled,
        key=key("shares"), format="%d %%",
        help="Likely ones find what you look for, unsure ones teach the model, random ones alone measure it: "
        "leave some in.",
    )  # fmt: skip
    st.caption(f"{likely} % likely · {unsure - likely} % unsure · {100 - unsure} % random")
    return Shares(likely / 100, (unsure - likely) / 100, (100 - unsure) / 100)


def _ask_grid(workspace: Workspace, start: Campaign, key: Key) -> Campaign:
    own = (start.grid_rows, start.grid_columns)
    sizes = _SIZES if own in _SIZES else (own, *_SIZES)
    rows, columns = st.selectbox(
        "Grid", sizes, sizes.index(own), format_func=lambda size: f"{size[0]} × {size[1]}", key=key("grid"),
        help="Rows and columns to begin with; everybody can choose another size.",
    )  # fmt: skip
    names = ["", *answer_columns(workspace.catalog)]
    truth = start.truth_column if start.truth_column in names else ""
    truth_column = st.selectbox(
        "Truth column", names, names.index(truth), key=key("truth"),
        format_func=lambda name: shorten(clean(name), 40) or "none",
        help="Catalogue column with the true answer. Only Review compares with it; the model never sees it.",
    )  # fmt: skip
    seed = st.number_input(
        "Random seed", 0, 2**31 - 1, start.seed, key=key("seed"),
        help="The order of the random galaxies; the same seed gives the same order.",
    )  # fmt: skip
    return replace(start, grid_rows=rows, grid_columns=columns, truth_column=truth_column, seed=int(seed))
