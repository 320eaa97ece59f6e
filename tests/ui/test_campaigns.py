"""Campaigns made, changed and joined through the pages, without a browser."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from galcore.people import NotAllowedError
from galcore.types import Campaign, CampaignMode, EventKind, GalcoreError, LabelEvent
from galcore.ui.campaigns import measure_progress
from galcore.ui.campaigns.join import find_by_code
from galcore.ui.campaigns.states import change_campaign_state
from galcore.workspace import Workspace
from tests.ui.conftest import SPIRALS

OpenPage = Callable[..., AppTest]
RINGS = """
title = "Rings"

[[question]]
name = "ring"
text = "Is there a ring?"
answers = ["yes", "no"]
leads_to = { yes = "kind" }

[[question]]
name = "kind"
text = "What kind?"
answers = ["inner", "outer"]
"""


def _texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.subheader, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(str(part.value) for part in parts).replace("\\", "")


def _press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


@pytest.fixture
def form(sky_served: Workspace, open_page: OpenPage) -> AppTest:
    """The grid page with the dialog that makes a campaign open over it."""
    return open_page("grid", "Vera", new="1")


def _fill(app: AppTest, name: str, value: object) -> None:
    """Change a field of the dialog; the page opens it again, since the bench runs pages from the top."""
    widgets = (
        *app.text_input, *app.text_area, *app.selectbox, *app.slider, *app.number_input, *app.toggle,
        *app.button_group, *app.multiselect,
    )  # fmt: skip
    next(each for each in widgets if each.key == f"campaign_new_{name}").set_value(value)
    _again(app)


def _again(app: AppTest) -> None:
    app.query_params["new"] = "1"
    app.run()


def _create(app: AppTest, label: str = "Create and begin") -> None:
    app.query_params["new"] = "1"
    _press(app, label)


def _only(workspace: Workspace) -> Campaign:
    (campaign,) = workspace.labels.campaigns()
    return campaign


def _select(app: AppTest, workspace: Workspace, rows: list[int]) -> list[str]:
    ids = workspace.catalog["galaxy_id"].astype(str).iloc[rows].tolist()
    app.session_state["galcore.selection.sky"] = tuple(ids)
    _again(app)
    return ids


def test_a_question_is_enough_for_a_campaign(form: AppTest, sky_served: Workspace) -> None:
    _fill(form, "question", "Which of these are barred?")
    _create(form)
    assert not form.exception
    made = _only(sky_served)
    assert (made.name, made.question, made.answers) == (
        "Which of these are barred?", "Which of these are barred?", ("yes", "no"),
    )  # fmt: skip
    assert (made.state, made.overlap, made.visibility, made.learns) == ("open", 1, "after_own", True)
    assert (made.created_by, len(made.join_code)) == ("Vera", 12)
    assert len(sky_served.labels.grids(made.campaign_id, "Vera")) == 2  # and the grid is open


def test_without_a_question_nothing_is_made_and_the_form_says_why(
    form: AppTest, sky_served: Workspace
) -> None:
    _create(form)
    assert "Type a question first." in _texts(form)
    assert sky_served.labels.campaigns() == ()


@pytest.mark.parametrize(
    ("mode", "answers"),
    [
        ("multiclass", ("spiral", "elliptical", "edge-on", "merger", "artefact")),
        ("multilabel", ("bar", "spiral arms", "ring", "tidal tail", "dust lane")),
        ("interest", ("0", "1", "2", "3", "4", "5")),
        ("grades", ("A", "B", "C", "X")),
        ("tree", ("smooth", "featured-or-disk", "artifact")),
    ],
)
def test_every_mode_makes_a_campaign_that_fits(
    form: AppTest, sky_served: Workspace, mode: CampaignMode, answers: tuple[str, ...]
) -> None:
    _fill(form, "question", "What is it?")
    _fill(form, "mode", mode)
    _create(form, "Save as draft")
    assert not form.exception
    made = _only(sky_served)
    assert (made.mode, made.answers, made.state) == (mode, answers, "draft")
    assert bool(made.tree) == (mode == "tree")


def test_an_own_tree_is_read_and_a_bad_one_explained(form: AppTest, sky_served: Workspace) -> None:
    _fill(form, "question", "Rings")
    _fill(form, "mode", "tree")
    _fill(form, "tree", "own tree")
    _fill(form, "tree_text", RINGS.replace('yes = "kind"', 'yes = "colour"'))
    assert "colour" in form.error[0].value
    _create(form)
    assert sky_served.labels.campaigns() == ()
    _fill(form, "tree_text", RINGS)
    _create(form, "Save as draft")
    assert _only(sky_served).answers == ("yes", "no")


def test_a_list_of_ids_is_the_scope_and_strangers_are_named(form: AppTest, sky_served: Workspace) -> None:
    galaxy_id = str(sky_served.catalog["galaxy_id"].iloc[7])
    _fill(form, "question", "Is this one barred?")
    _fill(form, "source", "list")
    _fill(form, "ids", f"{galaxy_id}\n<script>alert(1)</script>")
    assert "1 id not in this workspace" in _texts(form)
    _create(form)
    made = _only(sky_served)
    assert made.scoped
    assert sky_served.labels.scope(made.campaign_id) == (galaxy_id,)
    first = sky_served.loop(made.campaign_id).grids("Vera")[0]
    assert [item.galaxy_id for item in first.items] == [galaxy_id]


def test_a_list_of_strangers_only_makes_no_campaign(form: AppTest, sky_served: Workspace) -> None:
    _fill(form, "question", "Any?")
    _fill(form, "source", "list")
    _fill(form, "ids", "nobody\nknows")
    _create(form)
    assert "at least one galaxy id" in _texts(form)
    assert sky_served.labels.campaigns() == ()


def test_a_query_asks_by_a_column_of_the_catalogue(form: AppTest, sky_served: Workspace) -> None:
    _fill(form, "question", "Any?")
    _fill(form, "source", "query")
    _fill(form, "columns", ["barred"])
    _fill(form, "is_barred", ["True"])
    _create(form, "Save as draft")
    catalog = sky_served.catalog
    wanted = catalog.loc[catalog["barred"].astype(str) == "True", "galaxy_id"].astype(str)
    assert sky_served.labels.scope(_only(sky_served).campaign_id) == tuple(wanted)


def test_the_selection_becomes_scope_examples_seeds_and_gold(form: AppTest, sky_served: Workspace) -> None:
    ids = _select(form, sky_served, [3, 5])
    _fill(form, "question", "Any?")
    _fill(form, "source", "selection")
    for name in ("examples", "seeds", "gold"):
        form.button(key=f"campaign_new_{name}_add").click()
        _again(form)
    _fill(form, "gold_share", 10)
    _create(form, "Save as draft")
    made = _only(sky_served)
    assert sky_served.labels.scope(made.campaign_id) == tuple(ids)
    assert [each.galaxy_id for each in made.examples] == ids
    assert list(made.seeds) == ids
    assert [(each.galaxy_id, each.answer) for each in made.gold] == [(each, "yes") for each in ids]
    assert made.gold_share == 0.1


def test_a_bad_line_of_gold_stops_the_campaign_and_names_the_line(
    form: AppTest, sky_served: Workspace
) -> None:
    _fill(form, "question", "Any?")
    _fill(form, "gold", f"{sky_served.catalog['galaxy_id'].iloc[0]},perhaps")
    _create(form)
    assert "Gold, line 1" in _texts(form)
    assert sky_served.labels.campaigns() == ()


@pytest.mark.parametrize(
    "name", ["x" * 200, "مجرات حلزونية", "<script>alert(1)</script>", "**bold** :red[x] $x$"]
)
def test_odd_names_are_kept_and_shown_as_text(form: AppTest, sky_served: Workspace, name: str) -> None:
    _fill(form, "question", name)
    _fill(form, "name", name[:80])
    _create(form, "Save as draft")
    assert not form.exception
    assert _only(sky_served).name == name[:80]


def _card(open_page: OpenPage, workspace: Workspace, **changes: object) -> AppTest:
    workspace.labels.create_campaign(dataclasses.replace(SPIRALS, **changes))
    return open_page("home", "Vera")


def test_the_owner_pauses_and_closes_from_the_card(sky_served: Workspace, open_page: OpenPage) -> None:
    app = _card(open_page, sky_served)
    app.button(key="galcore_make_paused_sky_spirals").click().run()
    assert sky_served.labels.campaign("spirals").state == "paused"
    assert "Paused" in _texts(app)
    app.button(key="galcore_make_closed_sky_spirals").click().run()
    assert sky_served.labels.campaign("spirals").state == "closed"
    assert not app.exception


def test_a_state_that_does_not_follow_is_refused(sky_served: Workspace) -> None:
    closed = sky_served.labels.create_campaign(dataclasses.replace(SPIRALS, state="closed"))
    with pytest.raises(GalcoreError, match="cannot become paused"):
        change_campaign_state(sky_served, closed, "paused", "Vera")


def test_progress_counts_as_many_people_as_are_wanted(sky_served: Workspace) -> None:
    campaign = sky_served.labels.create_campaign(dataclasses.replace(SPIRALS, overlap=2))
    ids = sky_served.catalog["galaxy_id"].astype(str).tolist()
    for person, n_answers in (("Vera", 24), ("Carlos", 12)):
        sky_served.labels.append(
            [
                LabelEvent(str(uuid.uuid4()), "spirals", each, person, EventKind.LABEL, "spiral")
                for each in ids[:n_answers]
            ]
        )
    progress = measure_progress(sky_served, campaign, "Carlos")
    assert (progress.n_answered, progress.n_complete, progress.n_mine) == (24, 12, 12)
    assert progress.share == pytest.approx(36 / 96)


def test_with_labels_the_mode_stays_and_the_form_says_why(sky_served: Workspace, open_page: OpenPage) -> None:
    galaxy_id = str(sky_served.catalog["galaxy_id"].iloc[0])
    sky_served.labels.create_campaign(SPIRALS)
    sky_served.labels.append(
        [LabelEvent(str(uuid.uuid4()), "spirals", galaxy_id, "Vera", EventKind.LABEL, "spiral")]
    )
    app = open_page("home", "Vera")
    app.button(key="galcore_edit_sky_spirals").click().run()
    assert "The kind of answer stays, for the 1 label given" in _texts(app)
    assert app.segmented_control(key="campaign_spirals_mode_kept").disabled


def test_a_wrong_link_and_a_closed_campaign_are_explained(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(dataclasses.replace(SPIRALS, join_code="right", state="closed"))
    assert "This link leads nowhere" in _texts(open_page("home", "", join="wrong"))
    assert "is closed" in _texts(open_page("home", "", join="right"))


def test_a_link_asks_for_a_name_before_it_leads_in(sky_served: Workspace, open_page: OpenPage) -> None:
    sky_served.labels.create_campaign(dataclasses.replace(SPIRALS, join_code="right"))
    app = open_page("home", "", join="right")
    assert "You are invited" in _texts(app)
    app.text_input[0].set_value("Carlos")
    _press(app, "Begin")
    assert not app.exception
    assert len(sky_served.labels.grids("spirals", "Carlos")) == 2


def test_an_empty_code_opens_nothing(sky_served: Workspace) -> None:
    sky_served.labels.create_campaign(SPIRALS)  # older campaigns have no code
    assert find_by_code("") is None


def test_only_an_owner_is_offered_campaigns_to_make_and_change(
    sky_served: Workspace, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = sky_served.labels.create_campaign(SPIRALS)
    monkeypatch.setenv("GALCORE_HOSTED", "1")
    monkeypatch.setenv("GALCORE_OWNER", "Vera")
    labels = [button.label for button in open_page("home", "Carlos").button]
    assert "Annotate" in labels
    assert not {"New campaign", "Pause", "Close this campaign", "Settings"} & set(labels)
    with pytest.raises(NotAllowedError):
        change_campaign_state(sky_served, campaign, "closed", "Carlos")
    assert sky_served.labels.campaign("spirals").state == "open"
